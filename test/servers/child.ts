import { type ChildProcess, fork } from 'node:child_process';
import { entryPoint } from '../../src/embedded/entry-point.js';

/** A server process that ends with this one, even when this one is killed. */
export interface ServerProcess {
  stop(): Promise<void>;
}

/** Starts a process entry of src/embedded and waits for its `ready`. Rejects with what it wrote when it ends first. */
export async function startServerProcess(name: string, args: string[], readyMs = 30_000): Promise<ServerProcess> {
  const { path, execArgv } = entryPoint(`embedded/${name}`);
  const child = fork(path, args, { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let written = '';
  child.stderr?.on('data', (data: Buffer) => {
    written = (written + data).slice(-4000);
  });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${name} was not ready within ${readyMs} ms. ${written}`));
    }, readyMs);
    child.once('message', () => {
      clearTimeout(timer);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${name} ended with code ${code} before it was ready. ${written}`));
    });
  });
  return { stop: () => stopChild(child) };
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}
