import type { Command } from 'commander';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';

export function addTasks(tasks: Command, io: Io): void {
  tasks
    .command('list')
    .description('the tasks that jobs can name')
    .action(async (_flags, command: Command) => {
      const { client, output } = openInvocation(command, io);
      const list = await client.tasks.list.query();
      output.data(list, () =>
        output.columns(
          ['TASK', 'VERSION', 'LANE', 'TIMEOUT', 'DESCRIPTION'],
          list.items.map(({ name, version, lane, timeout, description }) => [
            name,
            version,
            lane,
            timeout,
            description?.split('\n')[0],
          ]),
        ),
      );
      for (const { module, message } of list.broken) io.err(`warning: ${module} does not load: ${message}\n`);
    });

  tasks
    .command('get')
    .argument('<name>', 'such as http, or report@2 for one version')
    .description('one task, with the JSON Schema of its input')
    .action(async (name: string, _flags, command: Command) => {
      const { client, output } = openInvocation(command, io);
      const task = await client.tasks.get.query({ name });
      output.data(task, () =>
        output.fields([
          ['task', task.name],
          ['version', task.version],
          ['description', task.description],
          ['lane', task.lane],
          ['timeout', task.timeout],
          ['input', JSON.stringify(task.input, null, 2)],
          ['output', task.output && JSON.stringify(task.output, null, 2)],
        ]),
      );
    });
}
