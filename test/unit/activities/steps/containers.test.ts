import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectEngine } from '../../../../src/activities/sandbox/docker/engine.js';
import { type FakeEngine, startFakeEngine } from '../docker-engine.js';
import { runSteps } from './steps-run.js';

const socket = process.env.CARILLON_TEST_DOCKER ?? '/var/run/docker.sock';
const real = await answers(socket);
const image = real ? (process.env.CARILLON_TEST_IMAGE ?? 'busybox:1.37') : 'none';

async function answers(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  return new Promise((resolve) => {
    const ping = request({ socketPath: path, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.once('error', () => resolve(false)).once('timeout', () => ping.destroy());
    ping.end();
  });
}

async function fakeEngine(options: Partial<Parameters<typeof startFakeEngine>[0]> = {}): Promise<FakeEngine> {
  const engine = await startFakeEngine({ images: ['tool:1'], ...options });
  onTestFinished(() => engine.close());
  return engine;
}

const settingsOf = (engine: string, more = {}) => ({ docker: { engine, images: ['tool:*', 'team/*'], ...more } });

/** Nothing is left of a run. */
function expectClean({ containers, volumes }: FakeEngine): void {
  expect([containers.size, volumes.size]).toEqual([0, 0]);
}

const everything = (name: string) => ({
  image: name,
  workspace: {
    files: { 'tools/greet': '#!/bin/sh\necho "hello $INPUT_WHO"', [`deep/${'long/'.repeat(60)}ü.txt`]: 'far' },
  },
  limits: { memoryMiB: 64 },
  artifacts: ['out/**', 'deep/**'],
  steps: [
    {
      name: 'make',
      run: 'mkdir -p out/a; echo one > out/a/1; printf "x=a b\\ny=\'c\'\\n" > $CARILLON_OUTPUT; echo bad >&2',
    },
    {
      name: 'read',
      run: ['sh', '-c', 'printf "%s,%s" "$0" "$V"; cat out/a/1', '`id`'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what jobs have.
      env: { V: '${{ steps.make.outputs.x }}${{steps.make.outputs.y}}' },
    },
    { name: 'greet', uses: 'greet@tools', with: { who: 'you' } },
  ],
});

async function expectEverything(ran: Awaited<ReturnType<typeof runSteps>>): Promise<void> {
  expect(ran.error).toBeUndefined();
  expect(ran.result).toMatchObject({
    sandbox: 'container',
    steps: [{ exitCode: 0 }, { exitCode: 0 }, { exitCode: 0 }],
  });
  expect(ran.printed('make', 'stderr')).toEqual(['bad']);
  expect(ran.printed('read').join('\n')).toBe("`id`,a b'c'one");
  expect(ran.printed('greet')).toEqual(['hello you']);
  const kept = [...ran.kept].map(([name, body]) => [name, body.toString()]);
  expect(kept.sort()).toEqual([
    [`artifacts/deep/${'long/'.repeat(60)}ü.txt`, 'far'],
    ['artifacts/out/a/1', 'one\n'],
  ]);
}

describe('steps in containers of an engine that speaks the API', () => {
  test('run one after the other on one volume', async () => {
    const engine = await fakeEngine();
    const ran = await runSteps(everything('tool:1'), settingsOf(engine.socket));
    await expectEverything(ran);
    expectClean(engine);
  });

  test('can do nothing to their host', async () => {
    const engine = await fakeEngine();
    const limits = { memoryMiB: 100, cpus: 0.5, processes: 20, fileMiB: 2 };
    const step = { name: 'x', run: ['printf', 'a b'], env: { OWN: '1' }, workdir: 'sub' };
    await runSteps({ image: 'tool:1', limits, steps: [step] }, settingsOf(engine.socket));
    const order = engine.orders.at(-1);
    expect(order).toEqual({
      Image: 'tool:1',
      Entrypoint: ['printf'],
      Cmd: ['a b'],
      Env: [
        ...['HOME=/carillon/home', 'LANG=C.UTF-8', 'OWN=1', 'CARILLON_PROJECT=default'],
        ...['CARILLON_RUN_ID=job@2026-01-01T00:00:00Z', 'CARILLON_ATTEMPT=1', 'CARILLON_STEP=x'],
        ...['CARILLON_WORKSPACE=/carillon/workspace', 'CARILLON_OUTPUT=/carillon/output/0'],
      ],
      WorkingDir: '/carillon/workspace/sub',
      User: '65534:65534',
      Labels: { 'carillon.run': 'default/job@2026-01-01T00:00:00Z', 'carillon.until': expect.stringMatching(/^\d+$/) },
      ...{ AttachStdin: false, AttachStdout: true, AttachStderr: true, OpenStdin: false, Tty: false },
      HostConfig: {
        ...{ Init: true, AutoRemove: false, Privileged: false, ReadonlyRootfs: true, IpcMode: 'private' },
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        Tmpfs: { '/tmp': 'rw,nosuid,nodev,size=64m,mode=1777' },
        Mounts: [
          {
            Type: 'volume',
            Source: expect.stringMatching(/^\w+$/),
            Target: '/carillon',
            VolumeOptions: { NoCopy: true },
          },
        ],
        NetworkMode: 'none',
        ...{ Memory: 100 * 2 ** 20, MemorySwap: 100 * 2 ** 20, NanoCpus: 5e8, PidsLimit: 20 },
        Ulimits: [
          { Name: 'core', Soft: 0, Hard: 0 },
          { Name: 'fsize', Soft: 2 * 2 ** 20, Hard: 2 * 2 ** 20 },
        ],
        LogConfig: { Type: 'none', Config: {} },
        RestartPolicy: { Name: 'no' },
      },
    });
  });

  test('use images that the configuration allows, and no other', async () => {
    const engine = await fakeEngine({ images: ['tool:1', 'evil:1'] });
    const steps = [
      { name: 'a', run: 'true' },
      { name: 'b', image: 'evil:1', run: 'true' },
    ];
    const ran = await runSteps({ image: 'tool:1', steps }, settingsOf(engine.socket));
    expect(ran.error).toMatchObject({
      code: 'IMAGE_FORBIDDEN',
      details: { field: 'input.steps.1.image', value: 'evil:1' },
    });
    const none = await runSteps({ steps }, settingsOf(engine.socket));
    expect(none.error).toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.image' } });
    expect(engine.orders).toEqual([]);
    expectClean(engine);
  });

  test('have a network where the configuration names one and the job asks for it', async () => {
    const engine = await fakeEngine();
    const input = { image: 'tool:1', steps: [{ name: 'x', run: 'true' }] };
    const refused = await runSteps({ ...input, network: true }, settingsOf(engine.socket));
    expect(refused.error).toMatchObject({ code: 'NETWORK_FORBIDDEN', details: { field: 'input.network' } });
    const allowed = settingsOf(engine.socket, { network: 'jobs', user: '1000:1001' });
    await runSteps(input, allowed);
    await runSteps({ ...input, network: true }, allowed);
    expect(engine.orders.map(({ HostConfig, User }) => [HostConfig?.NetworkMode, User])).toEqual([
      ...[
        ['none', '1000:1001'],
        ['none', '1000:1001'],
      ],
      ...[
        ['jobs', '1000:1001'],
        ['jobs', '1000:1001'],
      ],
    ]);
  });

  test.each([
    ['missing', 'tool:1', 0],
    ['missing', 'tool:2', 1],
    ['always', 'tool:2', 1],
    ['never', 'tool:1', 0],
  ])('fetch images by the policy %s: %s', async (pull, name, fetched) => {
    const engine = await fakeEngine({ registry: ['tool:2'] });
    const ran = await runSteps(
      { image: name, steps: [{ name: 'x', run: 'true' }] },
      settingsOf(engine.socket, { pull }),
    );
    expect(ran.error).toBeUndefined();
    expect(engine.calls.filter((call) => call === 'POST /images/create')).toHaveLength(fetched);
  });

  test.each([
    ['missing', 'manifest for tool:3 not found'],
    ['never', 'No such image: tool:3'],
  ])('say why an image is not there, with the policy %s', async (pull, message) => {
    const engine = await fakeEngine();
    const ran = await runSteps(
      { image: 'tool:3', steps: [{ name: 'x', run: 'true' }] },
      settingsOf(engine.socket, { pull }),
    );
    expect(ran.error).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining(message) });
    expectClean(engine);
  });

  test('fail with their exit code, and by their timeout', async () => {
    const engine = await fakeEngine();
    const failed = await runSteps(
      { image: 'tool:1', steps: [{ name: 'x', run: 'exit 7' }] },
      settingsOf(engine.socket),
    );
    expect(failed.error).toMatchObject({ code: 'STEP_FAILED', details: { value: 7 } });
    const stubborn = { name: 'x', run: 'trap "" TERM; echo on; while :; do sleep 1000; done', timeout: '300ms' };
    const late = await runSteps({ image: 'tool:1', steps: [stubborn] }, settingsOf(engine.socket));
    expect(late.error).toMatchObject({ code: 'STEP_TIMEOUT' });
    expect(late.printed('x')).toEqual(['on']);
    expect(engine.calls.filter((call) => call === 'POST /containers/ID/kill')).toHaveLength(2);
    expectClean(engine);
  });

  test('are ended by cancellation', async () => {
    const engine = await fakeEngine();
    const cancel = new AbortController();
    const input = {
      image: 'tool:1',
      steps: [
        { name: 'x', run: 'sleep 1000' },
        { name: 'y', run: 'true' },
      ],
    };
    const running = runSteps(input, settingsOf(engine.socket), { signal: cancel.signal });
    while (![...engine.containers.values()].some(({ state }) => state === 'running')) await new Promise(setImmediate);
    cancel.abort(new Error('cancelled'));
    expect((await running).error).toMatchObject({ message: 'cancelled' });
    expect(engine.orders.filter(({ Labels }) => Labels).map(({ Entrypoint }) => Entrypoint)).toHaveLength(2);
    expectClean(engine);
  });

  test('print more than the log takes: the engine is asked for no more', async () => {
    const engine = await fakeEngine();
    const input = { image: 'tool:1', steps: [{ name: 'loud', run: 'head -c 60000000 /dev/zero | tr "\\0" x' }] };
    const ran = await runSteps(input, settingsOf(engine.socket));
    expect(ran.result?.steps).toMatchObject([{ outcome: 'success' }]);
    expect(ran.printed('loud').reduce((sum, line) => sum + line.length, 0)).toBe(10 * 1024 * 1024);
    expectClean(engine);
  });

  test('of a worker that died are removed by the next attempt, those of others are not', async () => {
    const engine = await fakeEngine();
    const client = (await connectEngine(engine.socket)) ?? expect.unreachable();
    const leave = async (run: string, until: number) => {
      const Labels = { 'carillon.run': run, 'carillon.until': String(until) };
      const volume = await client.createVolume({ Labels });
      const Mounts = [{ Type: 'volume' as const, Source: volume.name, Target: '/carillon' }];
      const options = {
        Image: 'tool:1',
        Entrypoint: ['sleep', '1000'],
        WorkingDir: '/carillon',
        Labels,
        HostConfig: { Mounts },
      };
      const container = await client.createContainer(options);
      await container.start();
      return container.id;
    };
    const future = Number.MAX_SAFE_INTEGER;
    await leave('default/job@2026-01-01T00:00:00Z', future);
    await leave('default/forgotten', 1);
    const other = await leave('default/job@2026-01-02T00:00:00Z', future);
    const ran = await runSteps({ image: 'tool:1', steps: [{ name: 'x', run: 'true' }] }, settingsOf(engine.socket), {
      attempt: 2,
    });
    expect(ran.error).toBeUndefined();
    expect([...engine.containers.keys()]).toEqual([other]);
    expect(engine.volumes.size).toBe(1);
  });

  test('of an engine that dies fail, and nothing hangs', async () => {
    const engine = await fakeEngine();
    const running = runSteps({ image: 'tool:1', steps: [{ name: 'x', run: 'sleep 1000' }] }, settingsOf(engine.socket));
    while (![...engine.containers.values()].some(({ state }) => state === 'running')) await new Promise(setImmediate);
    engine.die();
    const ran = await running;
    expect(ran.error).toMatchObject({ code: 'ENGINE_FAILED' });
    expect(ran.log.some(({ message }) => message.includes('could not be removed'))).toBe(true);
  });

  test.each(['ftp://x', 'docker'])('the address %s is refused', async (address) => {
    const ran = await runSteps({ image: 'tool:1', steps: [{ name: 'x', run: 'true' }] }, settingsOf(address));
    expect(ran.error).toMatchObject({ code: 'CONFIG_INVALID', details: { field: 'steps.docker.engine' } });
  });
});

/** Skipped where no engine answers: start one, or name its socket in CARILLON_TEST_DOCKER. */
describe.runIf(real)(`steps in containers of the engine at ${socket}`, () => {
  const settings = { docker: { engine: socket, images: [image] } };
  const run = (steps: unknown[], more = {}) =>
    runSteps({ image, steps, ...more }, settings, { runId: `test-${process.pid}` });

  test('run one after the other on one volume', async () => {
    await expectEverything(await runSteps(everything(image), settings, { runId: `test-${process.pid}` }));
  }, 60_000);

  test('can do nothing to their host', async () => {
    const look = 'id -u; grep Cap /proc/self/status; grep NoNewPrivs /proc/self/status; cat /proc/net/dev; touch /x';
    const ran = await run([{ name: 'look', run: look, continueOnError: true }]);
    const lines = ran.printed('look').join('\n');
    expect(lines).toMatch(/^65534$/m);
    expect(lines.match(/Cap\w+:\s+0+$/gm)).toHaveLength(5);
    expect(lines).toMatch(/NoNewPrivs:\s+1/);
    expect(lines).toContain('Read-only file system');
    expect(lines.match(/^\s*\w+:.*\d$/gm)?.filter((line) => /eth|lo:/.test(line))).toHaveLength(1);
  }, 60_000);

  test('are bounded in memory, processes and time', async () => {
    const ran = await run(
      [
        { name: 'fat', run: 'tail /dev/zero', continueOnError: true },
        { name: 'bomb', run: 'f() { f | f & }; f; sleep 1000', timeout: '1s', continueOnError: true },
        { name: 'gone', run: ['no-such-program'], continueOnError: true },
        { name: 'stubborn', run: 'trap "" TERM; setsid sleep 1000 & sleep 1000', timeout: '300ms' },
      ],
      { limits: { memoryMiB: 32, processes: 20 } },
    );
    expect(ran.error).toMatchObject({ code: 'STEP_TIMEOUT' });
    const ends = ran.log
      .filter(({ fields }) => fields?.outcome)
      .map(({ fields }) => [fields?.outcome, fields?.exitCode]);
    expect(ends[0]).toEqual(['failure', 137]);
    expect(ran.printed('bomb').join('\n')).toContain('fork');
    expect(ends[2]).toEqual(['failure', 127]);
  }, 60_000);

  test('leave nothing behind', async () => {
    const client = (await connectEngine(socket)) ?? expect.unreachable();
    const filters = { label: [`carillon.run=default/test-${process.pid}`] };
    expect(await client.listContainers({ all: true, filters })).toEqual([]);
    expect((await client.listVolumes({ filters })).Volumes ?? []).toEqual([]);
  });
});
