import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Rig, startRig } from '../rig/rig.js';
import { carillon } from './terminal.js';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  return () => rig.close();
});

/** A folder with files, and the command line of a project of its own in it. */
async function workplace(project: string, files: Record<string, string>) {
  const cwd = await mkdtemp(join(tmpdir(), 'carillon-code-'));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), text);
  };
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const name = `${rig.project}-${project}`;
  const asked: string[] = [];
  const run = (argv: string[], world: { env?: NodeJS.ProcessEnv; colour?: boolean; answer?: string } = {}) => {
    const { answer, ...rest } = world;
    const ask = async (question: string) => {
      asked.push(question);
      return answer ?? '';
    };
    const terminal = answer === undefined ? {} : { ask };
    return carillon([...argv, '--url', rig.url, '--project', name], { cwd, ...rest, ...terminal });
  };
  const states = async () => {
    const { items } = await rig.client.jobs.list.query({ project: name });
    return Object.fromEntries(items.map(({ id, state }) => [id, state]));
  };
  return { cwd, project: name, write, run, states, asked };
}

const job = (id: string, more = '') => `id: ${id}\ntask: log\ninput: { message: hi }\nschedule: "0 0 3 *"\n${more}`;
const labelled = (id: string) => job(id, 'labels: { team: sales }\n');

it('twenty that apply one folder at once come to one result, without an error', async () => {
  const { run, project, write } = await workplace('twenty', {
    'a.yaml': `${job('a')}---\n${job('b')}`,
    'inner/c.json': JSON.stringify({ id: 'c', task: 'log', input: { message: 'hi' }, schedule: '1h30m' }),
  });
  const all = async () => {
    const ended = await Promise.all(Array.from({ length: 20 }, () => run(['apply', '-f', '.', '-o', 'json'])));
    expect(ended.filter(({ code }) => code !== 0)).toEqual([]);
    return ended.flatMap(({ out }) => (JSON.parse(out).items as { action: string }[]).map(({ action }) => action));
  };
  const created = await all();
  expect(created.filter((action) => action === 'created').length).toBe(3);
  expect(created.filter((action) => action === 'unchanged').length).toBe(57);
  await write('a.yaml', `${job('a', 'owner: ops\n')}---\n${job('b')}`);
  const updated = await all();
  expect(updated.filter((action) => action === 'unchanged').length).toBeGreaterThanOrEqual(40);
  expect(updated).toContain('updated');
  expect(await rig.client.jobs.get.query({ project, id: 'a' })).toMatchObject({
    definitionVersion: 2,
    definition: { owner: 'ops', schedule: { cron: '0 0 3 * * *' } },
  });
});

it('diff tells what would change, in fields and in times, and exits with 0, 1 or 2', async () => {
  const { run, write, cwd } = await workplace('diff', { 'a.yaml': job('a'), 'b.yaml': job('b') });
  const fresh = await run(['diff', '-f', '.']);
  expect(fresh).toMatchObject({ code: 1, err: '' });
  expect(fresh.out).toMatch(/^\+ \S+\/a: create\n\+ {3}task: "log"\n/);
  await run(['apply', '-f', '.']);
  expect(await run(['diff', '-f', '.'])).toEqual({ code: 0, out: 'unchanged: 2\n', err: '' });

  await write('a.yaml', job('a', 'retry: { maximumAttempts: 5 }\n').replace('0 0 3 *', '0 0 4 *'));
  const { code, out } = await run(['diff', '-f', '.']);
  expect(code).toBe(1);
  expect(out).toMatch(/^~ \S+\/a: update$/m);
  expect(out).toContain('-   schedule.cron: "0 0 3 * * *"\n+   schedule.cron: "0 0 4 * * *"\n');
  expect(out).toContain('-   retry.maximumAttempts: 3\n+   retry.maximumAttempts: 5\n');
  expect(out.match(/^- {5}\S+T03:00:00Z /gm)).toHaveLength(5);
  expect(out.match(/^\+ {5}\S+T04:00:00Z /gm)).toHaveLength(5);
  expect((await run(['diff', '-f', '.'], { colour: true })).out).toContain('\u001B[32m+   retry');
  const { same, items } = JSON.parse((await run(['diff', '-f', '.', '-o', 'json'])).out);
  expect({ same, actions: items.map(({ action }: { action: string }) => action) }).toEqual({
    same: false,
    actions: ['update', 'unchanged'],
  });

  await write('b.yaml', job('b').replace('log', 'nothing.such'));
  const refused = await run(['diff', '-f', '.']);
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toMatch(/^b\.yaml:2:7: TASK_UNKNOWN task: /);
  const away = await carillon(['diff', '-f', 'a.yaml', '--url', 'http://127.0.0.1:1'], { cwd });
  expect(away.code).toBe(2);
});

it('prunes by label what is no longer in the files, once it has been shown and confirmed', async () => {
  const { run, states, cwd, asked } = await workplace('prune', {
    'a.yaml': labelled('a'),
    'b.yaml': labelled('b'),
    'c.yaml': job('c'),
  });
  expect(await run(['apply', '-f', '.'])).toMatchObject({ code: 0 });
  await rm(join(cwd, 'b.yaml'));
  await rm(join(cwd, 'c.yaml'));
  const prune = ['apply', '-f', '.', '--prune', '--selector', 'team=sales'];

  expect(await run(['apply', '-f', '.', '--prune'])).toMatchObject({ code: 1, out: '' });
  const dry = await run([...prune, '--dry-run', '-o', 'json']);
  expect(JSON.parse(dry.out).items.map(({ id, action }: Record<string, string>) => [id, action])).toEqual([
    ['a', 'unchanged'],
    ['b', 'cancel'],
  ]);
  expect((await run(['diff', ...prune.slice(1)])).out).toMatch(/^- \S+\/b: cancel$/m);
  const alone = await run(prune);
  expect(alone).toMatchObject({ code: 1, out: '' });
  expect(alone.err).toContain('--yes');
  expect(await run(prune, { answer: 'n' })).toMatchObject({ code: 1, out: '' });
  expect(asked).toEqual(['Apply the files, and cancel 1 job? [y/N] ']);
  expect(await states()).toEqual({ a: 'scheduled', b: 'scheduled', c: 'scheduled' });

  const pruned = await run(prune, { answer: 'y' });
  expect(pruned).toMatchObject({ code: 0 });
  expect(pruned.err).toMatch(/no longer in the files:\n.*\n.* b +cancel /);
  expect(pruned.err).toContain('0 created, 0 updated, 1 unchanged, 1 cancelled, 0 failed\n');
  expect(await states()).toEqual({ a: 'scheduled', b: 'cancelled', c: 'scheduled' });
  expect(await run([...prune, '--yes'])).toMatchObject({ code: 0 });
});

it('exports what applies to no change, and to the same jobs elsewhere', async () => {
  const full = `id: full
description: "All of it; $\${not a variable}"
owner: ops
labels: { team.name: sales, "yes": "no" }
priority: 1
lane: heavy
overlap: buffer_all
whilePaused: last
pauseAfterFailures: { count: 3 }
catchUp: { policy: all, within: 2h }
retry: { maximumAttempts: 7, nonRetryableErrors: [A] }
timeouts: { attempt: 3m }
task: http
input: { url: "http://127.0.0.1:1/", method: POST, body: "line\\n$\${X}\\n" }
schedule: { every: 90m, timezone: Europe/Berlin, exclude: [{ weekly: "SAT,SUN" }], jitter: 10% }
`;
  const one = await workplace('export', { 'a.yaml': `${full}---\n${labelled('plain')}` });
  expect(await one.run(['apply', '-f', '.'])).toMatchObject({
    code: 0,
    err: '2 created, 0 updated, 0 unchanged, 0 failed\n',
  });
  const { code, out, err } = await one.run(['export']);
  expect({ code, err }).toEqual({ code: 0, err: '2 jobs\n' });
  expect(out).not.toContain('bufferSize');
  expect(out).toContain(
    'id: plain\ntask: log\ninput:\n  message: hi\nschedule:\n  cron: 0 0 3 * * *\nlabels:\n  team: sales\n',
  );
  await one.write('a.yaml', out);
  expect(await one.run(['diff', '-f', '.'])).toMatchObject({ code: 0 });
  expect((await one.run(['export', '--selector', 'team=sales'])).out).toMatch(/^id: plain\n/);
  expect(await one.run(['export', 'nobody'])).toMatchObject({ code: 1, out: '' });

  const other = await workplace('elsewhere', { 'a.yaml': out });
  await other.run(['apply', '-f', '.']);
  expect((await other.run(['export'])).out).toBe(await readFile(join(one.cwd, 'a.yaml'), 'utf8'));
});

it('deletes what files name, after asking', async () => {
  const { run, states } = await workplace('delete', { 'a.yaml': `${job('a')}---\n${job('b')}`, 'c.yaml': job('c') });
  await run(['apply', '-f', '.']);
  expect(await run(['delete', '-f', 'a.yaml', '--dry-run'])).toMatchObject({ code: 0 });
  expect(await run(['delete', '-f', 'a.yaml'])).toMatchObject({ code: 1, out: '' });
  expect(await run(['delete', '-f', 'a.yaml'], { answer: '' })).toMatchObject({ code: 1, out: '' });
  expect(await states()).toEqual({ a: 'scheduled', b: 'scheduled', c: 'scheduled' });
  expect(await run(['delete', '-f', 'a.yaml'], { answer: 'yes' })).toMatchObject({ code: 0 });
  expect(await states()).toEqual({ a: 'cancelled', b: 'cancelled', c: 'scheduled' });
  const again = await run(['delete', '-f', 'a.yaml', '--yes', '-o', 'json']);
  expect(again.code).toBe(0);
  expect(JSON.parse(again.out).items.map(({ action }: { action: string }) => action)).toEqual(['ended', 'ended']);
});

it('reads standard input, and asks the server on demand', async () => {
  const { run } = await workplace('server', { 'a.yaml': `task: mine\nid: a\nschedule: 1h\nowner: \${OWNER}\n` });
  const env = { OWNER: 'me' };
  expect(await run(['validate', '-f', 'a.yaml'], { env })).toMatchObject({ code: 0 });
  const { code, err } = await run(['validate', '-f', 'a.yaml', '--server'], { env });
  expect({ code, err }).toMatchObject({ code: 1, err: expect.stringMatching(/^a\.yaml:1:7: TASK_UNKNOWN task: /) });
});
