import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A built process of Carillon's, as users run it. It ends with the test, and when the test's process is gone. */
export interface Part {
  pid: number;
  /** Its `ready` message. */
  ready: { url?: string };
  exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** What it wrote, both streams, the last 8 KB. */
  output(): string;
  /** kill -9; resolves once it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  terminate(): Promise<number | null>;
}

const readyBoundMs = 40_000;

/**
 * Starts dist/`entry`.js and waits until it is ready.
 * @param entry such as `worker/main`
 */
export async function startPart(entry: string, env: NodeJS.ProcessEnv = {}, args: string[] = []): Promise<Part> {
  const path = fileURLToPath(new URL(`../../dist/${entry}.js`, import.meta.url));
  const child = fork(path, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let written = '';
  const keep = (data: Buffer) => {
    written = (written + data).slice(-8000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exit = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const kill = async () => {
    child.kill('SIGKILL');
    await exit;
  };
  onTestFinished(kill);
  const ready = await readyMessage(entry, child, exit, () => written);
  return {
    pid: child.pid as number,
    ready,
    exit,
    output: () => written,
    kill,
    async terminate() {
      child.kill('SIGTERM');
      return (await exit).code;
    },
  };
}

async function readyMessage(
  entry: string,
  child: ChildProcess,
  exit: Part['exit'],
  output: () => string,
): Promise<Part['ready']> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${entry} was not ready within ${readyBoundMs} ms. ${output()}`)),
      readyBoundMs,
    );
    child.on('message', (message: { type?: string; url?: string }) => {
      if (message.type !== 'ready' && message !== ('ready' as unknown)) return;
      clearTimeout(timer);
      resolve(message);
    });
    void exit.then(({ code }) => {
      clearTimeout(timer);
      reject(new Error(`${entry} ended with code ${code} before it was ready. ${output()}`));
    });
  });
}
