import { isoTime } from '../../ids.js';
import { planSchedule } from '../schedule.js';
import type { NormalSchedule } from '../schema.js';
import { clockChanges, type DstMark, dateOf, timeOf } from './clock-change.js';
import { type Warning, warningsOf } from './warnings.js';
import { describeSchedule } from './words.js';

/** What a schedule means. Times are RFC 3339 in UTC. */
export interface Explanation {
  words: string;
  /** The next occurrences in order, those that do not run included. */
  entries: ExplainedEntry[];
  /** Why times one might expect are not among the entries. */
  notes: { at?: string; text: string }[];
  warnings: Warning[];
}

export interface ExplainedEntry {
  at: string;
  /** When the run starts, if not at its nominal time. */
  effectiveAt?: string;
  /** The occurrence does not run: what takes it out. */
  excluded?: string;
  /** The occurrence was moved here: from where, and why. */
  moved?: string;
  /** What a change of the clock did to it. */
  mark?: DstMark;
  /** The mark in words. */
  note?: string;
}

/**
 * A normalised schedule in words and times.
 * @param after ms since the epoch: the occurrences strictly after it
 * @param count how many occurrences that run
 */
export function explainSchedule(
  schedule: NormalSchedule,
  { after, count }: { after: number; count: number },
): Explanation {
  const { occurrences, exhausted } = planSchedule(schedule, after, count);
  const changes = clockChanges(schedule);
  const entries = occurrences.map(
    ({ at, effectiveAt, excluded, moved }): ExplainedEntry => ({
      at: isoTime(at),
      ...(effectiveAt !== undefined && { effectiveAt: isoTime(effectiveAt) }),
      ...(excluded !== undefined && { excluded }),
      ...(moved !== undefined && { moved }),
      ...changes.markOf(at),
    }),
  );
  const last = occurrences.at(-1)?.at ?? after;
  const missing = changes
    .swallowed(after, last)
    .filter(({ runsAt }) => runsAt === undefined)
    .map(({ change, meant }) => ({
      at: isoTime(change.at),
      text: `${timeOf(meant)} does not exist in ${change.zone.name} on ${dateOf(meant)}: the clock goes from ${timeOf(change.from)} to ${timeOf(change.to)}, and nothing runs.`,
    }));
  const runs = entries.filter(({ excluded }) => excluded === undefined).length;
  return {
    words: describeSchedule(schedule),
    entries,
    notes: [...missing, ...endNotes(schedule, runs, count, exhausted)],
    warnings: warningsOf(schedule, after),
  };
}

function endNotes(schedule: NormalSchedule, runs: number, count: number, exhausted: boolean): Explanation['notes'] {
  const notes: Explanation['notes'] = [];
  const { end, maxRuns } = schedule;
  if (maxRuns !== undefined && runs >= maxRuns)
    notes.push({ text: `The job completes after ${maxRuns} scheduled runs.` });
  if (exhausted)
    notes.push(
      end === undefined ? { text: 'Nothing follows.' } : { at: end, text: 'Nothing follows: the schedule ends.' },
    );
  else if (runs < count) notes.push({ text: 'So many occurrences are excluded that those that run are not reached.' });
  return notes;
}
