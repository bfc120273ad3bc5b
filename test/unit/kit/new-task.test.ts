import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../../../src/cli/run.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Inside the repository, where packages are found. */
function folder(): string {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const path = mkdtempSync(join(root, '.cache/new-task-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

async function carillon(cwd: string, ...argv: string[]) {
  const said = { out: '', err: '' };
  const io = {
    out: (text: string) => {
      said.out += text;
    },
    err: (text: string) => {
      said.err += text;
    },
    ...{ env: {}, cwd, now: () => 0, colour: false },
  };
  return { code: await run(argv, io), ...said };
}

test('a new task passes its own test, and the configuration finds it', async () => {
  const cwd = folder();
  expect(await carillon(cwd, 'new', 'task', 'report.weekly')).toMatchObject({
    code: 0,
    out: 'tasks/report-weekly.ts\ntasks/report-weekly.test.ts\ncarillon.config.ts\n',
    err: '',
  });
  // As the package's `exports` have it, but from the sources.
  const alias = { 'carillon/kit': join(root, 'src/kit/index.ts'), carillon: join(root, 'src/index.ts') };
  writeFileSync(join(cwd, 'vitest.config.mjs'), `export default { resolve: { alias: ${JSON.stringify(alias)} } };\n`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', '--root', cwd], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
  });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/4 passed/);
  expect(readFileSync(join(cwd, 'carillon.config.ts'), 'utf8')).toContain("taskModules: ['./tasks']");

  expect(await carillon(cwd, 'new', 'task', 'second')).toMatchObject({ code: 0, err: '' });
  expect(readdirSync(join(cwd, 'tasks'))).toHaveLength(4);
}, 60_000);

test('nothing is overwritten, and names are checked', async () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'carillon.config.mjs'), 'export default { tasks: [] };\n');
  const first = await carillon(cwd, 'new', 'task', 'a');
  expect(first.err).toContain("add `taskModules: ['./tasks']` to carillon.config.mjs");
  writeFileSync(join(cwd, 'tasks/a.ts'), 'mine');
  expect(await carillon(cwd, 'new', 'task', 'a')).toMatchObject({
    code: 1,
    err: expect.stringContaining('tasks/a.ts'),
  });
  expect(readFileSync(join(cwd, 'tasks/a.ts'), 'utf8')).toBe('mine');
  expect(await carillon(cwd, 'new', 'task', 'Not A Name')).toMatchObject({
    code: 1,
    err: expect.stringContaining('TASK_INVALID'),
  });
});
