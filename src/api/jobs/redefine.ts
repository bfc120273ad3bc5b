import { type PreparedDefinition, planLength } from '../../core/contract.js';
import type { Definition } from '../../core/definition.js';
import { isoTime } from '../../core/ids.js';
import { planFor } from '../../core/prepare.js';
import type { NormalSchedule, Schedule, Source } from '../../core/schedule/schema.js';
import { submittedOf } from '../../core/submitted.js';
import type { Backstage } from '../context.js';
import type { JobRefs } from '../temporal/gateway.js';
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
  const schedule = keepBeat(current.schedule, prepared.definition.schedule);
  if (schedule === prepared.definition.schedule) return prepared;
  const definition = { ...prepared.definition, schedule };
  return { ...prepared, definition, plan: planFor(definition, { after: isoTime(now), count: planLength }) };
}

/** The schedule counting from where the one before counts, wherever nobody said from where. */
export function keepBeat(before: NormalSchedule, after: NormalSchedule): NormalSchedule {
  const anchors = (after.resolved?.added ?? []).filter((path) => /(^|\.)anchor$/.test(path));
  const kept = anchors.flatMap((path) => {
    const owner = path.split('.').slice(0, -1);
    const then = sourceAt(before, owner);
    return then?.anchor !== undefined && sameBeat(then, sourceAt(after, owner)) ? [{ owner, anchor: then.anchor }] : [];
  });
  if (kept.length === 0) return after;
  const copy = structuredClone(after);
  for (const { owner, anchor } of kept) Object.assign(sourceAt(copy, owner) ?? {}, { anchor });
  return copy;
}

function sourceAt(schedule: NormalSchedule, path: string[]): Source | undefined {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], schedule) as
    | Source
    | undefined;
}

function sameBeat(one: Source, other: Source | undefined): boolean {
  return (['every', 'rrule', 'cron', 'timezone'] as const).every((field) => one[field] === other?.[field]);
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
