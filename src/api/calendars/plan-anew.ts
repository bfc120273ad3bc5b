import type { UpdateCommand } from '../../core/commands.js';
import type { JobSnapshot } from '../../core/contract.js';
import { CarillonError } from '../../core/errors.js';
import { submittedOf } from '../../core/submitted.js';
import type { CalendarUse } from '../../store/store.js';
import type { Backstage } from '../context.js';
import { currentDefinition, prepareSuccessor } from '../jobs/redefine.js';

/**
 * Plans a job with the calendars as they are now: its own definition once more, as a new version in the name of whoever
 * changed the calendar. Repeating it does nothing; an edit that comes in between wins, and has the calendars too.
 * @returns `left` when there is nothing to do, or the job has ended or been changed meanwhile
 * @throws CarillonError of the job's schedule, or TEMPORAL_UNAVAILABLE, STORE_UNAVAILABLE
 */
export async function planAnew(
  context: Backstage,
  { project, jobId }: Pick<CalendarUse, 'project' | 'jobId'>,
): Promise<'planned' | 'left'> {
  const ref = { project, jobId };
  try {
    const current = await currentDefinition(context, ref);
    const { definition, definitionVersion, digest } = current;
    const used = definition.schedule.resolved?.calendars ?? {};
    const stored = await context.store.calendars.getMany(project, Object.keys(used));
    const changed = stored.filter(({ name, revision }) => used[name]?.revision !== revision);
    const [latest] = changed.sort((a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt));
    if (!latest) {
      // The job has them already; it is its row that lags behind.
      await bringRow(context, ref);
      return 'left';
    }
    const submitted = submittedOf(definition, context.registry.get(definition.task));
    const prepared = await prepareSuccessor(context, ref, submitted, definition);
    const revisions = stored.map(({ revision }) => revision).join('.');
    const command: UpdateCommand & { commandId: string } = {
      commandId: `calendars:v${definitionVersion}:${revisions}`.slice(0, 100),
      by: latest.updatedBy,
      definition: submitted,
      // What its author wrote has not changed.
      prepared: { ...prepared, digest },
      ifVersion: definitionVersion,
    };
    const answer = await context.gateway.command<JobSnapshot>(ref, 'update', command);
    if (answer === undefined) return 'left';
    if (answer !== 'unconfirmed') await context.store.write([{ snapshot: answer, entries: [] }]);
    return 'planned';
  } catch (error) {
    const passed =
      error instanceof CarillonError && ['JOB_CLOSED', 'JOB_CHANGED', 'JOB_NOT_FOUND'].includes(error.code);
    if (passed) return 'left';
    throw error;
  }
}

async function bringRow({ gateway, store }: Backstage, ref: { project: string; jobId: string }): Promise<void> {
  const snapshot = await gateway.query<JobSnapshot>(ref, 'snapshot');
  if (snapshot !== undefined && snapshot !== 'unanswered') await store.write([{ snapshot, entries: [] }]);
}
