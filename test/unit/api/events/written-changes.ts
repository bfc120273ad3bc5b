import type { Change, ChangeKey, ChangeReader } from '../../../../src/store/store.js';

const begin = Date.parse('2026-11-21T09:00:00Z');

/** What the database knows of changes, with a clock that a test sets. */
export class WrittenChanges implements ChangeReader {
  /** Statements asked so far. */
  asked = 0;
  away = false;
  clock = begin;
  readonly #rows = new Map<string, Change>();

  /** Writes a run that ended in the transaction that began `agoMs` before the clock's time. */
  run(runId: string, { agoMs = 0, project = 'default', ...changes }: Partial<RunWrite> = {}): void {
    const jobId = runId.split('@')[0] as string;
    const [scheduledAt, at] = [this.#time(0), this.#time(agoMs)];
    const run = { kind: 'run', project, jobId, runId, state: 'succeeded', attempt: 1 } as const;
    this.#rows.set(`${project} run ${runId}`, { ...run, scheduledAt, trigger: 'schedule', ...changes, at });
  }

  job(jobId: string, revision: number, project = 'default'): void {
    const job = { kind: 'job', project, jobId, state: 'scheduled', revision, at: this.#time(0) } as const;
    this.#rows.set(`${project} job ${jobId}`, job);
  }

  async now(): Promise<string> {
    this.asked += 1;
    return this.#time(0);
  }

  async since(from: string, { limit, after }: { limit: number; after?: ChangeKey | null }) {
    this.asked += 1;
    if (this.away) throw new Error('The database is away.');
    const rows = [...this.#rows.values()]
      .filter(({ at }) => at >= from)
      .sort((a, b) => (keyText(keyOf(a)) < keyText(keyOf(b)) ? -1 : 1))
      .filter((row) => !after || keyText(keyOf(row)) > keyText(after));
    const items = rows.slice(0, limit);
    return { items, next: rows.length > limit ? keyOf(items.at(-1) as Change) : null };
  }

  #time(agoMs: number): string {
    return new Date(this.clock - agoMs).toISOString();
  }
}

type RunWrite = Extract<Change, { kind: 'run' }> & { agoMs: number };

function keyOf(change: Change): ChangeKey {
  const { at, kind, project } = change;
  return { at, kind, project, id: change.kind === 'job' ? change.jobId : change.runId };
}

function keyText({ at, kind, project, id }: ChangeKey): string {
  return [at, kind, project, id].join(' ');
}
