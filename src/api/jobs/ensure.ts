import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import type { JobSnapshot, PreparedDefinition } from '../../core/contract.js';
import { CarillonError } from '../../core/errors.js';
import { isClosed } from '../../core/states.js';
import { sameDefinition } from '../../core/submitted.js';
import { withOwner } from '../access/ownership.js';
import type { Context, InnerContext } from '../context.js';
import type { ensureInput, validateInput } from '../inputs.js';
import type { JobRefs } from '../temporal/gateway.js';
import type { EnsureView, ValidationView } from '../views.js';
import { commandJob } from './command.js';
import { createJob, deleted } from './create.js';
import { JobTurns } from './job-turns.js';
import { prepare } from './prepare.js';
import { changed, closed, readJob, storedJob } from './read.js';
import { keepBeat, prepareSuccessor } from './redefine.js';
import { nextTimes } from './times.js';
import { viewDefinition, viewJob } from './view.js';

type EnsureInput = z.output<typeof ensureInput>;
type ValidateInput = z.output<typeof validateInput>;
type Intent =
  | { action: 'create'; prepared: PreparedDefinition }
  | { action: 'update'; submitted: object; prepared: PreparedDefinition; current: JobSnapshot }
  | { action: 'unchanged'; prepared: PreparedDefinition; current: JobSnapshot };

/** Tries before a request gives way to those that change the same job at the same time. */
const maximumTries = 10;

/**
 * Makes the job what the definition says: creates it, changes it, or finds that nothing is to be done. Of many that ask
 * for the same at once, one does it and the others find it done.
 */
export function ensureJob(context: Context, input: EnsureInput): Promise<EnsureView> {
  return turnsOf(context).take(`${input.project}/${input.id}`, () => ensureInTurn(context, input));
}

const turns = new WeakMap<object, JobTurns>();

/** One for each API: it has one gateway. */
function turnsOf({ gateway }: InnerContext): JobTurns {
  const known = turns.get(gateway) ?? new JobTurns();
  turns.set(gateway, known);
  return known;
}

async function ensureInTurn(context: Context, input: EnsureInput): Promise<EnsureView> {
  const seen: Seen = {};
  for (let attempt = 1; ; attempt++) {
    try {
      return await ensureOnce(context, input, seen);
    } catch (error) {
      const overtaken = error instanceof CarillonError && ['JOB_EXISTS', 'JOB_CHANGED'].includes(error.code);
      if (!overtaken || input.ifVersion !== undefined || attempt === maximumTries) throw error;
      await assertNotDeleted(context, { project: input.project, jobId: input.id });
      // The quicker request writes what it made to the database within this time, as a rule.
      await wait(50 * attempt);
    }
  }
}

/** The version a request went by; 0 for no job. Another request was quicker if it turns out to be a later one. */
interface Seen {
  version?: number;
}

async function ensureOnce(context: Context, input: EnsureInput, seen: Seen): Promise<EnsureView> {
  const { id, project, by, ifVersion: expected, ...submitted } = input;
  const ref = { project, jobId: id };
  const intent = await intentOf(context, ref, submitted, seen);
  const version = 'current' in intent ? intent.current.definitionVersion : 0;
  if (expected !== undefined && expected !== version) {
    // The database may be behind: then the job itself is asked.
    if (expected > version && seen.version === undefined) return ensureOnce(context, input, { version });
    throw changed(expected, version);
  }
  seen.version = version;
  switch (intent.action) {
    case 'create': {
      const job = await createJob(context, { id, project, by, ...submitted });
      return { job: viewJob(job, context.consoles), action: 'created', confirmed: true };
    }
    case 'update': {
      await context.quota.assertPayload(project, submitted.input);
      const ifVersion = intent.current.definitionVersion;
      const payload = { by, ifVersion, definition: intent.submitted, prepared: intent.prepared };
      return { ...(await commandJob(context, ref, 'update', payload)), action: 'updated' };
    }
    case 'unchanged':
      return { job: viewJob(intent.current, context.consoles), action: 'unchanged', confirmed: true };
  }
}

/** Everything {@link ensureJob} checks and decides, with nothing done. */
export async function validateJob(context: Context, input: ValidateInput): Promise<ValidationView> {
  const { id, project, by: _by, ...submitted } = input;
  const look = () => intentOf(context, { project, jobId: id }, submitted, {});
  // Not while the job is being created: it would have to be asked of the job itself.
  const intent = await turnsOf(context).take(`${project}/${id}`, look);
  const { action, prepared } = intent;
  const { digest, words } = prepared;
  const now = context.now();
  if (intent.action === 'create') {
    const { definition, plan } = prepared;
    const runs = plan.entries.filter(({ excluded }) => excluded === undefined);
    const next = runs.slice(0, Math.min(5, definition.schedule.maxRuns ?? 5)).map(({ at }) => at);
    return { id, project, action, digest, words, next, definition: viewDefinition(definition), current: null };
  }
  const job = intent.current;
  const current = {
    state: job.state,
    definitionVersion: job.definitionVersion,
    definition: viewDefinition(job.definition),
    next: nextTimes(job, 5, now),
  };
  const shared = { id, project, action, digest, words, current };
  if (action === 'unchanged') return { ...shared, next: current.next, definition: current.definition };
  const next = nextTimes({ ...job, definition: prepared.definition }, 5, now);
  return { ...shared, next, definition: viewDefinition(prepared.definition) };
}

async function intentOf(context: Context, ref: JobRefs, written: object, seen: Seen): Promise<Intent> {
  const current = await existing(context, ref, seen);
  const submitted = withOwner(context.caller, ref.project, written, current?.definition);
  if (!current) {
    await assertNotDeleted(context, ref);
    return { action: 'create', prepared: await prepare(context, ref, submitted, context.now()) };
  }
  // Checked as of the time it was defined: a job whose only time has passed is still what its file says.
  const asDefined = await prepare(context, ref, submitted, Date.parse(current.definedAt));
  if (asDefined.digest === current.digest || means(asDefined, current))
    return { action: 'unchanged', prepared: asDefined, current };
  if (isClosed(current.state)) throw closed(ref, current);
  const prepared = await prepareSuccessor(context, ref, submitted, current.definition);
  return { action: 'update', submitted, prepared, current };
}

async function assertNotDeleted(context: InnerContext, ref: JobRefs): Promise<void> {
  const row = await storedJob(context, ref);
  if (row?.deletedAt !== undefined) throw deleted(ref, row.deletedAt);
}

/** Whether the job's definition was only written in another way: durations, defaults, what was exported from the job. */
function means(asDefined: PreparedDefinition, { definition }: JobSnapshot): boolean {
  const schedule = keepBeat(definition.schedule, asDefined.definition.schedule);
  return sameDefinition({ ...asDefined.definition, schedule }, definition);
}

/** The job as it is; one that was just seen otherwise is asked itself, where the database has nothing newer. */
async function existing(context: InnerContext, ref: JobRefs, { version }: Seen): Promise<JobSnapshot | undefined> {
  if (version !== undefined) {
    const row = await storedJob(context, ref);
    if (row?.deletedAt !== undefined) throw deleted(ref, row.deletedAt);
    if (row && row.definitionVersion > version) return row;
    const live = await context.gateway.query<JobSnapshot>(ref, 'snapshot');
    if (live !== undefined && live !== 'unanswered') return live;
  }
  try {
    return await readJob(context, ref);
  } catch (error) {
    if (error instanceof CarillonError && error.code === 'JOB_NOT_FOUND') return undefined;
    throw error;
  }
}
