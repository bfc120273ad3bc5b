/** One page of a list. Keys are plain JSON; a page begins strictly after the key, so rows added meanwhile shift nothing. */
export interface PageRequest<Key> {
  /** Rows on a page, at least 1. */
  limit: number;
  /** `next` of the page before; absent for the first. */
  after?: Key | null;
}

export interface Page<Item, Key> {
  items: Item[];
  /** Key to ask for the following page with; null on the last. */
  next: Key | null;
}

/** Cuts a page out of rows that were fetched with `limit + 1`, the one too many telling that more follow. */
export function pageOf<Item, Key>(items: Item[], limit: number, keyOf: (item: Item) => Key): Page<Item, Key> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, next: items.length > limit && last !== undefined ? keyOf(last) : null };
}
