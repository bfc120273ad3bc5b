import { compileExclusions, type Excludes } from './exclusion/exclusion.js';
import { movedEntries } from './exclusion/moving.js';
import { spreadOf } from './jitter.js';
import type { NormalSchedule } from './schema.js';
import { type CompiledSource, compileSource, contextOf, merge, type Next } from './source.js';
import { Zone } from './zone.js';

/** One due time, in ms since the epoch. The other fields are those of a plan entry. */
export interface Occurrence {
  at: number;
  effectiveAt?: number;
  excluded?: string;
  moved?: string;
}

/** Most excluded occurrences in one answer: a plan must not grow with what does not run. */
const maximumExcluded = 500;
/** How far is looked for an occurrence that runs. */
const searchSteps = 10_000;
const searchMs = 10 * 366 * 86_400_000;

/**
 * The nominal times of a normalised schedule strictly after `after`, ascending: at most `count` that run, and those
 * between and before them that are excluded. It ends early, not exhausted, after 500 excluded ones.
 * `exhausted`: no further one will ever come.
 */
export function planSchedule(
  schedule: NormalSchedule,
  after: number,
  count: number,
): { occurrences: Occurrence[]; exhausted: boolean } {
  const { end } = boundsOf(schedule);
  const spread = spreadOf(schedule, end);
  const advance = entriesAfter(schedule, after);
  const occurrences: Occurrence[] = [];
  let runs = 0;
  let current = advance();
  while (current !== undefined && runs < count && occurrences.length - runs < maximumExcluded) {
    const following = advance();
    if (current.excluded === undefined) {
      runs++;
      const effectiveAt = spread?.(current.at, following?.at);
      if (effectiveAt !== undefined && effectiveAt > current.at) current.effectiveAt = effectiveAt;
    }
    occurrences.push(current);
    current = following;
  }
  return { occurrences, exhausted: current === undefined };
}

/** {@link planSchedule} for those who ask for nominal times alone. */
export function plannedTimes(
  schedule: NormalSchedule,
  after: number,
  count: number,
): { times: number[]; exhausted: boolean } {
  const { occurrences, exhausted } = planSchedule(schedule, after, count);
  return { times: occurrences.filter(({ excluded }) => excluded === undefined).map(({ at }) => at), exhausted };
}

/**
 * The first occurrence after `after` that is not excluded; undefined if none is found within 10,000 occurrences or ten
 * years. What an exclusion covers in one piece counts as one.
 */
export function firstRun(schedule: NormalSchedule, after: number): number | undefined {
  if (isMoving(schedule)) return firstMoved(schedule, after);
  const excludes = compileExclusions(schedule);
  const next = baseOf(schedule);
  let at = next(after);
  for (let step = 0; at !== undefined && step < searchSteps; step++) {
    const cover = excludes?.(at);
    if (!cover) return at;
    if (at - after > searchMs) return undefined;
    at = next(Math.max(at, cover.until - 1));
  }
  return undefined;
}

function firstMoved(schedule: NormalSchedule, after: number): number | undefined {
  const advance = entriesAfter(schedule, after);
  for (let step = 0; step < searchSteps; step++) {
    const entry = advance();
    if (entry === undefined || entry.at - after > searchMs) return undefined;
    if (entry.excluded === undefined) return entry.at;
  }
  return undefined;
}

/** The occurrences of a schedule within its bounds, whether excluded or not. */
export function baseOf(schedule: NormalSchedule): Next {
  const { start, end } = boundsOf(schedule);
  const next = sourceOf(schedule, start);
  return (after) => {
    const time = next(Math.max(after, start - 1));
    return time !== undefined && time <= end ? time : undefined;
  };
}

function sourceOf(schedule: NormalSchedule, start: number): Next {
  if (schedule.immediate) return (after) => (start > after ? start : undefined);
  return merge(sourcesOf(schedule).map(({ next }) => next));
}

/** What a schedule is made of: its union, or itself. An immediate one has no source. */
export function sourcesOf(schedule: NormalSchedule, context = contextOf(schedule)): CompiledSource[] {
  if (schedule.immediate) return [];
  if (schedule.union === undefined) return [compileSource(schedule, context, 'schedule')];
  return schedule.union.map((source, index) => compileSource(source, context, `schedule.union.${index}`));
}

/** The entries after an instant, one by one. */
function entriesAfter(schedule: NormalSchedule, after: number): () => Occurrence | undefined {
  const excludes = compileExclusions(schedule);
  if (excludes && isMoving(schedule)) return moved(schedule, excludes, after);
  const next = baseOf(schedule);
  let cursor: number | undefined = after;
  return () => {
    cursor = cursor === undefined ? undefined : next(cursor);
    if (cursor === undefined) return undefined;
    const cover = excludes?.(cursor);
    return cover ? { at: cursor, excluded: cover.what } : { at: cursor };
  };
}

function isMoving({ exclude, onExcluded }: NormalSchedule): boolean {
  return exclude !== undefined && onExcluded !== undefined && onExcluded !== 'skip';
}

function moved(schedule: NormalSchedule, excludes: Excludes, after: number): () => Occurrence | undefined {
  const { timezone, dst } = contextOf(schedule);
  const entries = movedEntries(
    {
      next: baseOf(schedule),
      probe: baseOf(schedule),
      excludes,
      zone: Zone.of(timezone),
      dst,
      direction: schedule.onExcluded === 'previous_working' ? 'previous_working' : 'next_working',
      ...boundsOf(schedule),
    },
    after,
  );
  return () => entries.next().value ?? undefined;
}

function boundsOf({ start, end }: NormalSchedule): { start: number; end: number } {
  return {
    start: start === undefined ? Number.NEGATIVE_INFINITY : Date.parse(start),
    end: end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end),
  };
}
