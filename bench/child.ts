import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Longest start of a process, and longest end before it is killed, in milliseconds. */
const readyMs = 60_000;
const endMs = 15_000;

/** A process of a bench. It ends with this one. */
export interface Child {
  /** Address it serves, if it said so. */
  url?: string;
  stop(): Promise<void>;
}

/**
 * Starts a process entry and waits for its `ready`.
 * @param hear gets every other message it sends
 */
export async function startChild(
  path: string,
  env: NodeJS.ProcessEnv,
  hear: (message: { type: string }) => void,
): Promise<Child> {
  const execArgv = path.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = fork(path, { env, execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const url = await new Promise<string | undefined>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${path} was not ready within ${readyMs} ms.`));
    }, readyMs);
    child.on('message', (message: { type: string; url?: string }) => {
      if (message.type !== 'ready') return hear(message);
      clearTimeout(timer);
      resolve(message.url);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${path} ended with code ${code} before it was ready.`));
    });
  });
  return { url, stop: () => stopChild(child) };
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), endMs);
  await ended;
  clearTimeout(timer);
}
