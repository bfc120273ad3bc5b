import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { PartLogs } from '../../src/embedded/part-logs.js';
import { type Part, restartDelay, Supervisor, type SupervisorEvents } from '../../src/embedded/supervisor.js';
import { tempFolder } from './temp-folder.js';
import { isAlive, until } from './until.js';

const script = new URL('fixtures/part.mjs', import.meta.url).pathname;

function rig(events: SupervisorEvents = {}) {
  const folder = tempFolder();
  const file = join(folder, 'notes');
  const supervisor = new Supervisor(new PartLogs(join(folder, 'logs')), events);
  onTestFinished(() => supervisor.killAll());
  const part = (name: string, mode = 'serve', bounds: Partial<Part> = {}): Part => ({
    name,
    args: [script, mode, file, name],
    env: process.env,
    readyMs: 30_000,
    graceMs: 10_000,
    ...bounds,
  });
  const notes = () => readFileSync(file, 'utf8').trimEnd().split('\n');
  const pids = (name: string) =>
    notes()
      .filter((line) => line.startsWith(`${name} pid `))
      .map((line) => Number(line.split(' ')[2]));
  return { supervisor, part, notes, pids, folder, file };
}

test('the first restart is immediate, the next ones wait ever longer, up to a bound', () => {
  expect([1, 2, 3, 4, 7, 8, 100].map(restartDelay)).toEqual([0, 200, 400, 800, 6400, 10_000, 10_000]);
});

test('a part that is killed is started again at once, and what it sends arrives', async () => {
  const restarts: [string, string, number][] = [];
  const messages: unknown[] = [];
  const { supervisor, part, pids } = rig({
    onRestart: (...restart) => restarts.push(restart),
    onMessage: (_, message) => messages.push(message),
  });
  await supervisor.start(part('one'));
  await until('the message is there', () => messages.length === 1);
  const first = supervisor.pid('one') as number;
  process.kill(first, 'SIGKILL');
  await until('it runs again', () => messages.length === 2);
  expect(pids('one')).toEqual([first, supervisor.pid('one')]);
  expect(restarts).toEqual([['one', 'ended by SIGKILL', 0]]);
  expect(messages[1]).toEqual({ type: 'run', entry: { runId: 'a@b' } });
});

test('a part that never gets ready fails the start with what it wrote', async () => {
  const { supervisor, part, pids } = rig();
  await expect(supervisor.start(part('broken', 'fail'))).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringMatching(/ended with code 3\.[\s\S]*the reason why/),
  });
  expect(pids('broken')).toHaveLength(3);
});

test('parts end in order, and no process is left', async () => {
  const { supervisor, part, notes, pids } = rig();
  await Promise.all(['api', 'worker', 'heavy'].map((name) => supervisor.start(part(name))));
  const all = ['api', 'worker', 'heavy'].flatMap(pids);
  for (const pid of all) expect(await isAlive(pid)).toBe(true);
  await supervisor.stop([['worker', 'heavy'], ['api']]);
  expect(notes().at(-1)).toBe('api ended');
  expect(notes().filter((line) => line.endsWith(' ended'))).toHaveLength(3);
  for (const pid of all) expect(await isAlive(pid)).toBe(false);
  await expect(supervisor.start(part('late'))).rejects.toMatchObject({ code: 'INTERNAL' });
});

test('a part that ignores SIGTERM is killed after its grace', async () => {
  const { supervisor, part } = rig();
  await supervisor.start(part('stubborn', 'stubborn', { graceMs: 50 }));
  const pid = supervisor.pid('stubborn') as number;
  await supervisor.stop([['stubborn']]);
  expect(await isAlive(pid)).toBe(false);
});

test('parts end by themselves when the supervisor is killed', async () => {
  const { folder, file, pids } = rig();
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = fork(new URL('fixtures/supervise.ts', import.meta.url), [join(folder, 'logs'), file], {
    execArgv: ['--import', tsx],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.once('message', resolve));
  const [pid] = pids('part') as [number];
  expect(await isAlive(pid)).toBe(true);
  child.kill('SIGKILL');
  await until('the part is gone', async () => !(await isAlive(pid)));
});
