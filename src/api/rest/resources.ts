import { createHash } from 'node:crypto';
import type { ProcedurePath } from '../router.js';
import type { Json } from './json.js';
import type { Operation } from './operations.js';

/** What HTTP says of an answer beside its body. */
interface Standing {
  status?: number;
  location?: string;
  etag?: string;
}
type Read = (answer: Json) => Standing;

/** Number of the definition or of the calendar: what `If-Match` is about. */
const tag = (number: unknown) => (typeof number === 'number' ? `"${number}"` : undefined);
const segment = (text: unknown) => encodeURIComponent(String(text));
const at = (path: string, project: unknown) =>
  project === 'default' || project === undefined ? path : `${path}?project=${segment(project)}`;

const jobAt = ({ id, project }: Json) => at(`/v1/jobs/${segment(id)}`, project);
const ofJob: Read = ({ definitionVersion }) => ({ etag: tag(definitionVersion) });
/** A job that nobody confirmed may be of a later version already. */
const ofCommand: Read = ({ job, confirmed }) => (job && confirmed ? ofJob(job as Json) : {});
const ofRun: Read = ({ runId, job }) => ({
  location: at(`/v1/runs/${segment(runId)}`, (job as Json | null | undefined)?.project),
});

const readers: Partial<Record<ProcedurePath, Read>> = {
  'jobs.get': ofJob,
  'jobs.create': (job) => ({ ...ofJob(job), location: jobAt(job) }),
  'jobs.ensure': (answer) => {
    const created = answer.action === 'created';
    return { ...ofCommand(answer), ...(created && { status: 201, location: jobAt(answer.job as Json) }) };
  },
  'jobs.update': ofCommand,
  'jobs.patch': ofCommand,
  'jobs.rollback': ofCommand,
  'jobs.reschedule': ofCommand,
  'jobs.trigger': ofRun,
  'calendars.get': ({ revision }) => ({ etag: tag(revision) }),
  'calendars.put': ({ name, project, revision, changed }) => ({
    etag: tag(revision),
    ...(revision === 1 && changed === true && { status: 201, location: at(`/v1/calendars/${segment(name)}`, project) }),
  }),
  'operations.create': ({ operation }) => {
    if (!operation) return { status: 200 };
    const { id, project } = operation as Json;
    return { location: at(`/v1/operations/${segment(id)}`, project) };
  },
  'keys.create': ({ id, project }) => ({ location: at(`/v1/keys/${segment(id)}`, project) }),
  'projects.create': ({ name }) => ({ location: `/v1/projects/${segment(name)}` }),
  'backfills.create': ({ backfill }) => {
    if (!backfill) return { status: 200 };
    const { id, project } = backfill as Json;
    return { location: at(`/v1/backfills/${segment(id)}`, project) };
  },
};

/**
 * @param body the answer as it is sent
 * @returns `etag` covers the body where `whole` is true; that of a job or a calendar tells of what can be changed alone,
 *   and not of what happens meanwhile
 */
export function standingOf({ name, method }: Operation, answer: unknown, body: string): Standing & { whole: boolean } {
  const read = readers[name];
  if (read) return { ...read(answer as Json), whole: false };
  if (method !== 'GET') return { whole: false };
  return { etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`, whole: true };
}

/** Procedures whose answer has the `ETag` that `If-Match` takes. */
export function isTagged(name: ProcedurePath): boolean {
  return ['jobs.get', 'calendars.get'].includes(name);
}

/** Procedures that may answer 201 or 200. */
export function mayCreate(name: ProcedurePath): boolean {
  return ['jobs.ensure', 'calendars.put', 'backfills.create', 'operations.create'].includes(name);
}
