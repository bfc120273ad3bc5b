import { type Command, Option } from 'commander';
import { dstSchema } from '../core/schedule/schema.js';
import { collectList, group, present, wholeNumber } from './flag-values.js';

export interface ScheduleFlags {
  now?: true;
  at?: string[];
  every?: string;
  cron?: string;
  and?: true;
  rrule?: string;
  tz?: string;
  anchor?: string;
  start?: string;
  end?: string;
  maxRuns?: number;
  excludeCalendar?: string[];
  onExcluded?: string;
  jitter?: string;
  window?: string;
  dstGap?: string;
  dstOverlap?: string;
}

const onExcluded = ['skip', 'next_working', 'previous_working'];

export function withScheduleFlags(command: Command): Command {
  const { gap, overlap } = dstSchema.shape;
  return command
    .option('--now', 'run once, now')
    .option(
      '--at <time>',
      'run at this time: ISO 8601 with an offset, or a local time read in --tz; may be repeated',
      collectList,
    )
    .option('--every <duration>', 'run at an interval: 10s, 1h30m, PT5M')
    .option('--cron <expression>', 'cron expression of 5 fields, 6 (seconds first) or 7 (year last)')
    .option('--and', 'for --cron: a day must fit day of month and day of week, not either')
    .option('--rrule <rule>', 'RFC 5545 rule: FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17')
    .option('--tz <zone>', 'IANA zone of local times (default UTC)')
    .option('--anchor <time>', 'for --every and --rrule: an occurrence to count from')
    .option('--start <time>', 'no occurrence before')
    .option('--end <time>', 'no occurrence after')
    .option('--max-runs <n>', 'complete after this many runs', wholeNumber)
    .option('--exclude-calendar <name>', 'do not run in what this calendar takes out; may be repeated', collectList)
    .addOption(new Option('--on-excluded <rule>', 'what becomes of an excluded occurrence').choices(onExcluded))
    .option('--jitter <duration>', 'start each run later by up to so much: 30s, or 10% of the interval')
    .option('--window <duration>', 'start anywhere in this time after the due time, always at the same place')
    .addOption(new Option('--dst-gap <rule>', 'a local time that a clock change skips').choices(gap.unwrap().options))
    .addOption(
      new Option('--dst-overlap <rule>', 'a local time that a clock change repeats').choices(overlap.unwrap().options),
    );
}

/** The schedule the flags describe; undefined when none is given. Whether it makes sense, the API says. */
export function scheduleOf(flags: ScheduleFlags): Record<string, unknown> | undefined {
  const { now, at, every, cron, and, rrule, tz, anchor, start, end, maxRuns, jitter, window } = flags;
  return group({
    ...present({ immediate: now, at: at?.length === 1 ? at[0] : at, every, cron, and, rrule, timezone: tz, anchor }),
    ...present({ start, end, maxRuns, jitter, window, onExcluded: flags.onExcluded }),
    exclude: flags.excludeCalendar?.map((calendar) => ({ calendar })),
    dst: group({ gap: flags.dstGap, overlap: flags.dstOverlap }),
  });
}
