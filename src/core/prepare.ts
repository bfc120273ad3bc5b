import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { type Plan, type PlanEntry, type PlanRequest, type PreparedDefinition, planLength } from './contract.js';
import {
  type Definition,
  type DefinitionInput,
  definitionSchema,
  type Lane,
  type Retry,
  retrySchema,
  type SubmittedDefinition,
} from './definition.js';
import { CarillonError } from './errors.js';
import { isoTime } from './ids.js';
import { isOnce } from './projection.js';

import { describeSchedule, firstRun, normaliseSchedule, planSchedule, submittedSchedule } from './schedule/index.js';
import type { Resolved, Schedule } from './schedule/schema.js';

import { schemaFault } from './schema-fault.js';
import type { TaskRegistry } from './task/registry.js';
import { type AnyTask, attemptTimeout } from './task/task.js';

/** Largest input a run may carry, as JSON bytes. Temporal warns at 512 KB; a run's request carries the input. */
export const maximumInputBytes = 256 * 1024;

/**
 * A job wakes so much before its time, hands the run to a worker, and the worker lets it go at the exact instant: the
 * timer, the workflow task and the dispatch (30 ms alone, hundreds in a herd) are over by then.
 */
const wakeAheadMs = 500;

/**
 * Everything that is checked before a definition is stored, in one place: schema, task, input, schedule, bounds.
 * @param raw what a person wrote
 * @param now milliseconds since the epoch; occurrences are planned after it, and `every` is anchored to it
 * @param resolved what the schedule depends on beside itself: the calendars it names (`calendarNames`), its seed
 * @throws CarillonError with the path of the field at fault
 */
export function prepareDefinition(
  raw: unknown,
  registry: TaskRegistry,
  now: number,
  resolved: Resolved = { seed: '' },
): PreparedDefinition {
  const submitted = parseWith(definitionSchema, raw, 'INPUT_INVALID');
  const task = registry.get(submitted.task);
  const input = checkInput(submitted.input, task.input);
  const lane = submitted.lane ?? task.lane ?? 'standard';
  const timeout = attemptBound(lane, submitted.timeouts.attempt, task);
  const retry = mergedRetry((raw as { retry?: DefinitionInput['retry'] }).retry, task);
  const schedule = normaliseSchedule(submitted.schedule, now, resolved);
  const definition: Definition = {
    ...submitted,
    input,
    lane,
    retry,
    schedule,
    catchUp: boundedCatchUp(submitted.catchUp, schedule),
    timeouts: { ...submitted.timeouts, attempt: timeout },
  };
  return {
    definition,
    digest: digestOf({ ...submitted, retry, schedule: submittedSchedule(schedule) }),
    words: describeSchedule(schedule),
    plan: firstPlan(definition, now),
  };
}

/** Bound of one attempt: what was asked for, else the task's if it is meant for this lane, else the lane's. */
export function attemptBound(lane: Lane, asked: string | undefined, task: Pick<AnyTask, 'lane' | 'timeout'>): string {
  return attemptTimeout(lane, asked ?? (task.lane === lane || !task.lane ? task.timeout : undefined));
}

/** Field by field: what was asked for, else what the task says, else the usual. */
export function mergedRetry(asked: DefinitionInput['retry'], task: Pick<AnyTask, 'retry'>): Retry {
  return retrySchema.parse({ ...task.retry, ...asked });
}

/** How old an occurrence may be to be caught up, where the definition does not say. */
export function boundedCatchUp(catchUp: SubmittedDefinition['catchUp'], schedule: Schedule): Definition['catchUp'] {
  return catchUp.within || isOnce(schedule) ? catchUp : { ...catchUp, within: 'PT1H' };
}

/** The first plan of a schedule; a schedule that never runs after `now` is refused. */
function firstPlan(definition: Definition, now: number): Plan {
  const { schedule } = definition;
  // `immediate` is due at `now` itself, and an `every` anchored in the future begins with its anchor.
  const after = now - (schedule.immediate ? 1 : 0);
  const plan = planFor(definition, { after: isoTime(after), count: planLength });
  const runs = plan.entries.some(({ excluded }) => excluded === undefined);
  if (runs || (!plan.exhausted && firstRun(schedule, after) !== undefined)) return plan;
  const taken = plan.entries.length > 0;
  throw new CarillonError(
    'SCHEDULE_NEVER_FIRES',
    taken
      ? `The schedule never runs after ${isoTime(now)}: its exclusions take every occurrence.`
      : `The schedule has no occurrence after ${isoTime(now)}.`,
    {
      field: taken ? 'schedule.exclude' : 'schedule',
      value: submittedSchedule(schedule),
      hint: taken
        ? 'Exclude less, or check which zone the exclusions are read in.'
        : 'Check `at`, `end` and the day of the month; to run at once, use {"immediate": true}.',
    },
  );
}

/** The following occurrences as plan entries, each to be woken for ahead of its time. What is due at once is not. */
export function planFor({ schedule }: Pick<Definition, 'schedule'>, request: PlanRequest): Plan {
  const { occurrences, exhausted } = planSchedule(schedule, Date.parse(request.after), request.count);
  const ahead = schedule.immediate ? 0 : wakeAheadMs;
  const entries = occurrences.map(
    ({ at, effectiveAt, excluded, moved }): PlanEntry => ({
      at: isoTime(at),
      wake: isoTime((effectiveAt ?? at) - ahead),
      ...(effectiveAt !== undefined && effectiveAt !== at && { effectiveAt: isoTime(effectiveAt) }),
      ...(excluded !== undefined && { excluded }),
      ...(moved !== undefined && { moved }),
    }),
  );
  return { entries, exhausted };
}

/** The input as the task's schema accepts it: as written, not as transformed; it is parsed again for each attempt. */
export function checkInput(input: unknown, schema: z.ZodType, field = 'input'): unknown {
  parseWith(schema, input, 'TASK_INPUT_INVALID', field);
  const bytes = Buffer.byteLength(JSON.stringify(input) ?? '');
  if (bytes > maximumInputBytes) {
    throw new CarillonError(
      'PAYLOAD_TOO_LARGE',
      `Expected \`${field}\` of at most ${maximumInputBytes} bytes, got ${bytes}.`,
      {
        field,
        value: `${bytes} bytes`,
        hint: 'Store large data elsewhere and pass its address.',
      },
    );
  }
  return input;
}

/** Parses with zod and turns its issues into one error that names every field. */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  code: 'INPUT_INVALID' | 'TASK_INPUT_INVALID' | 'TASK_OUTPUT_INVALID',
  prefix = '',
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw schemaFault(result.error, value, code, prefix);
}

/** Of the schedule's normal form, so that what is stored and what was written have the same digest. */
function digestOf(submitted: SubmittedDefinition): string {
  return createHash('sha256').update(stableJson(submitted)).digest('hex').slice(0, 32);
}

/** JSON with sorted keys, so that equal definitions have equal digests. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
