import type { TaskContext } from '../../src/core/task/context.js';
import probes from '../faults/tasks.js';
import bad from '../unit/activities/host/bad-tasks.js';

const probe = probes.tasks[0] as NonNullable<(typeof probes.tasks)[0]>;

/** Probes in the worker, bad tasks in hosts, and two that tell where they run before they misbehave. */
export default {
  hosts: { memoryMb: 64 },
  tasks: [
    ...probes.tasks,
    ...bad.tasks,
    ...['spins', 'never.ends'].map((name) => ({
      ...probe,
      name: `${name}.telling`,
      isolation: 'process' as const,
      run: async (context: TaskContext, input: { report: string }) => {
        await probe.run(context, input);
        while (name === 'spins');
        await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
        return '';
      },
    })),
  ],
};
