import { cronTexts } from '../cron/words.js';
import { baseOf, firstRun } from '../schedule.js';
import type { NormalSchedule, Source } from '../schema.js';
import { contextOf, cronOf } from '../source.js';
import { clockChanges, dateOf, timeOf } from './clock-change.js';

export type WarningCode = 'BOTH_DAY_FIELDS' | 'DST_GAP_HOUR' | 'NEVER' | 'EVERY_SECOND' | 'ROUND_HOUR_HERD';

/** What a schedule says that its author may not have meant. */
export interface Warning {
  code: WarningCode;
  message: string;
  /** What to write instead. */
  hint?: string;
}

/** How far ahead a gap is worth a warning. */
const aheadMs = 2 * 366 * 86_400_000;

/** @param after ms since the epoch; what was before does not matter */
export function warningsOf(schedule: NormalSchedule, after: number): Warning[] {
  const sources: Source[] = schedule.immediate ? [] : (schedule.union ?? [schedule]);
  const found = [
    ...sources.map((source) => bothDayFields(source)),
    gapHour(schedule, after),
    never(schedule, after),
    everySecond(schedule, after),
    ...sources.map((source, index) => herd(source, schedule, schedule.union ? `schedule.union.${index}` : 'schedule')),
  ];
  return found.filter((warning) => warning !== undefined);
}

function bothDayFields({ cron, and }: Source): Warning | undefined {
  if (cron === undefined || and || cron.trim().startsWith('@every')) return undefined;
  const { dayOfMonth, dayOfWeek } = cronTexts(cron);
  if ([dayOfMonth, dayOfWeek].some((text) => text === '*' || text === '?')) return undefined;
  return {
    code: 'BOTH_DAY_FIELDS',
    message: `Day of month (${dayOfMonth}) and day of week (${dayOfWeek}) are both restricted: a day that matches either runs.`,
    hint: 'For days that match both, add `and: true`.',
  };
}

function gapHour(schedule: NormalSchedule, after: number): Warning | undefined {
  const [first] = clockChanges(schedule)
    .swallowed(after, after + aheadMs)
    .sort((a, b) => a.change.at - b.change.at);
  if (!first) return undefined;
  const { change, meant, runsAt } = first;
  const then = runsAt === undefined ? 'nothing runs' : `it runs at ${timeOf(change.zone.toLocal(runsAt))}`;
  return {
    code: 'DST_GAP_HOUR',
    message: `${timeOf(meant)} does not exist in ${change.zone.name} on ${dateOf(meant)}, when the clock goes from ${timeOf(change.from)} to ${timeOf(change.to)}: ${then} that day.`,
    hint: 'Choose an hour that the clock does not jump over, or say by `dst.gap` what is to happen.',
  };
}

function never(schedule: NormalSchedule, after: number): Warning | undefined {
  if (firstRun(schedule, after) !== undefined) return undefined;
  const taken = baseOf(schedule)(after) !== undefined;
  return {
    code: 'NEVER',
    message: taken
      ? 'The exclusions take every occurrence: nothing ever runs.'
      : 'No occurrence is left: nothing ever runs.',
    hint: taken ? 'Exclude less, or check which zone the exclusions are read in.' : 'Check `at` and `end`.',
  };
}

function everySecond(schedule: NormalSchedule, after: number): Warning | undefined {
  const next = baseOf(schedule);
  const first = next(after);
  const second = first === undefined ? undefined : next(first);
  const third = second === undefined ? undefined : next(second);
  if (first === undefined || second !== first + 1000 || third !== second + 1000) return undefined;
  return {
    code: 'EVERY_SECOND',
    message: 'This runs every second, 86,400 times a day.',
    hint: 'If every minute was meant, five fields do: `* * * * *`.',
  };
}

/** Everybody's jobs start at the full hour, and most of all at midnight. */
function herd(source: Source, schedule: NormalSchedule, path: string): Warning | undefined {
  if (source.cron === undefined || schedule.jitter !== undefined || schedule.window !== undefined) return undefined;
  if (cronOf(source, contextOf(schedule).seed, path).every !== undefined) return undefined;
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = cronTexts(source.cron);
  const midnight = /^0+$/.test(hour);
  if (!/^0+$/.test(second) || !/^0+$/.test(minute) || (!midnight && hour !== '*' && hour !== '*/1')) return undefined;
  const spread = `H ${midnight ? 'H(0-3)' : '*'} ${dayOfMonth} ${month} ${dayOfWeek}`;
  return {
    code: 'ROUND_HOUR_HERD',
    message: `${midnight ? 'Midnight' : 'The full hour'} is when most jobs of the world start.`,
    hint: `If the exact minute does not matter, spread the load: \`${spread}\` gives this job a minute of its own.`,
  };
}
