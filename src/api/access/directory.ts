import type { MemberStore } from '../../store/store.js';
import type { Directory, Grant } from './caller.js';

/** How long a grant is believed, in milliseconds: who was removed has lost access after it, whichever API they ask. */
const believedMs = 5000;
/** Callers whose grants are remembered. */
const capacity = 10_000;

/** E-mail addresses differ in case and mean the same; other subjects are as their issuer writes them. */
export function normalSubject(subject: string): string {
  return /^(user|group):/.test(subject) ? subject : subject.toLowerCase();
}

/** The grants of members, from the database, and for a moment from memory. */
export class MemberDirectory implements Directory {
  readonly #known = new Map<string, { grants: Promise<Grant[]>; until: number }>();

  constructor(
    private readonly members: Pick<MemberStore, 'grantsOf'>,
    /** Milliseconds since the epoch. */
    private readonly now: () => number,
  ) {}

  /** @throws CarillonError STORE_UNAVAILABLE: nobody is let in on what was true before */
  async grantsOf(subjects: readonly string[]): Promise<Grant[]> {
    const names = [...new Set(subjects.map(normalSubject))].sort();
    const key = JSON.stringify(names);
    const known = this.#known.get(key);
    if (known && this.now() < known.until) return known.grants;
    if (this.#known.size >= capacity) this.#known.clear();
    // Counted from before the question: what changes while it is answered is not believed longer.
    const entry = { grants: this.members.grantsOf(names), until: this.now() + believedMs };
    this.#known.set(key, entry);
    entry.grants.catch(() => {
      if (this.#known.get(key) === entry) this.#known.delete(key);
    });
    return entry.grants;
  }

  /** After a change made here, the database is asked again. */
  forget(): void {
    this.#known.clear();
  }
}
