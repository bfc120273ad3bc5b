import type { Container } from 'dockerode';
import { CarillonError, show } from '../../../core/errors.js';
import {
  graceMs,
  maximumOutputBytes,
  runVariables,
  type Sandbox,
  type SandboxFile,
  type SandboxOrder,
  type SandboxStep,
  type StepEnd,
} from '../sandbox.js';
import { containerOptions, volumeTarget, workspace } from './container-options.js';
import { ask, type Engine, refused, statusOf } from './engine.js';
import { readFrames } from './frames.js';
import { fetchImage } from './image.js';
import { labelsOf, removeContainer, removeRemains, removeVolume, unless } from './remains.js';
import { readTar } from './tar-reader.js';
import { writeTar } from './tar-writer.js';

export interface ContainerSettings {
  /** Of each step; fetched before the first begins. */
  images: string[];
  pull: 'missing' | 'always' | 'never';
  /** `uid:gid` */
  user: string;
  /** Name of the engine's network, or `none`. */
  network: string;
  signal: AbortSignal;
}

/**
 * Runs each step in a container of its own, on one volume. Removes what an earlier attempt of the run left behind.
 * @throws CarillonError ENGINE_FAILED, CONFIG_INVALID
 */
export async function openContainerSandbox(
  engine: Engine,
  order: SandboxOrder,
  { images, pull, user, network, signal }: ContainerSettings,
): Promise<Sandbox> {
  const owner = ownerOf(user);
  await removeRemains(engine, order, Date.now());
  for (const image of new Set(images)) await fetchImage(engine, image, pull, signal);
  const labels = labelsOf(order);
  const { name: volume } = await ask('create a volume', engine.createVolume({ Labels: labels }));
  const base = { user, network, volume, labels, limits: order.limits };
  /** Never started: the way to the volume's files, whichever container is there. */
  let carrier: Container | undefined;
  let count = 0;
  try {
    const idle = { image: images[0] as string, argv: ['true'], env: {}, workdir: '.' };
    carrier = await ask('create a container', engine.createContainer(containerOptions({ ...base, ...idle })));
    await ask('fill the volume', carrier.putArchive(firstFiles(), { path: volumeTarget }));
  } catch (error) {
    await close();
    throw error;
  }
  return { kind: 'container', run, files, close };

  function firstFiles(): Buffer {
    const folders = ['workspace/', 'home/', 'output/'].map((path) => ({ path, mode: 0o700 }));
    const files = Object.entries(order.files).map(([path, text]) => ({ path: `workspace/${path}`, text, mode: 0o755 }));
    const above = new Set(files.flatMap(({ path }) => parentsOf(path)));
    const below = [...above].filter((path) => path !== 'workspace/').map((path) => ({ path, mode: 0o755 }));
    return writeTar([...folders, ...below, ...files], owner);
  }

  async function run(step: SandboxStep): Promise<StepEnd> {
    step.signal.throwIfAborted();
    const output = `${volumeTarget}/output/${count++}`;
    const env = {
      ...{ HOME: `${volumeTarget}/home`, LANG: 'C.UTF-8' },
      ...step.env,
      ...runVariables(order, step.name),
      ...{ CARILLON_WORKSPACE: workspace, CARILLON_OUTPUT: output },
    };
    const { argv, workdir, image = images[0] as string } = step;
    const options = containerOptions({ ...base, image, argv, env, workdir });
    const container = await ask('create a container', engine.createContainer(options));
    let stopping: Promise<void> | undefined;
    let timedOut = false;
    const stop = () => {
      stopping ??= end(container);
      stopping.catch((error) =>
        order.warn('A container could not be ended.', { step: step.name, error: String(error) }),
      );
    };
    let timer: NodeJS.Timeout | undefined;
    try {
      const attached = await ask(
        'attach to a container',
        container.attach({ stream: true, stdout: true, stderr: true }),
      );
      step.signal.throwIfAborted();
      try {
        await container.start();
      } catch (error) {
        // It refuses with these what the image cannot run.
        if (![400, 404].includes(statusOf(error) ?? 0)) throw refused('start a container', error);
        (attached as NodeJS.ReadWriteStream & { destroy(): void }).destroy();
        return { exitCode: null, timedOut: false, reason: refused('start it', error).message, output: '' };
      }
      timer = setTimeout(() => {
        timedOut = true;
        stop();
      }, step.timeoutMs);
      step.signal.addEventListener('abort', stop, { once: true });
      if (step.signal.aborted) stop();
      // Left before its end, the stream is closed; the engine then drops what the container prints.
      for await (const { stream, chunk } of readFrames(attached as AsyncIterable<Uint8Array>)) {
        if (!step.print(stream, chunk)) break;
      }
      const { StatusCode: exitCode } = (await ask('wait for a container', container.wait())) as { StatusCode: number };
      await stopping;
      step.signal.throwIfAborted();
      const { State } = await ask('inspect a container', container.inspect());
      const reason = State.OOMKilled ? `out of memory, ${order.limits.memoryMiB} MiB` : undefined;
      return { exitCode, timedOut, reason, output: await readOutput(output) };
    } catch (error) {
      step.signal.throwIfAborted();
      throw error instanceof CarillonError ? error : refused('run a step', error);
    } finally {
      clearTimeout(timer);
      step.signal.removeEventListener('abort', stop);
      await removeContainer(engine, container.id);
    }
  }

  async function* files(): AsyncGenerator<SandboxFile> {
    for await (const file of archive(workspace)) {
      const path = file.path.split('/').slice(1).join('/');
      if (!path.split('/').includes('..')) yield { path, body: file.body };
    }
  }

  async function readOutput(path: string): Promise<string> {
    const parts: Uint8Array[] = [];
    let left = maximumOutputBytes;
    for await (const { body } of archive(path)) {
      for await (const chunk of body()) {
        parts.push(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) return Buffer.concat(parts).toString();
      }
    }
    return Buffer.concat(parts).toString();
  }

  async function* archive(path: string): AsyncGenerator<SandboxFile> {
    if (!carrier) return;
    try {
      const stream = await carrier.getArchive({ path });
      yield* readTar(stream as AsyncIterable<Uint8Array>);
    } catch (error) {
      // A step need not write an output.
      if (statusOf(error) !== 404) throw refused('read the volume', error);
    }
  }

  async function close(): Promise<void> {
    try {
      if (carrier) await removeContainer(engine, carrier.id);
      await removeVolume(engine, volume);
    } catch (error) {
      order.warn('Containers or the volume of the run could not be removed.', { error: String(error) });
    }
  }
}

/** Asks the container to end, and kills it after the grace. Resolves when it was told so. */
async function end(container: Container): Promise<void> {
  const ended = container.wait().then(
    () => true,
    () => false,
  );
  await container.kill({ signal: 'SIGTERM' }).catch(unless(404, 409));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, graceMs, false);
  });
  const done = await Promise.race([ended, late]).finally(() => clearTimeout(timer));
  if (!done) await container.kill({ signal: 'SIGKILL' }).catch(unless(404, 409));
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`);
}

function ownerOf(user: string): { uid: number; gid: number } {
  const [, uid, gid = uid] = /^(\d{1,6})(?::(\d{1,6}))?$/.exec(user) ?? [];
  if (uid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  throw new CarillonError('CONFIG_INVALID', `Expected \`steps.docker.user\` to be uid:gid, got ${show(user)}.`, {
    field: 'steps.docker.user',
    value: user,
    hint: 'Write numbers, such as 1000:1000.',
  });
}
