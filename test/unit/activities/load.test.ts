import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../../../src/activities/tasks/load.js';
import { viewTask } from '../../../src/api/tasks/view.js';
import { TaskRegistry } from '../../../src/core/task/registry.js';
import { defineTask } from '../../../src/core/task/task.js';

vi.setConfig({ testTimeout: 30_000 });
const root = fileURLToPath(new URL('../../../', import.meta.url));
const text = (name: string, more = '') =>
  `import { z } from 'zod';\nexport const task = { name: '${name}', input: z.strictObject({}), run: () => 1${more} };\n`;

/** A folder with these files, inside the repository, where packages are found. @returns the configuration's path */
function project(files: Record<string, string>): string {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache/load-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return join(folder, 'carillon.config.ts');
}

test('modules of a folder, a file and a package; what is broken is named, and the others load', async () => {
  const path = project({
    'carillon.config.ts': `export default { taskModules: ['./tasks', './more/one.mjs', '@acme/tasks', './none', 'no-such'] };`,
    'tasks/a.ts': text('a'),
    'tasks/a.test.ts': 'throw new Error("a test is no task");',
    'tasks/_shared.ts': 'throw new Error("nor is this");',
    'tasks/syntax.ts': 'export const = ;',
    'tasks/throws.ts': "throw new Error('no licence');",
    'tasks/empty.ts': 'export const n = 1;',
    'tasks/light.ts': text('overlong', ", lane: 'light', timeout: '1m'"),
    'tasks/twice.ts': text('a'),
    'tasks/built-in.ts': text('http'),
    'more/one.mjs': text('one'),
    'node_modules/@acme/tasks/package.json': '{"name":"@acme/tasks","main":"index.cjs"}',
    'node_modules/@acme/tasks/index.cjs': `const { z } = require('zod');\nmodule.exports = { acme: { name: 'acme', input: z.any(), run() {} } };`,
  });
  const { registry, own } = await loadConfig(path);
  expect(own.map(({ name }) => name).sort()).toEqual(['a', 'acme', 'one']);
  expect(registry.names()).toEqual(expect.arrayContaining(['a', 'acme', 'http', 'log', 'one']));
  const broken = Object.fromEntries(
    registry.broken.map(({ module, message }) => [module.replace(/.*\/tasks\//, ''), message]),
  );
  expect(broken).toEqual({
    'syntax.ts': expect.stringMatching(/Expected|Unexpected/),
    'throws.ts': 'no licence',
    'empty.ts': 'it exports no task.',
    'light.ts': expect.stringContaining('PT2S'),
    'twice.ts': expect.stringContaining('"a" twice'),
    'built-in.ts': expect.stringContaining('"http" twice'),
    './none': expect.stringContaining('nothing at'),
    'no-such': expect.stringContaining('no-such'),
  });
  expect(() => registry.get('throws')).toThrow(
    expect.objectContaining({
      code: 'TASK_UNKNOWN',
      details: expect.objectContaining({ hint: expect.stringContaining('throws.ts') }),
    }),
  );
});

test.each([
  ['export default { tasks: [], hosts: { memoryMb: 1 } };', 'hosts.memoryMb'],
  ["export default { taskModules: './tasks' };", 'taskModules'],
  ['export default {};', 'tasks'],
])('%s is refused with the field', async (config, field) => {
  await expect(loadConfig(project({ 'carillon.config.ts': config }))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    details: { field },
  });
});

test('versions side by side: the bare name is the highest', () => {
  const version = (n?: number) =>
    defineTask({ name: 'report', version: n, input: z.strictObject({ v: z.literal(n ?? 1) }), run: () => n });
  const [one, two, ten] = [version(), version(2), version(10)];
  const registry = new TaskRegistry([two, ten, one]);
  expect(['report', 'report@1', 'report@2', 'report@10'].map((name) => registry.get(name))).toEqual([
    ten,
    one,
    two,
    ten,
  ]);
  for (const name of ['report@3', 'report@', 'report@02', 'report@x', '@1']) {
    expect(() => registry.get(name)).toThrow(expect.objectContaining({ code: 'TASK_UNKNOWN' }));
  }
  expect(() => new TaskRegistry([one, version(1)])).toThrow(/twice in version 1/);
  expect(() => defineTask({ name: 'x', version: 0, input: z.any(), run: () => 1 })).toThrow(/version/);
  expect(() => defineTask({ name: 'x', retry: { maximumAttempts: 0 }, input: z.any(), run: () => 1 })).toThrow(
    /retry.maximumAttempts/,
  );
});

test('a task shows itself with the JSON Schema of its input', () => {
  const task = defineTask({
    name: 'report',
    version: 2,
    description: 'Makes a report.',
    timeout: '10m',
    lane: 'heavy',
    input: z.strictObject({ at: z.coerce.date(), rows: z.number().default(5).transform(String) }),
    output: z.object({ url: z.url() }),
    run: () => ({ url: 'https://a.example' }),
  });
  const registry = new TaskRegistry([task]);
  expect(viewTask(task, registry)).toMatchObject({
    ...{ name: 'report', version: 2, highest: true, builtIn: false, lane: 'heavy', timeout: 'PT10M' },
    input: { type: 'object', properties: { rows: { type: 'number', default: 5 } }, additionalProperties: false },
    output: { type: 'object', properties: { url: { type: 'string', format: 'uri' } } },
  });
});
