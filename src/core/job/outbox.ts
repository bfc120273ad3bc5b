import type { JobCarry, LedgerEntry, OutboxEntry } from '../contract.js';
import { isoTime } from '../ids.js';

/** An occurrence that did not run reaches the ledger within this time, or earlier beside the next run. */
export const syncDelayMs = 60_000;
/** What nobody else writes is written by the workflow itself, after a moment for more of it. */
export const promptSyncMs = 1000;
/** Entries that ride along with a run; the rest waits for a sync. */
const ridingEntries = 50;
/** Entries of one sync. */
const syncEntries = 500;
/** With so many entries waiting no further occurrence is decided: the database must come back first. */
const outboxBound = 1000;

/** What the database lacks: ledger entries, and the moment by which the workflow must write by itself. */
export class Outbox {
  /** A sync activity is under way; its end decides whether another follows. */
  syncing = false;

  constructor(private readonly carry: Pick<JobCarry, 'outbox' | 'nextSeq' | 'syncBy'>) {}

  get size(): number {
    return this.carry.outbox.length;
  }

  get full(): boolean {
    return this.size >= outboxBound;
  }

  /** Everything is written. */
  get settled(): boolean {
    return this.carry.syncBy === null;
  }

  /** When the workflow must write, unless it is doing so; ms. */
  get dueAt(): number | undefined {
    return this.syncing || this.carry.syncBy === null ? undefined : Date.parse(this.carry.syncBy);
  }

  get riding(): OutboxEntry[] {
    return this.carry.outbox.slice(0, ridingEntries);
  }

  get batch(): OutboxEntry[] {
    return this.carry.outbox.slice(0, syncEntries);
  }

  enter(entry: LedgerEntry, now: number, delayMs: number): void {
    this.carry.outbox.push({ ...entry, seq: this.carry.nextSeq++ });
    this.syncWithin(now, delayMs);
  }

  syncWithin(now: number, delayMs: number): void {
    const moment = now + delayMs;
    if (this.carry.syncBy === null || Date.parse(this.carry.syncBy) > moment) this.carry.syncBy = isoTime(moment);
  }

  acknowledge(seq: number): void {
    this.carry.outbox = this.carry.outbox.filter((entry) => entry.seq > seq);
  }

  /** The database has the job's present revision: only entries can be missing. */
  caughtUp(): void {
    if (this.size === 0) this.carry.syncBy = null;
  }

  /** A sync ended; what is left follows, at once if it is much. */
  syncEnded(now: number): void {
    this.syncing = false;
    if (this.carry.syncBy !== null) this.carry.syncBy = isoTime(now + (this.size >= syncEntries ? 0 : promptSyncMs));
  }
}
