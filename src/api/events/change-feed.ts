import { CarillonError } from '../../core/errors.js';
import type { Change, ChangeKey, ChangeReader } from '../../store/store.js';
import { Bell } from '../bell.js';
import type { Log } from '../log.js';
import { markOf, Trail } from './position.js';

export interface ChangeFeedOptions {
  changes: ChangeReader;
  log: Log;
  /** Between two looks at the database. Default 500 ms. */
  pollMs?: number;
  /** Events kept for viewers who are a little behind. Default 5000. */
  kept?: number;
}

/** A change, and the id of its event. */
export interface FeedEvent {
  change: Change;
  mark: string;
  id: string;
  /** The state before, if this process saw it. */
  before?: Change['state'];
}

/** Changes of one statement. */
const pageSize = 1000;
/** States remembered, to tell what they were before. Those within the overlap always are. */
const mostKnown = 10_000;

/** What changes in the database. All who look share one feed; while nobody does, none reads. */
export class ChangeFeeds {
  #open?: { feed: ChangeFeed; viewers: number };
  #closed = false;

  constructor(private readonly options: ChangeFeedOptions) {}

  /** Runs `view` with the feed, which lives as long as somebody looks. @throws CarillonError STORE_UNAVAILABLE */
  async *follow<Item>(view: (feed: ChangeFeed) => AsyncGenerator<Item>): AsyncGenerator<Item> {
    if (this.#closed) throw interrupted('The API is ending');
    this.#open ??= { feed: new ChangeFeed(this.options), viewers: 0 };
    const open = this.#open;
    open.viewers += 1;
    try {
      await open.feed.begun;
      yield* view(open.feed);
    } finally {
      open.viewers -= 1;
      if (open.viewers === 0) {
        open.feed.close();
        if (this.#open === open) this.#open = undefined;
      }
    }
  }

  /** Sends everybody away: they come back to another process, or to this one's successor. */
  close(): void {
    this.#closed = true;
    this.#open?.feed.close();
  }
}

/** The last changes, in the order in which they were seen, kept up to date. */
export class ChangeFeed {
  /** Resolves when everything that is written from now on will be told. */
  readonly begun: Promise<void>;
  /** Of what everybody has been told, once they are at the end. */
  #trail = Trail.from(0);
  /** How many events there were before the first of those kept. */
  #dropped = 0;
  readonly #events: FeedEvent[] = [];
  readonly #known = new Map<string, { mark: string; at: string; state: Change['state'] }>();
  readonly #bell = new Bell();
  #timer?: NodeJS.Timeout;
  #closed = false;
  #failing = false;

  constructor(private readonly options: ChangeFeedOptions) {
    this.begun = this.#begin();
    // Whoever waits for it is told; here it only must not end the process.
    this.begun.catch(() => {});
  }

  /** Number of the event to come. */
  get end(): number {
    return this.#dropped + this.#events.length;
  }

  /** See {@link Trail}: what is read from there on has not been told. */
  get since(): string {
    return this.#trail.since;
  }

  /** Where somebody is who has been told everything. */
  position(project: string): { id: string; at: string } {
    return { id: this.#trail.id(project), at: this.#trail.at };
  }

  /**
   * The event of this number; undefined: it is still to come.
   * @throws CarillonError API_UNREACHABLE when it is no longer kept
   */
  event(number: number): FeedEvent | undefined {
    if (number < this.#dropped) throw interrupted('More happened than was taken in time');
    return this.#events[number - this.#dropped];
  }

  /** Resolves when there is an event of this number, or the signal says so. @throws CarillonError API_UNREACHABLE */
  async until(number: number, signal: AbortSignal): Promise<void> {
    while (number >= this.end && !this.#closed && !signal.aborted) {
      await this.#bell.wait(signal);
    }
    if (this.#closed) throw interrupted('The API is ending');
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#bell.ring();
  }

  async #begin(): Promise<void> {
    this.#trail = Trail.from(Date.parse(await this.options.changes.now()));
    await this.#read((change, mark) => this.#trail.tell(change, mark));
    this.#later();
  }

  #later(): void {
    if (!this.#closed) this.#timer = setTimeout(() => void this.#look(), this.options.pollMs ?? 500);
  }

  async #look(): Promise<void> {
    const { log, kept = 5000 } = this.options;
    try {
      await this.#read((change, mark, before) => {
        this.#trail.tell(change, mark);
        const id = this.#trail.id(change.project);
        this.#events.push({ change, mark, id, ...(before !== undefined && { before }) });
      });
      this.#failing = false;
    } catch (error) {
      // Nothing is lost: the next look begins where the last one ended.
      if (!this.#failing && !this.#closed) log('warn', 'Changes cannot be read.', { error: String(error) });
      this.#failing = true;
    }
    this.#trail.trim();
    this.#bell.ring();
    this.#dropped += this.#events.splice(0, this.#events.length - kept).length;
    this.#later();
  }

  /** Hands on what is new since the last reading. */
  async #read(found: (change: Change, mark: string, before?: Change['state']) => void): Promise<void> {
    const { since } = this.#trail;
    for (let after: ChangeKey | null | undefined; after !== null; ) {
      const page = await this.options.changes.since(since, { limit: pageSize, after });
      for (const change of page.items) {
        const key = JSON.stringify([change.kind, change.project, change.kind === 'job' ? change.jobId : change.runId]);
        const mark = markOf(change);
        const known = this.#known.get(key);
        if (known?.mark === mark) continue;
        this.#known.delete(key);
        this.#known.set(key, { mark, at: change.at, state: change.state });
        found(change, mark, known?.state);
      }
      after = page.next;
    }
    this.#forget();
  }

  #forget(): void {
    const young = Date.parse(this.#trail.since);
    for (const [key, { at }] of this.#known) {
      if (this.#known.size <= mostKnown || Date.parse(at) >= young) return;
      this.#known.delete(key);
    }
  }
}

/** Ends a stream in such a way that clients come back with the id of their last event. */
export function interrupted(why: string): CarillonError {
  return new CarillonError('API_UNREACHABLE', `${why}; ask again.`, {
    field: 'lastEventId',
    hint: 'Give the id of the last event: nothing is lost.',
  });
}
