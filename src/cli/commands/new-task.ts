import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { CarillonError } from '../../core/errors.js';
import { defineTask } from '../../core/task/task.js';
import type { Io } from '../io.js';

const folder = 'tasks';
const configs = ['carillon.config.ts', 'carillon.config.js', 'carillon.config.mjs'];

/** Makes files for what one writes oneself. */
export function addNew(parent: Command, io: Io): void {
  parent
    .command('task')
    .argument('<name>', 'such as report.weekly')
    .description('make a task and its test in tasks/, and a configuration that finds them if there is none')
    .action((name: string) => {
      defineTask({ name, input: z.unknown(), run: () => undefined });
      const base = name.replaceAll(/[._]/g, '-');
      const variable = name.replace(/[._-]+(.)/g, (_, letter: string) => letter.toUpperCase());
      const files = [
        [join(folder, `${base}.ts`), taskText(name, variable)],
        [join(folder, `${base}.test.ts`), testText(base, variable)],
      ] as const;
      for (const [path] of files) refuseExisting(path, existsSync(join(io.cwd, path)));
      mkdirSync(join(io.cwd, folder), { recursive: true });
      for (const [path, text] of files) {
        writeFileSync(join(io.cwd, path), text, { flag: 'wx' });
        io.out(`${path}\n`);
      }
      wire(io);
    });
}

function refuseExisting(path: string, exists: boolean): void {
  if (!exists) return;
  throw new CarillonError('INPUT_INVALID', `Expected ${path} not to be there yet, found it.`, {
    field: 'name',
    value: path,
    hint: 'Choose another name, or remove the file.',
  });
}

/** The configuration names the folder; one that is there is its owner's to change. */
function wire(io: Io): void {
  const found = configs.find((name) => existsSync(join(io.cwd, name)));
  if (found === undefined) {
    writeFileSync(join(io.cwd, 'carillon.config.ts'), configText, { flag: 'wx' });
    io.out('carillon.config.ts\n');
  } else if (!readFileSync(join(io.cwd, found), 'utf8').includes('taskModules')) {
    io.err(`note: add \`taskModules: ['./${folder}']\` to ${found}, so that the tasks in ${folder}/ are found.\n`);
  }
}

const configText = `import { defineConfig } from 'carillon';

export default defineConfig({ taskModules: ['./${folder}'] });
`;

const taskText = (name: string, variable: string) => `import { defineTask, skip } from 'carillon';
import { z } from 'zod';

export const ${variable} = defineTask({
  name: '${name}',
  description: 'What it does, in one sentence.',
  input: z.strictObject({
    items: z.array(z.string()).describe('What to work on.'),
  }),
  output: z.strictObject({ done: z.number() }),
  timeout: '5m',
  async run(context, { items }) {
    if (items.length === 0) return skip('no items');
    // Where the attempt before stopped.
    const { done: start = 0 } = (context.heartbeatDetails ?? {}) as { done?: number };
    for (let done = start; done < items.length; done++) {
      context.signal.throwIfAborted();
      context.log('Working.', { item: items[done] });
      context.heartbeat({ done: done + 1 });
      context.progress(done + 1, items.length);
    }
    return { done: items.length };
  },
});
`;

const testText = (base: string, variable: string) => `import { runTask } from 'carillon/kit';
import { expect, test } from 'vitest';
import { ${variable} } from './${base}.js';

test('works through the items', async () => {
  const run = await runTask(${variable}, { items: ['a', 'b'] });
  expect(run.outcome).toEqual({ state: 'succeeded', result: { done: 2 } });
  expect(run.progress.at(-1)).toMatchObject({ done: 2, total: 2 });
});

test('has nothing to do without items', async () => {
  const run = await runTask(${variable}, { items: [] });
  expect(run.outcome).toEqual({ state: 'skipped', reason: 'no items' });
});

test('a second attempt goes on where the first stopped', async () => {
  const run = await runTask(${variable}, { items: ['a', 'b'] }, { attempt: 2, heartbeatDetails: { done: 1 } });
  expect(run.log.map(({ fields }) => fields)).toEqual([{ item: 'b' }]);
});

test('refuses what does not fit', async () => {
  const run = await runTask(${variable}, { items: 'a' } as never);
  expect(run.outcome).toMatchObject({ state: 'failed', error: { code: 'TASK_INPUT_INVALID' } });
});
`;
