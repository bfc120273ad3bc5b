import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { lanes, overlapPolicies } from '../core/definition.js';
import { CarillonError, show } from '../core/errors.js';

export interface ScheduleFlags {
  now?: true;
  at?: string;
  every?: string;
  cron?: string;
  tz?: string;
  anchor?: string;
  start?: string;
  end?: string;
  maxRuns?: number;
}

export function withScheduleFlags(command: Command): Command {
  return command
    .option('--now', 'run once, now')
    .option('--at <time>', 'run once: ISO 8601 with an offset, or a local time read in --tz')
    .option('--every <duration>', 'run at an interval: 10s, 1h30m, PT5M')
    .option('--cron <expression>', 'cron expression of 5 fields, or 6 with seconds first')
    .option('--tz <zone>', 'IANA zone of local times (default UTC)')
    .option('--anchor <time>', 'for --every: an occurrence to count from')
    .option('--start <time>', 'no occurrence before')
    .option('--end <time>', 'no occurrence after')
    .option('--max-runs <n>', 'complete after this many runs', wholeNumber);
}

/** The schedule the flags describe; undefined when none is given. Whether it makes sense, the API says. */
export function scheduleOf(flags: ScheduleFlags): Record<string, unknown> | undefined {
  const { now, tz, at, every, cron, anchor, start, end, maxRuns } = flags;
  const schedule = present({ immediate: now, at, every, cron, timezone: tz, anchor, start, end, maxRuns });
  return Object.keys(schedule).length > 0 ? schedule : undefined;
}

export interface DefinitionFlags extends ScheduleFlags {
  task?: string;
  input?: string;
  description?: string;
  owner?: string;
  label?: Record<string, string>;
  priority?: number;
  lane?: string;
  overlap?: string;
  catchUp?: string;
  catchUpWithin?: string;
  attempts?: number;
  retryInitial?: string;
  retryFactor?: number;
  retryMax?: string;
  neverRetry?: string[];
  attemptTimeout?: string;
  runTimeout?: string;
  heartbeat?: string;
}

export function withDefinitionFlags(command: Command): Command {
  command.option('--task <name>', 'task to run').option('--input <json>', 'input of the task, as JSON or @file');
  return withScheduleFlags(command)
    .option('--description <text>', 'what the job is for')
    .option('--owner <name>', 'person or team that answers for it')
    .option('--label <key=value>', 'to find it by; may be repeated', collectLabel)
    .option('--priority <1-5>', '1 is most urgent', wholeNumber)
    .addOption(new Option('--lane <lane>', 'worker pool').choices(lanes))
    .addOption(new Option('--overlap <policy>', 'due while a run is in progress').choices(overlapPolicies))
    .addOption(new Option('--catch-up <policy>', 'occurrences missed in an outage').choices(['none', 'last', 'all']))
    .option('--catch-up-within <duration>', 'never catch up older ones')
    .option('--attempts <n>', 'attempts of a run in all', wholeNumber)
    .option('--retry-initial <duration>', 'wait before the second attempt')
    .option('--retry-factor <x>', 'each wait is the last one times this', Number)
    .option('--retry-max <duration>', 'no wait is longer')
    .option('--never-retry <code...>', 'error codes that end a run at once')
    .option('--attempt-timeout <duration>', 'bound of one attempt')
    .option('--run-timeout <duration>', 'bound of a run, retries included')
    .option('--heartbeat <duration>', 'how soon a lost worker is noticed');
}

/** What the flags say of a definition, and no more: defaults are the API's. */
export function definitionOf(flags: DefinitionFlags, cwd: string): Record<string, unknown> {
  const { task, description, owner, label: labels, priority, lane, overlap } = flags;
  return present({
    ...{ task, description, owner, labels, priority, lane, overlap },
    input: flags.input === undefined ? undefined : readInput(flags.input, cwd),
    schedule: scheduleOf(flags),
    catchUp: group({ policy: flags.catchUp, within: flags.catchUpWithin }),
    retry: group({
      maximumAttempts: flags.attempts,
      initialInterval: flags.retryInitial,
      backoffCoefficient: flags.retryFactor,
      maximumInterval: flags.retryMax,
      nonRetryableErrors: flags.neverRetry,
    }),
    timeouts: group({ attempt: flags.attemptTimeout, run: flags.runTimeout, heartbeat: flags.heartbeat }),
  });
}

/** JSON, or `@file` that holds JSON. */
export function readInput(text: string, cwd: string): unknown {
  const hint = 'Write JSON such as \'{"url":"https://example.org"}\', or @file.json.';
  try {
    return JSON.parse(text.startsWith('@') ? readFileSync(resolve(cwd, text.slice(1)), 'utf8') : text);
  } catch (cause) {
    const message = `Expected \`--input\` to be JSON, got ${show(text)}: ${(cause as Error).message}`;
    throw new CarillonError('INPUT_INVALID', message, { field: 'input', value: text, hint }, { cause });
  }
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isInteger(number)) throw new InvalidArgumentError('Expected a whole number.');
  return number;
}

export function collectLabel(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected key=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** The values of a list flag: repeated, or parted by commas. */
export function collectList(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(',').filter(Boolean)];
}

function present(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function group(values: Record<string, unknown>): Record<string, unknown> | undefined {
  const given = present(values);
  return Object.keys(given).length > 0 ? given : undefined;
}
