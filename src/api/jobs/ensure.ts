import type { z } from 'zod';
import type { JobSnapshot, PreparedDefinition } from '../../core/contract.js';
import { CarillonError } from '../../core/errors.js';
import { isClosed } from '../../core/states.js';
import { sameDefinition } from '../../core/submitted.js';
import type { InnerContext } from '../context.js';
import type { JobRefs } from '../gateway.js';
import type { ensureInput } from '../inputs.js';
import type { EnsureView, ValidationView } from '../views.js';
import { commandJob } from './command.js';
import { createJob } from './create.js';
import { prepare } from './prepare.js';
import { closed, readJob } from './read.js';
import { keepBeat, prepareSuccessor } from './redefine.js';
import { viewJob } from './view.js';

type EnsureInput = z.output<typeof ensureInput>;
type Intent =
  | { action: 'create'; prepared: PreparedDefinition }
  | { action: 'update'; prepared: PreparedDefinition; current: JobSnapshot }
  | { action: 'unchanged'; prepared: PreparedDefinition; current: JobSnapshot };

/** Makes the job what the definition says: creates it, changes it, or finds that nothing is to be done. */
export async function ensureJob(context: InnerContext, input: EnsureInput): Promise<EnsureView> {
  const { id, project, by, ...submitted } = input;
  const ref = { project, jobId: id };
  const intent = await intentOf(context, ref, submitted);
  switch (intent.action) {
    case 'create': {
      const job = await createJob(context, input);
      return { job: viewJob(job, context.consoles), action: 'created', confirmed: true };
    }
    case 'update': {
      const payload = { by, definition: submitted, prepared: intent.prepared };
      return { ...(await commandJob(context, ref, 'update', payload)), action: 'updated' };
    }
    case 'unchanged':
      return { job: viewJob(intent.current, context.consoles), action: 'unchanged', confirmed: true };
  }
}

/** Everything {@link ensureJob} checks and decides, with nothing done. */
export async function validateJob(context: InnerContext, input: EnsureInput): Promise<ValidationView> {
  const { id, project, by: _by, ...submitted } = input;
  const { action, prepared } = await intentOf(context, { project, jobId: id }, submitted);
  const next = prepared.plan.entries.slice(0, 5).map(({ at }) => at);
  return { id, project, action, digest: prepared.digest, words: prepared.words, next };
}

async function intentOf(context: InnerContext, ref: JobRefs, submitted: unknown): Promise<Intent> {
  const current = await existing(context, ref);
  if (!current) return { action: 'create', prepared: await prepare(context, ref, submitted, context.now()) };
  // Checked as of the time it was defined: a job whose only time has passed is still what its file says.
  const asDefined = await prepare(context, ref, submitted, Date.parse(current.definedAt));
  if (asDefined.digest === current.digest || means(asDefined, current))
    return { action: 'unchanged', prepared: asDefined, current };
  if (isClosed(current.state)) throw closed(ref, current);
  return { action: 'update', prepared: await prepareSuccessor(context, ref, submitted, current.definition), current };
}

/** Whether the job's definition was only written in another way: durations, defaults, what was exported from the job. */
function means(asDefined: PreparedDefinition, { definition }: JobSnapshot): boolean {
  const schedule = keepBeat(definition.schedule, asDefined.definition.schedule);
  return sameDefinition({ ...asDefined.definition, schedule }, definition);
}

async function existing(context: InnerContext, ref: JobRefs): Promise<JobSnapshot | undefined> {
  try {
    return await readJob(context, ref);
  } catch (error) {
    if (error instanceof CarillonError && error.code === 'JOB_NOT_FOUND') return undefined;
    throw error;
  }
}
