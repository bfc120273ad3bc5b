import type { CancelCommand } from '../../core/commands.js';
import { CarillonError } from '../../core/errors.js';
import { isClosed } from '../../core/states.js';
import type { InnerContext } from '../context.js';
import type { JobRefs } from '../temporal/gateway.js';
import type { DeletedView } from '../views.js';
import { commandJob } from './command.js';
import { changed, readJob } from './read.js';

/**
 * Ends the job and the runs in progress, then takes it out of every list. Its runs and versions stay, and its id is not
 * given again. Interrupted between the two, it is cancelled and can be deleted once more.
 * @throws CarillonError JOB_NOT_FOUND, JOB_CHANGED, STORE_UNAVAILABLE
 */
export async function deleteJob(
  context: InnerContext,
  ref: JobRefs,
  { reason = 'deleted', ifVersion, ...meta }: CancelCommand & { ifVersion?: number },
): Promise<DeletedView> {
  const { project, jobId } = ref;
  const job = await readJob(context, ref);
  if (ifVersion !== undefined && ifVersion !== job.definitionVersion) throw changed(ifVersion, job.definitionVersion);
  const confirmed = isClosed(job.state) || (await end(context, ref, { ...meta, reason }));
  // The row may still be to come; one that is newer stays.
  await context.store.write([{ snapshot: job, entries: [] }]);
  const deletedAt = await context.store.jobs.delete(project, jobId, meta.by);
  return { project, id: jobId, deletedAt, confirmed };
}

/** Whether it is known to have ended. */
async function end(context: InnerContext, ref: JobRefs, command: CancelCommand): Promise<boolean> {
  try {
    return (await commandJob(context, ref, 'cancel', command)).confirmed;
  } catch (error) {
    if (error instanceof CarillonError && error.code === 'JOB_CLOSED') return true;
    throw error;
  }
}
