import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  graceMs,
  maximumOutputBytes,
  type OutputStream,
  runVariables,
  type Sandbox,
  type SandboxFile,
  type SandboxOrder,
  type SandboxStep,
  type StepEnd,
} from '../sandbox.js';
import { launchCommand, seesAllProcesses } from './launcher.js';
import { OwnUsers } from './own-user.js';
import { ProcessTable } from './process-table.js';
import { markVariable, ProcessTree } from './process-tree.js';
import { type ScratchNote, ScratchRoot } from './scratch.js';
import { watchOver } from './watcher.js';
import { readFiles, readStart, writeFiles } from './workspace-files.js';

const path = `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

export interface ProcessOptions {
  /** Folder of the scratch folders. */
  root: string;
  now: () => number;
}

/**
 * Runs steps as processes of this machine: in a group, an environment and a scratch folder of their own, and as a user
 * of their own where the worker is root. Ends what an earlier attempt of the run, or a dead worker, left behind.
 */
export async function openProcessSandbox(order: SandboxOrder, { root, now }: ProcessOptions): Promise<Sandbox> {
  const scratch = await ScratchRoot.open(root);
  const table = new ProcessTable();
  const users = new OwnUsers(root, table);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await scratch.expectOpen();
  const mark = scratch.markOf(order.project, order.runId);
  for (const note of await scratch.notes()) {
    if (note.mark === mark || note.until < now()) await remove(note);
  }
  const note: ScratchNote = {
    mark,
    uid: isRoot ? await users.claim(mark) : undefined,
    until: order.until,
  };
  await scratch.keep(note);
  const folder = scratch.folderOf(mark);
  try {
    note.uid = await makeFolders();
    if (note.uid === undefined) await scratch.keep(note);
  } catch (error) {
    await remove(note);
    throw error;
  }
  const { uid } = note;
  const tree = new ProcessTree(table, mark, uid);
  let count = 0;
  return {
    kind: 'process',
    run,
    files: () => readFiles(join(folder, 'workspace'), uid) as AsyncIterable<SandboxFile>,
    close: () => remove(note),
  };

  /** @returns the user, if this machine knows one */
  async function makeFolders(): Promise<number | undefined> {
    await mkdir(folder, { mode: 0o711 });
    const own = ['workspace', 'home', 'tmp'].map((name) => join(folder, name));
    for (const one of own) await mkdir(one, { mode: 0o700 });
    await mkdir(join(folder, 'output'), { mode: 0o711 });
    const files = await writeFiles(own[0] as string, order.files);
    if (note.uid === undefined) return undefined;
    try {
      for (const one of [...own, ...files]) await chown(one, note.uid, note.uid);
      return note.uid;
    } catch {
      // Inside a container that maps few users there is none to spare.
      await users.release(note.uid);
      for (const one of [...own, ...files]) await chown(one, 0, 0);
      return undefined;
    }
  }

  async function run(step: SandboxStep): Promise<StepEnd> {
    step.signal.throwIfAborted();
    const output = join(folder, 'output', String(count++));
    await writeFile(output, '', { mode: 0o600 });
    if (uid !== undefined) await chown(output, uid, uid);
    const cwd = join(folder, 'workspace', step.workdir);
    if (!(await isFolder(cwd))) return notStarted(`there is no folder ${step.workdir} in the workspace`);
    const [program = '', ...argv] = await launchCommand(step.argv, {
      ...order.limits,
      cpuSeconds: Math.ceil((step.timeoutMs / 1000) * Math.max(1, order.limits.cpus)),
      processes: await processLimit(),
    });
    const env = {
      ...{ PATH: path, HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp'), LANG: 'C.UTF-8' },
      ...step.env,
      ...runVariables(order, step.name),
      ...{ CARILLON_WORKSPACE: join(folder, 'workspace'), CARILLON_OUTPUT: output, [markVariable]: mark },
    };
    const user = uid === undefined ? {} : { uid, gid: uid };
    const child = spawn(program, argv, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'], ...user });
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error];
      return notStarted(error.message);
    }
    tree.add(child.pid);
    const unwatch = watchOver(child.pid, uid);
    const printed = Promise.all([print('stdout', child.stdout), print('stderr', child.stderr)]);
    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopping ??= end(graceMs);
    };
    const timer = setTimeout(stop, step.timeoutMs);
    const begun = performance.now();
    step.signal.addEventListener('abort', stop, { once: true });
    if (step.signal.aborted) stop();
    try {
      const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      const timedOut =
        !step.signal.aborted && stopping !== undefined && performance.now() - begun >= step.timeoutMs - 1;
      await (stopping ?? end(0));
      await printed;
      step.signal.throwIfAborted();
      const reason = signal ? `killed by ${signal}` : undefined;
      return { exitCode, timedOut, reason, output: await readStart(output, uid, maximumOutputBytes) };
    } finally {
      clearTimeout(timer);
      step.signal.removeEventListener('abort', stop);
      unwatch();
    }

    async function print(name: OutputStream, stream: Readable): Promise<void> {
      // Read no faster than it is taken: the process waits meanwhile.
      let wanted = true;
      for await (const chunk of stream) wanted = wanted && step.print(name, chunk);
    }

    /** What a step leaves running ends with it. */
    async function end(grace: number): Promise<void> {
      const { left } = grace > 0 ? await tree.end(grace) : await tree.kill();
      if (left.length === 0) return;
      order.warn('Processes of the step could not be ended.', { step: step.name, pids: left });
      // They may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
    }
  }

  /** A user of one's own has no other process; else those that run already count as well. */
  async function processLimit(): Promise<number | undefined> {
    const { processes } = order.limits;
    if (uid !== undefined) return processes;
    const self = process.getuid?.();
    if (self === 0 || !(await seesAllProcesses())) return undefined;
    const own = table.all().filter((row) => row.uid === self);
    return processes + own.reduce((sum, { threads }) => sum + threads, 0);
  }

  async function remove(old: ScratchNote): Promise<void> {
    const { left } = await new ProcessTree(table, old.mark, old.uid).kill();
    if (left.length > 0) {
      order.warn('Processes of the run could not be ended; its folder stays.', { pids: left });
      return;
    }
    await chmod(scratch.folderOf(old.mark), 0o700).catch(() => {});
    await scratch.remove(old);
    if (old.uid !== undefined) await users.release(old.uid);
    await rm(join(root, `${old.mark}.json`), { force: true });
  }
}

function notStarted(reason: string): StepEnd {
  return { exitCode: null, timedOut: false, reason, output: '' };
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
