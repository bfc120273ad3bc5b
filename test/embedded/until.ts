import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `check` yields something, and returns it. The bound is for a broken test, not for the pace of a machine. */
export async function until<Value>(
  what: string,
  check: () => Value | Promise<Value>,
  boundMs = 30_000,
): Promise<NonNullable<Value>> {
  const end = performance.now() + boundMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > end) throw new Error(`Waited ${boundMs} ms in vain until ${what}.`);
    await delay(20);
  }
}

/** Whether a process is there; one that has ended but was not yet collected by its parent is not. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat !== undefined) return stat.split(') ').at(-1)?.[0] !== 'Z';
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux';
  } catch {
    return false;
  }
}
