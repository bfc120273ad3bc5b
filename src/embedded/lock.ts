import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface Lock {
  release(): void;
}

/**
 * Takes a lock that is a file naming its holder. A lock whose holder is gone is taken over; a process that merely
 * got the same pid since is told apart by its start time where the system tells it (Linux).
 * @param options.waitMs how long to wait for another holder to let go
 * @returns the lock, or the pid of who holds it
 */
export async function acquireLock(path: string, options: { waitMs?: number } = {}): Promise<Lock | { heldBy: number }> {
  const mine = `${process.pid} ${startOf(process.pid)}`;
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, mine);
  try {
    for (let waited = 0; ; waited += 50) {
      if (tryLink(draft, path)) return { release: () => content(path) === mine && rmSync(path, { force: true }) };
      const holder = content(path);
      if (holder === undefined) continue;
      const pid = Number.parseInt(holder, 10);
      if (`${pid} ${startOf(pid)}` !== holder || startOf(pid) === undefined) {
        removeStale(path, holder);
        continue;
      }
      if (waited >= (options.waitMs ?? 0)) return { heldBy: pid };
      await delay(50);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Whoever moves the file away first removes it; what was moved by mistake goes back. */
function removeStale(path: string, holder: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (content(aside) !== holder) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function content(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Something that differs between two processes of the same pid; undefined when there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  // The command name before it is in parentheses and may hold spaces.
  return content(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')[19] ?? '-';
}
