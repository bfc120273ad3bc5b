import type { Definition, DefinitionInput, SubmittedDefinition } from './definition.js';
import { attemptBound, mergedRetry, stableJson } from './prepare.js';
import { isOnce } from './projection.js';
import { submittedSchedule } from './schedule/index.js';
import type { NormalSchedule, Schedule } from './schedule/schema.js';
import type { AnyTask } from './task/task.js';

/** A definition that was checked before: defaults are in it, all but those of its task. */
export type Resubmission = Omit<SubmittedDefinition, 'retry'> & Pick<DefinitionInput, 'retry'>;

/**
 * The definition as it can be submitted again: without what preparing it took from the task, from defaults and from
 * calendars, so that a later change of these reaches it. What was stated but equals the default is left out as well; it
 * means the same.
 */
export function submittedOf(definition: Definition, task: AnyTask): Resubmission {
  const { lane, timeouts, catchUp, retry, schedule, ...rest } = definition;
  const { attempt, ...bounds } = timeouts;
  const { within, ...policy } = catchUp;
  const derivedLane = lane === (task.lane ?? 'standard');
  const derivedAttempt = attempt === attemptBound(lane, undefined, task);
  const derivedRetry = stableJson(retry) === stableJson(mergedRetry(undefined, task));
  const derivedWithin = within === 'PT1H' && !isOnce(schedule);
  return {
    ...rest,
    ...(!derivedLane && { lane }),
    ...(!derivedRetry && { retry }),
    schedule: submittedSchedule(schedule),
    catchUp: { ...policy, ...(within !== undefined && !derivedWithin && { within }) },
    timeouts: { ...bounds, ...(!derivedAttempt && { attempt }) },
  };
}

/** The schedule without what was fixed beside it, as people see it. */
export function plainSchedule({ resolved: _, ...schedule }: NormalSchedule): Schedule {
  return schedule;
}

/** Whether two definitions say the same, whatever way each was written. Revisions of calendars do not count. */
export function sameDefinition(one: Definition, other: Definition): boolean {
  const plain = (definition: Definition) => ({ ...definition, schedule: plainSchedule(definition.schedule) });
  return stableJson(plain(one)) === stableJson(plain(other));
}
