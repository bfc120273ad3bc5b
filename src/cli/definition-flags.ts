import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { lanes, overlapPolicies, pausedPolicies } from '../core/definition.js';
import { CarillonError, show } from '../core/errors.js';
import { collectLabel, group, present, wholeNumber } from './flag-values.js';
import { type ScheduleFlags, scheduleOf, withScheduleFlags } from './schedule-flags.js';

export interface DefinitionFlags extends ScheduleFlags {
  task?: string;
  input?: string;
  description?: string;
  owner?: string;
  label?: Record<string, string>;
  priority?: number;
  lane?: string;
  overlap?: string;
  maxActiveRuns?: number;
  bufferSize?: number;
  whilePaused?: string;
  pauseAfterFailures?: number;
  probeAfter?: string;
  catchUp?: string;
  catchUpWithin?: string;
  catchUpSpacing?: string;
  resultLocation?: string;
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
    .option('--max-active-runs <n>', 'for --overlap allow: runs in progress at once', wholeNumber)
    .option('--buffer-size <n>', 'for --overlap buffer_all: runs that may wait', wholeNumber)
    .addOption(new Option('--while-paused <policy>', 'on resuming, of what was due meanwhile').choices(pausedPolicies))
    .option('--pause-after-failures <n>', 'pause the job after so many failures in a row', wholeNumber)
    .option('--probe-after <duration>', 'for --pause-after-failures: try one run so long after the pause')
    .addOption(new Option('--catch-up <policy>', 'occurrences missed in an outage').choices(['none', 'last', 'all']))
    .option('--catch-up-within <duration>', 'never catch up older ones')
    .option('--catch-up-spacing <duration>', 'at least so long between two that are caught up')
    .option('--result-location <uri>', 'where results are written: file:///folder or s3://bucket/prefix')
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
  const {
    task,
    description,
    owner,
    label: labels,
    priority,
    lane,
    overlap,
    maxActiveRuns,
    bufferSize,
    whilePaused,
  } = flags;
  return present({
    ...{ task, description, owner, labels, priority, lane, overlap, maxActiveRuns, bufferSize, whilePaused },
    resultLocation: flags.resultLocation,
    pauseAfterFailures: group({ count: flags.pauseAfterFailures, probeAfter: flags.probeAfter }),
    input: flags.input === undefined ? undefined : readInput(flags.input, cwd),
    schedule: scheduleOf(flags),
    catchUp: group({ policy: flags.catchUp, within: flags.catchUpWithin, spacing: flags.catchUpSpacing }),
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
