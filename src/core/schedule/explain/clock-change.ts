import { sourcesOf } from '../schedule.js';
import type { NormalSchedule } from '../schema.js';
import { type CompiledSource, contextOf } from '../source.js';
import type { Zone } from '../zone.js';

/** What a change of the clock did to an occurrence. */
export type DstMark = 'dst_gap' | 'dst_overlap_first' | 'dst_overlap_second' | 'dst_shifted';

/** A change of a zone's offset. Local times in ms to be read with UTC getters. */
export interface ClockChange {
  zone: Zone;
  at: number;
  /** The wall clock would show this, and shows that. */
  from: number;
  to: number;
}

/** How many changes of the clock are looked at: zones have two a year, Morocco four. */
const maximumChanges = 40;

/** Changes of a zone's clock after `from` and up to `to`, in order. */
export function changesOf(zone: Zone, from: number, to: number): ClockChange[] {
  const changes: ClockChange[] = [];
  let { end, offset } = zone.segmentAt(from);
  while (end <= to && changes.length < maximumChanges) {
    const next = zone.segmentAt(end);
    // A zone's table is cut here and there without any change.
    if (next.offset !== offset) changes.push({ zone, at: end, from: end + offset, to: end + next.offset });
    ({ end, offset } = next);
  }
  return changes;
}

/** The part of a schedule that a change of the clock bends, and what it would be if gaps were treated otherwise. */
interface Variant {
  actual: CompiledSource;
  skipping: CompiledSource;
  shifting: CompiledSource;
}

function variantsOf(schedule: NormalSchedule): Variant[] {
  const context = contextOf(schedule);
  const withGap = (gap: 'skip' | 'shift') => sourcesOf(schedule, { ...context, dst: { ...context.dst, gap } });
  const [skipping, shifting] = [withGap('skip'), withGap('shift')];
  return sourcesOf(schedule).map((actual, index) => ({
    actual,
    skipping: skipping[index] as CompiledSource,
    shifting: shifting[index] as CompiledSource,
  }));
}

/** Tells what changes of the clock did to occurrences of a schedule. */
export function clockChanges(schedule: NormalSchedule) {
  const variants = variantsOf(schedule);
  return {
    /** The mark of an occurrence, and what to say about it. */
    markOf: (at: number) => variants.map((variant) => markIn(variant, at)).find((mark) => mark !== undefined),
    /** Times after `from` and up to `to` that a gap swallowed, whatever became of them. */
    swallowed: (from: number, to: number) => variants.flatMap((variant) => swallowedIn(variant, from, to)),
  };
}

function markIn({ actual, skipping }: Variant, at: number): { mark: DstMark; note: string } | undefined {
  if (actual.next(at - 1) !== at) return undefined;
  const { zone } = actual;
  const segment = zone.segmentAt(at);
  const before = zone.segmentAt(segment.start - 1).offset;
  const after = zone.segmentAt(segment.end).offset;
  const clock = timeOf(at + segment.offset);
  const natural = skipping.next(at - 1) === at;
  if (!natural && before < segment.offset && at < segment.start + segment.offset - before) {
    const meant = timeOf(at + before);
    return { mark: 'dst_shifted', note: `moved from ${meant} to ${clock}: the clock jumps over ${meant} that day` };
  }
  if (!natural) {
    const change = `${timeOf(segment.end + segment.offset)} to ${timeOf(segment.end + after)}`;
    return { mark: 'dst_gap', note: `runs just before the clock jumps from ${change}` };
  }
  if (at < segment.start + before - segment.offset) {
    return { mark: 'dst_overlap_second', note: `${clock} occurs twice that day: this is the second pass` };
  }
  if (at >= segment.end - (segment.offset - after) && after < segment.offset) {
    return { mark: 'dst_overlap_first', note: `${clock} occurs twice that day: this is the first pass` };
  }
  return undefined;
}

/** A time that a gap swallowed: the change, the local time that was meant, and when it runs if it does. */
export interface SwallowedTime {
  change: ClockChange;
  meant: number;
  runsAt?: number;
}

function swallowedIn({ actual, skipping, shifting }: Variant, from: number, to: number): SwallowedTime[] {
  return changesOf(actual.zone, from, to).flatMap((change) => {
    const length = change.to - change.from;
    const shifted = shifting.next(change.at - 1);
    if (length <= 0 || shifted === undefined || shifted >= change.at + length) return [];
    const meant = change.from + shifted - change.at;
    if (skipping.next(shifted - 1) === shifted) return [];
    const runs = [shifted, change.at - 1000].find((at) => actual.next(at - 1) === at && skipping.next(at - 1) !== at);
    return [{ change, meant, ...(runs !== undefined && { runsAt: runs }) }];
  });
}

/** Local time of the day: `02:30`, with seconds where there are some. */
export function timeOf(local: number): string {
  const text = new Date(local).toISOString().slice(11, 19);
  return text.endsWith(':00') ? text.slice(0, 5) : text;
}

export function dateOf(local: number): string {
  return new Date(local).toISOString().slice(0, 10);
}
