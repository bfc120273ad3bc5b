import { CarillonError } from '../../core/errors.js';
import type { LogLine } from '../../core/run-log.js';
import { isTerminal } from '../../core/states.js';
import { logPrefix } from '../../objects/layout.js';
import type { ObjectStore } from '../../objects/object-store.js';
import type { RunReader, RunRow } from '../../store/store.js';
import { Bell } from '../bell.js';
import type { LocatedRun } from './locate.js';
import { readPiece } from './log-text.js';

export interface FeedOptions {
  objects?: ObjectStore;
  runs: Pick<RunReader, 'get'>;
  /** Between two looks at the store. Default 400 ms: with the worker's own delay a line is seen within a second. */
  pollMs?: number;
}

/** Pieces kept for viewers who are a little behind. */
const keptPieces = 8;
/** Looks after the end of a run for lines that a slow store has not taken yet. */
const lastLooks = 25;

/** The logs that somebody follows. All who follow a run share one feed, and so one look at the store at a time. */
export class LogFeeds {
  readonly #open = new Map<string, { feed: LogFeed; viewers: number }>();
  #closed = false;

  constructor(private readonly options: FeedOptions) {}

  /** Runs `view` with the feed of a run, which lives as long as somebody looks. */
  async *follow<Item>(run: LocatedRun, view: (feed: LogFeed) => AsyncGenerator<Item>): AsyncGenerator<Item> {
    if (this.#closed) throw closing();
    const id = `${run.project}/${run.runId}`;
    const known = this.#open.get(id) ?? { feed: new LogFeed(run, this.options), viewers: 0 };
    this.#open.set(id, known);
    known.viewers += 1;
    try {
      yield* view(known.feed);
    } finally {
      known.viewers -= 1;
      if (known.viewers === 0) {
        known.feed.close();
        this.#open.delete(id);
      }
    }
  }

  /** Sends everybody away: they come back to another process, or to this one's successor. */
  close(): void {
    this.#closed = true;
    for (const { feed } of this.#open.values()) feed.close();
  }
}

/** What is known of one run's log, kept up to date. */
export class LogFeed {
  /** Names of its pieces, in order. */
  readonly pieces: string[] = [];
  row?: RunRow;
  /** The run has ended, and all its pieces are known. */
  complete = false;
  /** Ascends with every change. */
  version = 0;
  readonly #prefix: string;
  readonly #texts = new Map<string, Promise<LogLine[]>>();
  readonly #bell = new Bell();
  #timer?: NodeJS.Timeout;
  #closed = false;
  #looks = 0;
  #fault?: unknown;

  constructor(
    private readonly run: LocatedRun,
    private readonly options: FeedOptions,
  ) {
    this.#prefix = logPrefix(run);
    void this.#look();
  }

  /** Resolves when the feed is no longer of this version. @throws what keeps it from being read */
  async changed(version: number, signal: AbortSignal): Promise<void> {
    while (this.version === version && !this.#closed && this.#fault === undefined && !signal.aborted) {
      await this.#bell.wait(signal);
    }
    if (this.#closed) throw closing();
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** The lines of a piece, read once for all who are at it. */
  lines(piece: string): Promise<LogLine[]> {
    const known = this.#texts.get(piece);
    if (known) return known;
    const read = readPiece(this.options.objects as ObjectStore, this.#prefix + piece);
    read.catch(() => this.#texts.delete(piece));
    this.#texts.set(piece, read);
    for (const oldest of this.#texts.keys()) {
      if (this.#texts.size <= keptPieces) break;
      this.#texts.delete(oldest);
    }
    return read;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#bell.ring();
  }

  async #look(): Promise<void> {
    try {
      // In this order: what a run that has ended wrote is in the store by then.
      const row = await this.options.runs.get(this.run.project, this.run.runId).catch(() => this.row);
      const found = await this.#further();
      this.#fault = undefined;
      const news =
        found.length > 0 || row?.recordedAt !== this.row?.recordedAt || row?.progress?.at !== this.row?.progress?.at;
      this.row = row;
      this.pieces.push(...found);
      if (row && isTerminal(row.state)) {
        this.#looks += 1;
        this.complete =
          this.pieces.length >= (row.log?.chunks ?? 0) || !this.options.objects || this.#looks > lastLooks;
      }
      if (news || this.complete) this.version += 1;
      if (news || this.complete) this.#bell.ring();
    } catch (error) {
      this.#fault = error;
      this.#bell.ring();
    }
    if (!this.#closed && !this.complete) this.#timer = setTimeout(() => void this.#look(), this.options.pollMs ?? 400);
  }

  async #further(): Promise<string[]> {
    const found: string[] = [];
    if (!this.options.objects) return found;
    let after = this.pieces.length > 0 ? this.#prefix + this.pieces.at(-1) : undefined;
    for (;;) {
      const page = await this.options.objects.list(this.#prefix, after === undefined ? {} : { after });
      found.push(...page.objects.map(({ key }) => key.slice(this.#prefix.length)));
      if (page.next === undefined) return found;
      after = page.next;
    }
  }
}

function closing(): CarillonError {
  return new CarillonError('API_UNREACHABLE', 'The API is ending; ask again.');
}
