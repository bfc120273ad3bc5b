import { type PreparedDefinition, planLength } from '../../core/contract.js';
import type { Definition } from '../../core/definition.js';
import { isoTime } from '../../core/ids.js';
import { planFor } from '../../core/prepare.js';
import type { NormalSchedule, Schedule, Source } from '../../core/schedule/schema.js';
import { submittedOf } from '../../core/submitted.js';
import type { Backstage } from '../context.js';
import type { JobRefs } from '../gateway.js';
import { prepare } from './prepare.js';
import { absence, readJob } from './read.js';

export interface CurrentDefinition {
  definition: Definition;
  digest: string;
  definitionVersion: number;
}

/** The definition as the job itself has it; from the database while no worker answers. */
export async function currentDefinition(context: Backstage, ref: JobRefs): Promise<CurrentDefinition> {
  const live = await context.gateway.query<CurrentDefinition>(ref, 'definition');
  if (live === undefined) throw await absence(context, ref);
  return live === 'unanswered' ? await readJob(context, ref) : live;
}

/** Checks and plans a definition that replaces `current`. An interval or rule that stays the same keeps its beat. */
export async function prepareSuccessor(
  context: Backstage,
  ref: JobRefs,
  submitted: unknown,
  current: Definition,
): Promise<PreparedDefinition> {
  const now = context.now();
  const prepared = await prepare(context, ref, submitted, now);
  const asked = (submitted as { schedule: Schedule }).schedule;
  const schedule = keepBeat(asked, current.schedule, prepared.definition.schedule);
  if (schedule === prepared.definition.schedule) return prepared;
  const definition = { ...prepared.definition, schedule };
  return { ...prepared, definition, plan: planFor(definition, { after: isoTime(now), count: planLength }) };
}

/** The schedule counting from where the one before counts, wherever nobody said from where. */
export function keepBeat(asked: Schedule, before: NormalSchedule, after: NormalSchedule): NormalSchedule {
  const anchor = keptAnchor(asked, before, after);
  const anchors = after.union?.map((source, index) => keptAnchor(asked.union?.[index], before.union?.[index], source));
  if (anchor === undefined && !anchors?.some(Boolean)) return after;
  return {
    ...after,
    ...(anchor !== undefined && { anchor }),
    ...(anchors && { union: after.union?.map((source, index) => withAnchor(source, anchors[index])) }),
  };
}

function withAnchor(source: Source, anchor: string | undefined): Source {
  return anchor === undefined ? source : { ...source, anchor };
}

type Beat = Pick<Source, 'every' | 'rrule' | 'timezone' | 'anchor'>;

function keptAnchor(asked: Beat | undefined, before: Beat | undefined, after: Beat): string | undefined {
  if (asked?.anchor !== undefined || before?.anchor === undefined || after.anchor === undefined) return undefined;
  const same = before.every === after.every && before.rrule === after.rrule && before.timezone === after.timezone;
  return same ? before.anchor : undefined;
}

/** The current definition with another schedule, checked and planned. */
export function prepareReschedule(
  context: Backstage,
  ref: JobRefs,
  schedule: Schedule,
  current: Definition,
): Promise<PreparedDefinition> {
  const submitted = submittedOf(current, context.registry.get(current.task));
  return prepare(context, ref, { ...submitted, schedule }, context.now());
}
