import { CarillonError, show } from '../errors.js';
import type { Dst } from './schema.js';

/** A stretch of time in which a zone's offset does not change. Instants in ms since the epoch, `end` exclusive. */
export interface Segment {
  start: number;
  end: number;
  /** Local time minus UTC, in ms. */
  offset: number;
  /** The offsets of the segments around it. Equal to `offset` where a segment ends only because its table does. */
  before: number;
  after: number;
}

const day = 86_400_000;
/** Transitions are looked for with this step; no zone has had two within it since 1970. */
const probe = 6 * day;
/** Segments are found block by block, so that a zone costs nothing for years nobody asks about. */
const block = 512 * day;
const zones = new Map<string, Zone>();

/** An IANA zone as a table of segments, read from the runtime's time zone data and kept. */
export class Zone {
  readonly #format: Intl.DateTimeFormat;
  readonly #blocks = new Map<number, Segment[]>();
  #last: Segment = { start: 0, end: 0, offset: 0, before: 0, after: 0 };

  /** @throws CarillonError TIMEZONE_UNKNOWN */
  static of(name: string, field = 'timezone'): Zone {
    const known = zones.get(name);
    if (known) return known;
    const zone = new Zone(name, field);
    zones.set(name, zone);
    return zone;
  }

  private constructor(
    readonly name: string,
    field: string,
  ) {
    try {
      // Offsets such as "+02:00" are accepted by Intl but are no IANA names.
      if (!/^[A-Za-z]/.test(name)) throw new RangeError('not an IANA name');
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        calendar: 'iso8601',
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
        era: 'short',
      });
    } catch (cause) {
      const hint = 'Use a name of the IANA database such as Europe/Berlin, America/New_York or UTC.';
      throw new CarillonError(
        'TIMEZONE_UNKNOWN',
        `Expected \`${field}\` to be an IANA time zone, got ${show(name)}.`,
        { field, value: name, hint },
        { cause },
      );
    }
  }

  /** The segment an instant lies in. */
  segmentAt(instant: number): Segment {
    if (instant < this.#last.start || instant >= this.#last.end) this.#last = this.#find(instant);
    return this.#last;
  }

  #find(instant: number): Segment {
    const segments = this.#block(Math.floor(instant / block));
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((segments[middle] as Segment).start <= instant) low = middle;
      else high = middle - 1;
    }
    return segments[low] as Segment;
  }

  /** Local time as milliseconds, to be read with UTC getters. */
  toLocal(instant: number): number {
    return instant + this.segmentAt(instant).offset;
  }

  /**
   * The instant of a local time. One that occurs twice means the first; one that a gap swallows is moved forward by
   * the length of the gap.
   */
  fromLocal(local: number): number {
    // Offsets lie between -12 h and +14 h, so the instant lies between these two.
    const before = this.segmentAt(local - 15 * 3_600_000).offset;
    const after = this.segmentAt(local + 13 * 3_600_000).offset;
    const first = local - before;
    if (this.segmentAt(first).offset === before) return first;
    const second = local - after;
    return this.segmentAt(second).offset === after ? second : first;
  }

  /**
   * The instants of a local time under these rules, ascending: none (a gap, `skip`), one, or two (an overlap, `both`).
   * Local time as `toLocal` gives it.
   */
  instantsOf(local: number, dst: Dst): number[] {
    const found: number[] = [];
    const to = local + 13 * 3_600_000;
    for (let from = local - 15 * 3_600_000; from < to; ) {
      const { start, end, offset, after } = this.segmentAt(from);
      const instant = local - offset;
      if (instant >= start && instant < end) found.push(instant);
      // In the gap at the end of this segment.
      if (local >= end + offset && local < end + after) {
        if (dst.gap === 'skip') return [];
        return [dst.gap === 'shift' ? instant : end - 1000];
      }
      from = end;
    }
    if (found.length < 2 || dst.overlap === 'both') return found;
    return dst.overlap === 'first' ? found.slice(0, 1) : found.slice(-1);
  }

  #block(index: number): Segment[] {
    const known = this.#blocks.get(index);
    if (known) return known;
    const start = index * block;
    const end = start + block;
    const segments: Segment[] = [];
    let first = start;
    let before = this.#offset(start - 1000);
    let offset = this.#offset(start);
    for (let from = start; from < end; from += probe) {
      const to = Math.min(from + probe, end);
      const after = this.#offset(to);
      if (after === offset) continue;
      const turn = this.#transition(from, to, offset);
      segments.push({ start: first, end: turn, offset, before, after });
      [first, before, offset] = [turn, offset, after];
    }
    if (first < end) segments.push({ start: first, end, offset, before, after: offset });
    this.#blocks.set(index, segments);
    return segments;
  }

  #transition(from: number, to: number, offset: number): number {
    let low = from / 1000;
    let high = to / 1000;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offset(middle * 1000) === offset) low = middle;
      else high = middle;
    }
    return high * 1000;
  }

  #offset(instant: number): number {
    const seconds = Math.floor(instant / 1000) * 1000;
    const part: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(seconds)) part[type] = value;
    const year = part.era === 'BC' ? 1 - Number(part.year) : Number(part.year);
    const local = Date.UTC(
      year,
      Number(part.month) - 1,
      Number(part.day),
      Number(part.hour),
      Number(part.minute),
      Number(part.second),
    );
    return local - seconds;
  }
}
