import { normalSubject } from '../access/directory.js';
import type { GuardedProcedure } from '../access/needs.js';
import type { InnerContext } from '../context.js';
import { viewDefinition } from '../jobs/view.js';
import { within } from '../within.js';

type Reader = (context: InnerContext, project: string, name: string) => Promise<unknown>;

/** How long a change waits at most for what there was before it, in milliseconds. */
const patienceMs = 300;

const job: Reader = async ({ store }, project, id) => {
  const row = await store.jobs.get(project, id);
  return row && { ...row, definition: viewDefinition(row.definition) };
};
const calendar: Reader = async ({ store }, project, name) => {
  const row = await store.calendars.get(project, name);
  return row && { ...row, ...row.calendar };
};
const secret: Reader = async ({ store }, project, name) => store.secrets.get(project, name);
const key: Reader = async ({ store }, project, id) => store.keys.get(project, id);
const member: Reader = async ({ store }, project, subject) => store.members.get(project, normalSubject(subject));
const tenant: Reader = async ({ store }, project) => store.projects.get(project);

/** Changes of what has a row that tells how it was before: one more statement each. */
const readers: Partial<Record<GuardedProcedure, Reader>> = {
  'jobs.ensure': job,
  'jobs.update': job,
  'jobs.patch': job,
  'jobs.delete': job,
  'jobs.rollback': job,
  'jobs.reschedule': job,
  'jobs.pause': job,
  'jobs.resume': job,
  'jobs.cancel': job,
  'calendars.put': calendar,
  'calendars.delete': calendar,
  'secrets.put': secret,
  'secrets.delete': secret,
  'keys.revoke': key,
  'members.put': member,
  'members.delete': member,
  'projects.update': tenant,
};

/** How it was; undefined when there is nothing to tell, or the database does not answer at once. */
export async function readBefore(
  context: InnerContext,
  path: string,
  { project, target }: { project?: string; target?: string },
): Promise<unknown> {
  const read = Object.hasOwn(readers, path) ? readers[path as GuardedProcedure] : undefined;
  if (!read || project === undefined || (target === undefined && read !== tenant)) return undefined;
  return within(patienceMs, read(context, project, target ?? project)).catch(() => undefined);
}
