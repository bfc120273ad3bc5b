import { type PreparedDefinition, planLength } from '../../core/contract.js';
import type { Definition } from '../../core/definition.js';
import { isoTime } from '../../core/ids.js';
import { planFor } from '../../core/prepare.js';
import type { Schedule } from '../../core/schedule/schema.js';
import type { InnerContext } from '../context.js';
import type { JobRefs } from '../gateway.js';
import { prepare } from './prepare.js';
import { absence, readJob } from './read.js';

export interface CurrentDefinition {
  definition: Definition;
  digest: string;
  definitionVersion: number;
}

/** The definition as the job itself has it; from the database while no worker answers. */
export async function currentDefinition(context: InnerContext, ref: JobRefs): Promise<CurrentDefinition> {
  const live = await context.gateway.query<CurrentDefinition>(ref, 'definition');
  if (live === undefined) throw await absence(context, ref);
  return live === 'unanswered' ? await readJob(context, ref) : live;
}

/** Checks and plans a definition that replaces `current`. An interval that stays the same keeps its beat. */
export async function prepareSuccessor(
  context: InnerContext,
  ref: JobRefs,
  submitted: unknown,
  current: Definition,
): Promise<PreparedDefinition> {
  const now = context.now();
  const prepared = await prepare(context, ref, submitted, now);
  const asked = (submitted as { schedule: Schedule }).schedule;
  const before = current.schedule;
  const after = prepared.definition.schedule;
  const sameBeat = after.every !== undefined && asked.anchor === undefined && before.every === after.every;
  if (!sameBeat || before.timezone !== after.timezone) return prepared;
  const definition = { ...prepared.definition, schedule: { ...after, anchor: before.anchor } };
  return { ...prepared, definition, plan: planFor(definition, { after: isoTime(now), count: planLength }) };
}

/** The current definition with another schedule, checked and planned. */
export function prepareReschedule(
  context: InnerContext,
  ref: JobRefs,
  schedule: Schedule,
  current: Definition,
): Promise<PreparedDefinition> {
  return prepare(context, ref, { ...current, schedule }, context.now());
}
