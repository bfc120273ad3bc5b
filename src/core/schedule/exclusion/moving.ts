import { isoTime } from '../../ids.js';
import type { Dst } from '../schema.js';
import type { Next } from '../source.js';
import type { Zone } from '../zone.js';
import type { Excludes } from './exclusion.js';

/*
 * `onExcluded: next_working | previous_working`: an excluded occurrence moves to the same local time of another day.
 * The answer depends on the schedule alone, not on where one begins to ask: so what may have moved is always looked
 * at, a year back and, for moves to the past, a year ahead.
 */
const dayMs = 86_400_000;
const farthestDays = 366;
const reachMs = (farthestDays + 1) * dayMs;
/** So many occurrences in a day may be moved; planning looks at a year of them. */
export const maximumMovedPerDay = 48;

export interface Moving {
  next: Next;
  /** The same as `next`, asked out of order. */
  probe: Next;
  excludes: Excludes;
  zone: Zone;
  dst: Dst;
  direction: 'next_working' | 'previous_working';
  start: number;
  end: number;
}

export interface MovedEntry {
  at: number;
  excluded?: string;
  moved?: string;
}

/** The occurrences strictly after `after`, ascending, each at its place; those without one are excluded. */
export function* movedEntries(moving: Moving, after: number): Generator<MovedEntry> {
  const { next, excludes, direction } = moving;
  const lag = direction === 'previous_working' ? reachMs : 0;
  const target = targets(moving);
  const taken = new Set<number>();
  const waiting: MovedEntry[] = [];
  for (let at = next(after - reachMs); at !== undefined; at = next(at)) {
    while (waiting[0] && waiting[0].at < at - lag) yield* later(waiting.shift() as MovedEntry, after);
    const cover = excludes(at);
    if (!cover) {
      insert(waiting, { at });
      continue;
    }
    const place = target(at);
    const shared = place !== undefined && (taken.has(place) || moving.probe(place - 1) === place);
    if (place === undefined) insert(waiting, { at, excluded: cover.what });
    else if (shared) insert(waiting, { at, excluded: `${cover.what}; runs with ${isoTime(place)}` });
    else {
      taken.add(place);
      insert(waiting, { at: place, moved: `from ${isoTime(at)}: ${cover.what}` });
    }
  }
  for (const entry of waiting) yield* later(entry, after);
}

function* later(entry: MovedEntry, after: number): Generator<MovedEntry> {
  if (entry.at > after) yield entry;
}

function insert(entries: MovedEntry[], entry: MovedEntry): void {
  let index = entries.length;
  while (index > 0 && (entries[index - 1] as MovedEntry).at > entry.at) index--;
  entries.splice(index, 0, entry);
}

/** Where an excluded instant moves to. What was found for one day holds for the days between it and its place. */
function targets({ excludes, zone, dst, direction, start, end }: Moving): (at: number) => number | undefined {
  const step = direction === 'next_working' ? dayMs : -dayMs;
  const known = new Map<number, number | undefined>();
  const search = (local: number): number | undefined => {
    for (let day = 1; day <= 2 * farthestDays; day++) {
      const [instant] = zone.instantsOf(local + day * step, dst);
      if (instant === undefined || excludes(instant)) continue;
      for (let before = 0; before < day; before++) known.set(local + before * step, instant);
      return instant;
    }
    for (let before = 0; before < farthestDays; before++) known.set(local + before * step, undefined);
    return undefined;
  };
  return (at) => {
    const local = zone.toLocal(at);
    const instant = known.has(local) ? known.get(local) : search(local);
    if (instant === undefined || Math.abs(instant - at) > reachMs) return undefined;
    return instant >= start && instant <= end ? instant : undefined;
  };
}
