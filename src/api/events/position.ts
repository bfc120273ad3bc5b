import { createHash } from 'node:crypto';
import { CarillonError, show } from '../../core/errors.js';
import type { Change } from '../../store/store.js';

/**
 * A row becomes visible when its transaction ends and carries the time at which it began. Statements are bound to a
 * second; what was written in the last five is looked at again each time.
 */
export const overlapMs = 5000;
/** Most marks in an id. What came before them within the overlap may be told again after a resumption. */
const mostMarks = 50;
/** Of the form of ids, their first byte. */
const version = 1;
const [headLength, markLength] = [7, 6];
/** The last time that RFC 3339 can write. */
const endOfTime = Date.parse('9999-12-31T23:59:59.999Z');

/** Tells one state of a job or run from every other. */
export function markOf(change: Change): string {
  const { kind, project, at, state } = change;
  const which = change.kind === 'job' ? [change.jobId, change.revision] : [change.runId, change.attempt];
  const text = JSON.stringify([kind, project, ...which, state, at]);
  return createHash('sha256').update(text).digest().subarray(0, markLength).toString('base64url');
}

/**
 * What has been told, as far as it matters: the time of the newest change, and marks of those that are younger than the
 * overlap. The id of an event holds both, for its project: so any process can go on from there, missing none.
 */
export class Trail {
  readonly #marks = new Map<string, { at: number; mark: string }[]>();

  /** @param newest milliseconds since the epoch; what is older by the overlap has been told */
  private constructor(private newest: number) {}

  static from(newest: number): Trail {
    return new Trail(newest);
  }

  /** @throws CarillonError CURSOR_INVALID */
  static read(id: string, project: string): Trail {
    const bytes = Buffer.from(id, 'base64url');
    const marks = (bytes.length - headLength) / markLength;
    const whole = bytes.toString('base64url') === id && bytes[0] === version;
    const counted = Number.isInteger(marks) && marks >= 0 && marks <= mostMarks;
    const newest = whole && counted ? bytes.readUIntBE(1, headLength - 1) : Number.POSITIVE_INFINITY;
    if (newest > endOfTime) {
      throw new CarillonError('CURSOR_INVALID', `Expected \`lastEventId\` to be the id of an event, got ${show(id)}.`, {
        field: 'lastEventId',
        value: id,
        hint: 'Leave it out to follow what happens from now on.',
      });
    }
    const trail = new Trail(newest);
    const told = Array.from({ length: marks }, (_, index) => {
      const from = headLength + index * markLength;
      return { at: trail.newest, mark: bytes.subarray(from, from + markLength).toString('base64url') };
    });
    trail.#marks.set(project, told);
    return trail;
  }

  /** Where to read from so as to miss nothing: RFC 3339. */
  get since(): string {
    return new Date(this.newest - overlapMs).toISOString();
  }

  /** Time of the newest change told: RFC 3339. */
  get at(): string {
    return new Date(this.newest).toISOString();
  }

  tell({ project, at }: Change, mark: string): void {
    const time = Date.parse(at);
    this.newest = Math.max(this.newest, time);
    const marks = this.#marks.get(project) ?? [];
    marks.push({ at: time, mark });
    if (marks.length > mostMarks) marks.shift();
    this.#marks.set(project, marks);
  }

  has(project: string, mark: string): boolean {
    return this.#marks.get(project)?.some((told) => told.mark === mark) ?? false;
  }

  /** The id of an event of this project after which no other has been told. */
  id(project: string): string {
    const young = this.#young(project);
    const head = Buffer.alloc(headLength, version);
    head.writeUIntBE(this.newest, 1, headLength - 1);
    return Buffer.concat([head, ...young.map(({ mark }) => Buffer.from(mark, 'base64url'))]).toString('base64url');
  }

  /** Forgets projects of which nothing is young. */
  trim(): void {
    for (const project of this.#marks.keys()) {
      if (this.#young(project).length === 0) this.#marks.delete(project);
    }
  }

  #young(project: string): { at: number; mark: string }[] {
    const young = (this.#marks.get(project) ?? []).filter(({ at }) => at >= this.newest - overlapMs);
    this.#marks.set(project, young);
    return young;
  }
}
