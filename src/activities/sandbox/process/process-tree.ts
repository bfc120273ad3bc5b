import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { isOwnUser } from './own-user.js';
import type { ProcessRow, ProcessTable } from './process-table.js';

export const markVariable = 'CARILLON_RUN';
const lookMs = 25;
/** A tree that forks as fast as it is killed is looked at so often. */
const rounds = 200;

/** Everything a run started on this machine: of its own user, with its mark, in its groups, or below one of these. */
export class ProcessTree {
  readonly #groups = new Set<number>();

  constructor(
    private readonly table: ProcessTable,
    private readonly mark: string,
    private readonly uid: number | undefined,
  ) {
    if (uid !== undefined && !isOwnUser(uid)) throw new Error(`User ${uid} is not one of a run.`);
  }

  /** Takes in a group that the worker started, by its leader. */
  add(group: number): void {
    this.#groups.add(group);
  }

  /** Forgets the groups: their numbers may be given to others. Only when nothing is left. */
  clear(): void {
    this.#groups.clear();
  }

  pids(): number[] {
    const rows = this.table.all().filter(({ pid }) => pid !== process.pid);
    if (this.uid !== undefined) return rows.filter(({ uid }) => uid === this.uid).map(({ pid }) => pid);
    const ours = ({ pid, group, session }: ProcessRow) =>
      this.#groups.has(group) || this.#groups.has(session) || this.table.hasVariable(pid, markVariable, this.mark);
    const found = new Set(rows.filter(ours).map(({ pid }) => pid));
    for (let before = 0; before < found.size; ) {
      before = found.size;
      for (const { pid, parent } of rows) if (found.has(parent)) found.add(pid);
    }
    return [...found];
  }

  /** Asks all of them to end, and kills what is left after `graceMs`. Resolves when nothing is left, or nothing helps. */
  async end(graceMs: number): Promise<{ left: number[] }> {
    await this.#signal('SIGTERM');
    const until = performance.now() + graceMs;
    while (performance.now() < until && this.pids().length > 0) await delay(lookMs);
    return this.kill();
  }

  async kill(): Promise<{ left: number[] }> {
    let left: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await this.#signal('SIGKILL');
      left = this.pids();
      if (left.length === 0) break;
      await delay(lookMs);
    }
    this.clear();
    return { left };
  }

  async #signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.uid !== undefined) return signalUser(this.uid, signal);
    for (const group of this.#groups) send(-group, signal);
    for (const pid of this.pids()) send(pid, signal);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile.
  }
}

/** One system call reaches all of a user's processes at once: none can fork away from it. */
async function signalUser(uid: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const name = signal.slice('SIG'.length);
  const child = spawn('/bin/sh', ['-c', `kill -${name} -1`], { uid, gid: uid, cwd: '/', env: {}, stdio: 'ignore' });
  await once(child, 'exit').catch(() => {});
}
