import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ScratchRoot } from '../../../../src/activities/sandbox/process/scratch.js';
import { processesWith, runSteps, tempFolder } from './steps-run.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const linux = process.platform === 'linux';
let serial = 0;

/** Runs steps with a variable that tells their processes from all others. */
async function run(input: Record<string, unknown>, options: Parameters<typeof runSteps>[2] = {}) {
  const folder = tempFolder();
  const tag = `tag-${process.pid}-${serial++}`;
  const settings = { processes: true, folder };
  const ran = await runSteps({ env: { TAG: tag }, ...input }, settings, options);
  return { ...ran, left: processesWith('TAG', tag), folders: readdirSync(folder).filter((name) => name !== 'users') };
}

const clean = { left: [], folders: [] };

describe('steps as processes', () => {
  test('run one after the other on one workspace, and hand on what they found', async () => {
    const ran = await run({
      workspace: { files: { 'tools/greet': '#!/bin/sh\necho "hello $INPUT_WHO from $PWD"', 'data/a b.txt': 'é\n' } },
      artifacts: ['out/**/*.txt'],
      steps: [
        {
          name: 'make',
          run: 'mkdir -p out/deep; cat "data/a b.txt" > out/deep/x.txt; echo "found=a=\'b\' $HOME" > $CARILLON_OUTPUT',
        },
        {
          name: 'read',
          run: ['sh', '-c', 'printf "%s|%s" "$0" "$FOUND"', '$HOME'],
          // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what jobs have.
          env: { FOUND: '<${{ steps.make.outputs.found }}>' },
        },
        { name: 'greet', uses: 'greet@tools', with: { who: 'you' }, workdir: 'out' },
        { name: 'errors', run: 'echo one; echo two >&2' },
      ],
    });
    expect(ran.error).toBeUndefined();
    expect(ran.result).toEqual({
      sandbox: 'process',
      steps: ['make', 'read', 'greet', 'errors'].map((name) => ({
        ...{ name, outcome: 'success', exitCode: 0 },
        duration: expect.stringMatching(/^PT/),
      })),
      artifacts: [{ path: 'out/deep/x.txt', bytes: 3, location: 'memory:artifacts/out/deep/x.txt' }],
    });
    expect(ran.kept.get('artifacts/out/deep/x.txt')?.toString()).toBe('é\n');
    expect(ran.printed('read')[0]).toMatch(/^\$HOME\|<a='b' \/.*\/home>$/);
    expect(ran.printed('greet')[0]).toMatch(/^hello you from .*\/workspace\/out$/);
    expect(ran.printed('errors', 'stderr')).toEqual(['two']);
    expect(ran.progress).toHaveLength(5);
    expect(ran).toMatchObject(clean);
  });

  test('have a clean environment, and what is theirs only', async () => {
    const ran = await run({ env: {}, steps: [{ name: 'env', run: ['env'], env: { OWN: '1' } }] });
    const names = ran.printed('env').map((line) => line.split('=')[0]);
    expect(names.sort()).toEqual(
      [
        ...['ATTEMPT', 'OUTPUT', 'PROJECT', 'RUN', 'RUN_ID', 'STEP', 'WORKSPACE'].map((name) => `CARILLON_${name}`),
        ...['HOME', 'LANG', 'OWN', 'PATH', 'TMPDIR'],
      ].sort(),
    );
  });

  test('fail with their exit code; conditions decide what runs then', async () => {
    const ran = await run({
      artifacts: ['report'],
      steps: [
        { name: 'shaky', run: 'exit 4', continueOnError: true },
        { name: 'build', run: 'echo bad > report; exit 3' },
        { name: 'deploy', run: 'echo no' },
        { name: 'mourn', run: 'echo mourning', if: "failure() && steps.build.outcome == 'failure'" },
        { name: 'tidy', run: 'echo tidy', if: 'always()' },
      ],
    });
    expect(ran.error).toMatchObject({
      code: 'STEP_FAILED',
      message: 'Expected step build to end with exit code 0, got 3.',
      details: { field: 'input.steps.1', value: 3 },
    });
    expect(ran.printed('deploy')).toEqual([]);
    expect([...ran.printed('mourn'), ...ran.printed('tidy')]).toEqual(['mourning', 'tidy']);
    expect(ran.kept.get('artifacts/report')?.toString()).toBe('bad\n');
    expect(ran).toMatchObject(clean);
  });

  test.each([
    ['a program that is not there', { run: ['no-such-program'] }, 'got 127'],
    ['a folder that is not there', { run: 'true', workdir: 'nowhere' }, 'there is no folder nowhere'],
    ['a signal', { run: 'kill -9 $$' }, 'killed by SIGKILL'],
  ])('%s is a failure that says so', async (_, step, message) => {
    const ran = await run({ steps: [{ name: 'x', ...step }] });
    expect(ran.error).toMatchObject({ code: 'STEP_FAILED', message: expect.stringContaining(message) });
    expect(ran).toMatchObject(clean);
  });

  test('a step that left programs running takes them with it', async () => {
    const ran = await run({
      steps: [
        {
          name: 'leave',
          run: 'sleep 1000 & (setsid sleep 1000 &) ; (setsid sh -c "sleep 1000 & sleep 1000" &); exit 0',
        },
      ],
    });
    expect(ran.result?.steps.map(({ outcome }) => outcome)).toEqual(['success']);
    expect(ran).toMatchObject(clean);
  });

  const stubborn = [
    'trap "" TERM',
    'sleep 1000 &',
    'setsid sleep 1000 &',
    '(setsid sh -c "trap \\"\\" TERM; sleep 1000 & sleep 1000" &)',
    'echo ready',
    'while :; do sleep 1000; done',
  ].join('\n');

  test('a timeout kills the whole tree, whatever it did to get away', async () => {
    const ran = await run({ steps: [{ name: 'stubborn', run: stubborn, timeout: '1s' }] });
    expect(ran.error).toMatchObject({ code: 'STEP_TIMEOUT', details: { field: 'input.steps.0.timeout', value: '1s' } });
    expect(ran.printed('stubborn')).toEqual(['ready']);
    expect(ran).toMatchObject(clean);
  });

  test('a step that ends when it is asked to is not killed', async () => {
    const ran = await run({
      steps: [{ name: 'kind', run: 'trap "echo bye; exit 0" TERM; echo on; sleep 1000 & wait', timeout: '1s' }],
    });
    expect(ran.error).toMatchObject({ code: 'STEP_TIMEOUT' });
    expect(ran.printed('kind')).toEqual(['on', 'bye']);
  });

  test('cancellation kills the whole tree, and nothing more is started', async () => {
    const cancel = new AbortController();
    const folder = tempFolder();
    const flag = `cancel-${process.pid}`;
    const running = runSteps(
      {
        env: { TAG: flag },
        steps: [
          { name: 'stubborn', run: stubborn },
          { name: 'next', run: 'echo no', if: 'always()' },
        ],
      },
      { processes: true, folder },
      { signal: cancel.signal },
    );
    while (processesWith('TAG', flag).length < 6) await new Promise((resolve) => setImmediate(resolve));
    cancel.abort(new Error('cancelled'));
    const ran = await running;
    expect(ran.error).toMatchObject({ message: 'cancelled' });
    expect(ran.printed('next')).toEqual([]);
    expect(processesWith('TAG', flag)).toEqual([]);
    expect(readdirSync(folder).filter((name) => name !== 'users')).toEqual([]);
  });

  test('what was cancelled before it began starts nothing', async () => {
    const ran = await run(
      { steps: [{ name: 'x', run: 'echo no' }] },
      { signal: AbortSignal.abort(new Error('early')) },
    );
    expect(ran.error).toMatchObject({ message: 'early' });
    expect(ran).toMatchObject({ ...clean, log: [] });
  });
});

describe.runIf(linux)('bad steps', () => {
  test('print more than the log takes: it is cut, and the step goes on', async () => {
    const ran = await run({
      steps: [{ name: 'loud', run: 'head -c 60000000 /dev/zero | tr "\\0" x; echo; echo end' }],
    });
    expect(ran.result?.steps).toMatchObject([{ outcome: 'success' }]);
    const bytes = ran.printed('loud').reduce((sum, line) => sum + line.length, 0);
    expect(bytes).toBe(10 * 1024 * 1024);
    expect(ran.log.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: expect.stringContaining('prints too much'), fields: { step: 'loud' } },
    ]);
    expect(ran).toMatchObject(clean);
  }, 60_000);

  test('eat memory: the limit ends them', async () => {
    const eat = 'const all = []; for (;;) all.push(Buffer.alloc(10_000_000, 1));';
    const ran = await run({ limits: { memoryMiB: 256 }, steps: [{ name: 'fat', run: [process.execPath, '-e', eat] }] });
    expect(ran.error).toMatchObject({ code: 'STEP_FAILED' });
    expect(ran.printed('fat').join('\n')).toContain('Array buffer allocation failed');
  }, 20_000);

  test('spin: the timeout ends them', async () => {
    const ran = await run({ steps: [{ name: 'spin', run: 'while :; do :; done', timeout: '500ms' }] });
    expect(ran.error).toMatchObject({ code: 'STEP_TIMEOUT' });
    expect(ran).toMatchObject(clean);
  });

  test('fill the disk: the limit ends them', async () => {
    const ran = await run({
      limits: { fileMiB: 1 },
      steps: [{ name: 'big', run: ['dd', 'if=/dev/zero', 'of=big', 'bs=1M', 'count=3'] }],
    });
    expect(ran.error).toMatchObject({ code: 'STEP_FAILED' });
  });

  test('fork without end: they are bounded, and gone afterwards', async () => {
    const bomb = 'f() { f | f & }; f; sleep 1000';
    const ran = await run({ limits: { processes: 40 }, steps: [{ name: 'bomb', run: bomb, timeout: '1s' }] });
    expect(ran.error).toMatchObject({ code: expect.stringMatching(/STEP_TIMEOUT|STEP_FAILED/) });
    expect(ran.printed('bomb').join('\n')).toMatch(/fork/i);
    expect(ran).toMatchObject(clean);
  });

  test('make links to what is not theirs: it is neither read nor removed', async () => {
    const secret = join(tempFolder(), 'secret');
    writeFileSync(secret, 'hidden', { mode: 0o600 });
    const ran = await run({
      artifacts: ['**'],
      steps: [
        {
          name: 'link',
          run: `ln -s ${secret} soft; ln -s / root; mkfifo pipe; echo mine > own; rm -f $CARILLON_OUTPUT; ln -s ${secret} $CARILLON_OUTPUT || true`,
        },
        { name: 'lock', run: 'mkdir -p shut/in; chmod 000 shut/in' },
      ],
    });
    expect([...ran.kept.keys()]).toEqual(['artifacts/own']);
    expect(readFileSync(secret, 'utf8')).toBe('hidden');
    expect(ran).toMatchObject(clean);
  });
});

describe.runIf(linux)('a worker that dies', () => {
  test('takes its steps with it, and the next attempt removes the rest', async () => {
    const folder = tempFolder();
    const tag = `crash-${process.pid}`;
    const input = {
      env: { TAG: tag },
      steps: [{ name: 'long', run: 'sleep 1000 & (setsid sleep 1000 &); echo ready; sleep 1000' }],
    };
    const argv = ['--import', 'tsx', join(here, 'worker-main.ts'), folder, JSON.stringify(input)];
    const worker = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void worker.kill('SIGKILL'));
    for await (const line of createInterface(worker.stdout)) if (line === 'ready') break;
    expect(processesWith('TAG', tag).length).toBeGreaterThanOrEqual(4);
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    const remains = readdirSync(folder);
    expect(remains.some((name) => existsSync(join(folder, name, 'workspace')))).toBe(true);
    const second = await runSteps(
      { steps: [{ name: 'again', run: 'ls | wc -l' }] },
      { processes: true, folder },
      { attempt: 2 },
    );
    expect(second.result?.steps).toMatchObject([{ outcome: 'success' }]);
    expect(processesWith('TAG', tag)).toEqual([]);
    expect(readdirSync(folder).filter((name) => name !== 'users')).toEqual([]);
  }, 30_000);

  test.each([
    ['of the same run', 'job@2026-01-01T00:00:00Z', Number.MAX_SAFE_INTEGER],
    ['of a run that is long over', 'other@2020-01-01T00:00:00Z', 1],
  ])('leaves processes that carry its mark: those %s are ended', async (_, runId, until) => {
    const folder = tempFolder();
    const root = await ScratchRoot.open(folder);
    const mark = root.markOf('default', runId);
    await root.keep({ mark, until });
    mkdirSync(root.folderOf(mark));
    const orphan = spawn('sleep', ['1000'], {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, CARILLON_RUN: mark },
    });
    const gone = once(orphan, 'exit');
    const ran = await runSteps({ steps: [{ name: 'x', run: 'true' }] }, { processes: true, folder });
    expect(ran.error).toBeUndefined();
    expect(await gone).toEqual([null, 'SIGKILL']);
    expect(readdirSync(folder).filter((name) => name !== 'users')).toEqual([]);
  });

  test('leaves alone what belongs to a run that goes on', async () => {
    const folder = tempFolder();
    const root = await ScratchRoot.open(folder);
    const mark = root.markOf('default', 'other@2026-01-01T00:00:00Z');
    await root.keep({ mark, until: Number.MAX_SAFE_INTEGER });
    mkdirSync(root.folderOf(mark));
    await runSteps({ steps: [{ name: 'x', run: 'true' }] }, { processes: true, folder });
    expect(existsSync(root.folderOf(mark))).toBe(true);
  });
});

test('a scratch folder that others write to is refused', async () => {
  const folder = tempFolder();
  const open = join(folder, 'open');
  mkdirSync(open, { mode: 0o777 });
  chmodSync(open, 0o777);
  const ran = await runSteps({ steps: [{ name: 'x', run: 'true' }] }, { processes: true, folder: open });
  expect(ran.error).toMatchObject({ code: 'CONFIG_INVALID', details: { field: 'steps.folder' } });
});

test.runIf(process.getuid?.() === 0)('a scratch folder that steps cannot reach is refused', async () => {
  const folder = tempFolder();
  chmodSync(folder, 0o700);
  const ran = await runSteps({ steps: [{ name: 'x', run: 'true' }] }, { processes: true, folder: join(folder, 'in') });
  expect(ran.error).toMatchObject({ code: 'CONFIG_INVALID', details: { field: 'steps.folder', value: folder } });
});

test.each([
  ['nothing is configured', undefined, 'none is configured'],
  ['no engine answers', { docker: { engine: '/nowhere.sock', images: [] } }, 'none answers at /nowhere.sock'],
])('where %s, the error says what to configure', async (_, settings, message) => {
  const ran = await runSteps({ steps: [{ name: 'x', run: 'true' }] }, settings);
  expect(ran.error).toMatchObject({
    code: 'STEPS_UNAVAILABLE',
    message: expect.stringContaining(message),
    details: { hint: expect.stringContaining('steps.processes') },
  });
});
