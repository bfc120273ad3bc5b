import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { expect, inject, onTestFinished, test } from 'vitest';
import { type CarillonClient, createCarillonClient } from '../../src/api/client/client.js';
import { freePort } from '../../src/embedded/free-port.js';
import type { Addresses } from '../../src/embedded/state-folder.js';
import { startServerProcess } from '../servers/child.js';
import { startPglite } from '../servers/pglite.js';
import { tempFolder } from './temp-folder.js';
import { isAlive, until } from './until.js';

const script = new URL('../../scripts/start.mjs', import.meta.url).pathname;

/** This process's own environment is none of theirs. */
const noKeys = { CARILLON_SECRET_KEY: '', CARILLON_SECRET_KEY_FILE: '', CARILLON_ADMIN_KEY: '', CARILLON_API_KEY: '' };

interface Started {
  child: ChildProcessByStdio<null, Readable, Readable>;
  lines: string[];
  errors(): string;
  exit: Promise<number | null>;
  /** Waits for a line that matches. */
  line(pattern: RegExp): Promise<string>;
}

/** Runs `npm start` on a state folder, as a person would, except for the ports. */
async function start(state: string, ...flags: string[]): Promise<Started> {
  return startWith({}, state, ...flags);
}

async function startWith(settings: NodeJS.ProcessEnv, state: string, ...flags: string[]): Promise<Started> {
  const ports = ['--api-port', '--temporal-port', '--ui-port'].map(async (flag) => [flag, String(await freePort())]);
  const args = [script, '--state', state, ...(await Promise.all(ports)).flat(), ...flags];
  const own = { CARILLON_TEMPORAL_CLI: inject('temporalCli'), TEMPORAL_ADDRESS: '', DATABASE_URL: '' };
  const env = { ...process.env, ...own, ...noKeys, ...settings };
  const child = spawn(process.execPath, args, { cwd: state, env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  let partial = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => {
    const pieces = (partial + data).split('\n');
    partial = pieces.pop() ?? '';
    lines.push(...pieces);
  });
  child.stderr.on('data', (data: Buffer) => {
    errors += data;
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = (pattern: RegExp) =>
    until(
      `a line matches ${pattern} (${errors})`,
      () => {
        if (child.exitCode !== null)
          throw new Error(`It ended with code ${child.exitCode}: ${lines.join('\n')}${errors}`);
        return lines.find((text) => pattern.test(text));
      },
      90_000,
    );
  return { child, lines, errors: () => errors, exit, line };
}

/** Comes with the key that the state folder keeps. */
function clientOf(state: string): CarillonClient {
  const apiKey = readFileSync(join(state, 'admin.key'), 'utf8').trim();
  return createCarillonClient({ url: addresses(state).api, apiKey });
}

function addresses(state: string): Addresses {
  return JSON.parse(readFileSync(join(state, 'addresses.json'), 'utf8')) as Addresses;
}

/** Every process below this one. */
function descendants(pid: number): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const parents = rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number]);
  const below = (of: number): number[] =>
    parents.filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

async function expectGone(pids: number[]): Promise<void> {
  for (const pid of pids) await until(`process ${pid} is gone`, async () => !(await isAlive(pid)));
}

test('starts with nothing set up, runs the demo, ends cleanly, and goes on where it stopped', {
  timeout: 240_000,
}, async () => {
  const state = tempFolder();
  const first = await start(state);
  await first.line(/npx carillon next/);
  expect(first.lines.length).toBeLessThanOrEqual(14);
  const ready = first.lines.join('\n');
  for (const part of [addresses(state).api, addresses(state).temporal, addresses(state).ui, state])
    expect(ready).toContain(part);
  const adminKey = readFileSync(join(state, 'admin.key'), 'utf8').trim();
  expect(ready).toContain(adminKey);
  expect(readFileSync(join(state, 'addresses.json'), 'utf8')).not.toContain(adminKey);
  const run = await first.line(/demo-every-10s@/);
  expect(run).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}demo-every-10s@\S+ {2}succeeded {2}attempt 1 {2}PT[\d.]+S$/);

  const second = await start(state);
  expect(await second.exit).toBe(1);
  expect(second.errors()).toMatch(
    /^error CONFIG_INVALID: Expected .* to be free, but process \d+ runs on it\.\n {2}→ /,
  );

  const parts = descendants(first.child.pid as number);
  expect(parts.length).toBeGreaterThanOrEqual(5);
  first.child.kill('SIGINT');
  expect(await first.exit).toBe(0);
  expect(first.lines.at(-1)).toMatch(/^Stopping/);
  await expectGone(parts);

  const again = await start(state);
  await again.line(/npx carillon next/);
  const client = clientOf(state);
  expect(again.lines.join('\n')).toContain(join(state, 'admin.key'));
  expect(again.lines.join('\n')).not.toContain(adminKey);
  const stranger = createCarillonClient({ url: addresses(state).api });
  await expect(stranger.jobs.list.query({})).rejects.toMatchObject({ data: { httpStatus: 401 } });
  for (const part of ['api', 'worker', 'database', 'temporal', 'heavy'])
    expect(readFileSync(join(state, 'logs', `${part}.log`), 'utf8')).not.toContain(adminKey);
  const { items } = await client.jobs.list.query({});
  expect(items.map(({ id }) => id).sort()).toEqual(['demo-daily', 'demo-every-10s', 'demo-retry']);
  await again.line(/demo-every-10s@/);
  again.child.kill('SIGTERM');
  expect(await again.exit).toBe(0);
});

test('kill -9 of the whole start leaves no process, and the next start works', { timeout: 240_000 }, async () => {
  const state = tempFolder();
  const first = await start(state, '--no-demo');
  await first.line(/npx carillon next/);
  const client = clientOf(state);
  await client.jobs.create.mutate({
    id: 'kept',
    task: 'log',
    input: { message: 'hello' },
    schedule: { cron: '0 9 * * *' },
  });
  const parts = descendants(first.child.pid as number);
  first.child.kill('SIGKILL');
  await expectGone(parts);

  const again = await start(state);
  await again.line(/npx carillon next/);
  const { items } = await clientOf(state).jobs.list.query({});
  expect(items.map(({ id }) => id)).toEqual(['kept']);
  again.child.kill('SIGINT');
  expect(await again.exit).toBe(0);
});

test('any part that is killed comes back by itself', { timeout: 240_000 }, async () => {
  const state = tempFolder();
  const started = await start(state, '--no-demo');
  await started.line(/npx carillon next/);
  const pid = started.child.pid as number;
  const commands = () =>
    execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) as RegExpExecArray)
      .filter(([, , parent]) => Number(parent) === pid);
  const client = clientOf(state);
  for (const entry of ['pglite-main', 'guardian-main', 'api/main', 'worker/main']) {
    const victim = commands().find(([, , , args]) => args?.includes(entry));
    process.kill(Number(victim?.[1]), 'SIGKILL');
    await until(`${entry} was started again`, () => {
      const now = commands().find(([, , , args]) => args?.includes(entry));
      return now !== undefined && now[1] !== victim?.[1];
    });
    await until(
      `all is well after ${entry} was killed`,
      async () => (await client.system.health.query({}).catch(() => undefined))?.status === 'ok',
      60_000,
    );
  }
  const parts = descendants(pid);
  started.child.kill('SIGINT');
  expect(await started.exit).toBe(0);
  await expectGone(parts);
});

test('uses the Temporal server and the database it is given, and makes the search attributes', {
  timeout: 120_000,
}, async () => {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const plain = [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--headless',
    '--log-level',
    'error',
  ];
  const [temporal, database] = await Promise.all([
    startServerProcess('temporal/guardian-main', [inject('temporalCli'), address, '', ...plain]),
    startPglite(),
  ]);
  onTestFinished(async () => {
    await Promise.all([temporal.stop(), database.stop()]);
  });
  for (const jobId of ['first', 'second']) {
    const state = tempFolder();
    const started = await startWith({ TEMPORAL_ADDRESS: address, DATABASE_URL: database.url }, state, '--no-demo');
    await started.line(/npx carillon next/);
    const client = clientOf(state);
    const input = { message: 'hello' };
    await client.jobs.create.mutate({ id: jobId, task: 'log', input, schedule: { immediate: true } });
    await started.line(new RegExp(`${jobId}@.* succeeded`));
    expect(descendants(started.child.pid as number).length).toBeLessThanOrEqual(3);
    started.child.kill('SIGINT');
    expect(await started.exit).toBe(0);
  }
});

test('a Temporal server that does not answer is an error with what to do', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const started = await startWith({ TEMPORAL_ADDRESS: address }, tempFolder());
  expect(await started.exit).toBe(1);
  expect(started.errors()).toContain(`error TEMPORAL_UNAVAILABLE: Expected a Temporal server at ${address}, got`);
});

test.each([
  [['--api-port', 'many'], 'Expected `--api-port` to be a port from 1 to 65535, got "many".'],
  [['--tasks', 'missing.ts'], 'Expected `--tasks` to be a file, got "missing.ts", which is not there.'],
  [['--colour'], "Unknown option '--colour'"],
])('%j is refused with what to do', async (flags, message) => {
  const started = await start(tempFolder(), ...flags);
  expect(await started.exit).toBe(1);
  expect(started.errors()).toContain(`error CONFIG_INVALID: ${message}`);
  expect(started.errors()).toContain('  → ');
});

test('a port that was asked for and is taken is refused', async () => {
  const taken = new URL(`http://${inject('temporalAddress')}`).port;
  const started = await start(tempFolder(), '--api-port', taken);
  expect(await started.exit).toBe(1);
  expect(started.errors()).toContain(`Expected \`--api-port\` to be a free port, got ${taken}, which is taken.`);
});
