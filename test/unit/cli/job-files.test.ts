import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { changesOf, mergedLines } from '../../../src/cli/files/changes.js';
import { carillon } from '../../cli/terminal.js';

const now = () => Date.parse('2026-11-21T09:00:00Z');
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});
async function folder(files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'carillon-files-'));
  folders.push(path);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return path;
}
const job = (id: string) => `id: ${id}\ntask: log\ninput: { message: x }\nschedule: 1h\n`;
async function validate(cwd: string, ...paths: string[]) {
  const ended = await carillon(['validate', '-f', ...paths, '-o', 'json'], { cwd, now });
  const answer = ended.out ? JSON.parse(ended.out) : { items: [] };
  return { ...ended, ids: answer.items.map(({ id }: { id: string }) => id), faults: answer.faults };
}

describe('carillon validate', () => {
  it('reads folders inside folders in the order of paths, and JSON; hidden ones and packages are left alone', async () => {
    const cwd = await folder({
      'jobs/b.yml': job('b'),
      'jobs/a/z.yaml': job('z'),
      'jobs/c.json': JSON.stringify({ id: 'c', task: 'log', input: { message: 'x' }, schedule: { every: '1h' } }),
      'jobs/readme.md': '# nothing',
      'jobs/.git/x.yaml': 'broken: [',
      'jobs/node_modules/x.yaml': 'broken: [',
    });
    await symlink('..', join(cwd, 'jobs/a/round'));
    await symlink('../b.yml', join(cwd, 'jobs/a/linked.md'));
    expect(await validate(cwd, 'jobs')).toMatchObject({ code: 0, ids: ['z', 'b', 'c'], err: '3 valid, 0 faults\n' });
    expect(await validate(cwd, 'jobs', 'jobs/b.yml')).toMatchObject({ code: 0, ids: ['z', 'b', 'c'] });
  });

  it('reads standard input', async () => {
    const stdin = () => 'id: a\ntask: log\nschedule: soon\n---\n'.replace('soon', '61 * * * *');
    const { code, err } = await carillon(['validate', '-f', '-'], { stdin, now });
    expect(code).toBe(1);
    expect(err).toMatch(/^stdin:3:11: CRON_INVALID schedule: Read as a cron expression of 5 fields: /);
  });

  it('refuses ids given twice in different files', async () => {
    const cwd = await folder({ 'a.yaml': job('same'), 'inner/b.yaml': job('same') });
    const { code, err } = await carillon(['validate', '-f', '.'], { cwd, now });
    expect(code).toBe(1);
    expect(err).toMatch(/^inner\/b\.yaml:1:5: FILE_INVALID id: .*a\.yaml:1 has already/);
  });

  it.each([
    ['schedule: { every: 1h, timezone: Mars/Olympus }', /^a\.yaml:4:34: TIMEZONE_UNKNOWN schedule\.timezone: /],
    [
      'schedule: { every: 1h, start: 2027-01-02T00:00Z, end: 2027-01-01 }',
      /^a\.yaml:4:55: SCHEDULE_INVALID schedule\.end: /,
    ],
    ['schedule: "0 0 31 2 *"', /^a\.yaml:4:11: CRON_INVALID schedule: /],
    ['schedule: { crontab: 0 61 9 * }', /^a\.yaml:4:22: CRON_INVALID schedule\.crontab: /],
    ['schedule: 1h\nlane: fast', /^a\.yaml:5:7: INPUT_INVALID lane: /],
  ])('without a server it finds what is wrong with %s', async (rest, expected) => {
    const cwd = await folder({ 'a.yaml': `id: a\ntask: log\ninput: { message: x }\n${rest}\n` });
    const { code, err } = await carillon(['validate', '-f', 'a.yaml'], { cwd, now });
    expect(code).toBe(1);
    expect(err).toMatch(expected);
  });

  it('leaves to the server whether a job whose times have passed is there already', async () => {
    const cwd = await folder({ 'a.yaml': job('a').replace('1h', '2020-01-01T00:00:00Z') });
    const { code, err } = await validate(cwd, '.');
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('whether a is there already') });
  });

  it('bears what editors leave in files: marks, line ends, tabs in JSON', async () => {
    const json = JSON.stringify({ id: 'b', task: 'log', input: { message: 'x' }, schedule: '1h' }, null, '\t');
    const cwd = await folder({ 'a.yaml': `\uFEFF${job('a').replaceAll('\n', '\r\n')}`, 'b.json': json });
    expect(await validate(cwd, '.')).toMatchObject({ code: 0, ids: ['a', 'b'] });
  });

  it('knows the inputs of built-in tasks, and says what it cannot know', async () => {
    const text = (input: string) => `id: a\ntask: http\ninput: ${input}\nschedule: 1h\n`;
    const cwd = await folder({
      'bad.yaml': text('{ url: "http://x", method: FETCH }'),
      'missing.yaml': 'id: b\ntask: http\nschedule: 1h\n',
      'own.yaml': 'id: c\ntask: my.own\nschedule: { every: 1h, exclude: [{ calendar: holidays }] }\n',
    });
    const { err, faults } = await validate(cwd, '.');
    expect(faults.map(({ line, code, path }: Record<string, string>) => `${line} ${code} ${path}`)).toEqual([
      '3 TASK_INPUT_INVALID input.method',
      '1 TASK_INPUT_INVALID input',
    ]);
    expect(err).toContain('note: only --server can check calendar holidays, task my.own\n');
    expect(err).toContain('1 valid, 2 faults\n');
  });
});

describe('comparison', () => {
  it('names fields by their paths, those with nothing inside too', () => {
    expect(
      changesOf({ a: 1, b: { c: [1, 2], d: {} }, e: 'x' }, { a: 1, b: { c: [1, 3, 4] }, f: null, e: { g: 'x' } }),
    ).toEqual([
      { path: 'b.c.1', before: 2, after: 3 },
      { path: 'b.d', before: {} },
      { path: 'e', before: 'x' },
      { path: 'b.c.2', after: 4 },
      { path: 'f', after: null },
      { path: 'e.g', after: 'x' },
    ]);
    expect(changesOf(undefined, { a: 1 })).toEqual([{ path: 'a', after: 1 }]);
  });

  it('merges times in order', () => {
    expect(mergedLines(['1', '3'], ['2', '3', '4']).map(({ sign, line }) => sign + line)).toEqual([
      '-1',
      '+2',
      ' 3',
      '+4',
    ]);
  });
});
