import { CarillonError, show } from '../../core/errors.js';
import { parseRunId } from '../../core/ids.js';
import type { Context } from '../context.js';
import { readJob } from '../jobs/read.js';
import type { Caller } from './caller.js';
import type { Need } from './needs.js';
import { reachOf } from './permission.js';

/**
 * Whether the job that a call is about is the caller's own. A job that does not exist passes: the procedure says so
 * itself, or creates it. Callers who may not read jobs are not told which ids exist, though.
 * @throws CarillonError STORE_UNAVAILABLE, WORKER_UNAVAILABLE: nobody can tell whose job it is
 */
export async function ownsTarget(ctx: Context, need: Need, project: string, raw: unknown): Promise<boolean> {
  const absent = need.creates === true || reachOf(ctx.caller, project, 'jobs:read') !== undefined;
  const target = await targetOf(ctx, need, project, raw);
  // Without an id there is nothing to own yet, or it is about all jobs of the project.
  if (target === 'unnamed') return need.creates === true;
  if (target === 'absent') return absent;
  try {
    const { definition } = await readJob(ctx, { project, jobId: target.jobId });
    return isOwn(ctx.caller, definition.owner);
  } catch (error) {
    if (error instanceof CarillonError && error.code === 'JOB_NOT_FOUND') return absent;
    throw error;
  }
}

type Target = { jobId: string } | 'unnamed' | 'absent';

async function targetOf({ store }: Context, { on }: Need, project: string, raw: unknown): Promise<Target> {
  const { id, jobId, runId } = (raw ?? {}) as Record<'id' | 'jobId' | 'runId', unknown>;
  if (on === 'run') return typeof runId === 'string' ? (parseRunId(runId) ?? 'absent') : 'unnamed';
  if (on === 'backfill') {
    if (typeof id !== 'string') return 'unnamed';
    const row = await store.backfills.get(project, id);
    return row ? { jobId: row.jobId } : 'absent';
  }
  if (on !== 'job') return 'unnamed';
  // Where an input has both, `id` is that of what is made for the job.
  const named = jobId ?? id;
  return typeof named === 'string' ? { jobId: named } : 'unnamed';
}

function isOwn({ owns }: Caller, owner: string | undefined): boolean {
  return owner !== undefined && owns.includes(owner);
}

/**
 * The definition with the owner it is to have. Where none is named, a job keeps the one it has, and a new job of who may
 * write only their own becomes theirs. While authentication is off, what was written is what counts.
 * @param current the definition in force; absent for a new job
 * @throws CarillonError FORBIDDEN: the caller may write their own jobs only, and names somebody else
 */
export function withOwner<Submitted extends object>(
  caller: Caller,
  project: string,
  submitted: Submitted,
  current?: { owner?: string },
): Submitted {
  if (caller.kind === 'open') return submitted;
  const asked = (submitted as { owner?: string }).owner;
  const ownOnly = reachOf(caller, project, 'jobs:write') !== 'all';
  const owner = asked ?? (current ? current.owner : ownOnly ? caller.owns[0] : undefined);
  if (ownOnly && !isOwn(caller, owner)) throw notYours(caller, owner);
  return owner === asked ? submitted : { ...submitted, owner };
}

function notYours({ owns }: Caller, owner: string | undefined): CarillonError {
  const names = owns.map(show).join(', ');
  return new CarillonError('FORBIDDEN', `Expected \`owner\` to be you or a team of yours, got ${show(owner)}.`, {
    field: 'owner',
    value: owner,
    hint: names ? `You own jobs as ${names}.` : 'Nothing is known under which you own jobs.',
  });
}
