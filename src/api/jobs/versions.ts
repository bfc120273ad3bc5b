import { CarillonError, show } from '../../core/errors.js';
import { submittedOf } from '../../core/submitted.js';
import type { VersionKey, VersionRow } from '../../store/store.js';
import { withOwner } from '../access/ownership.js';
import type { Context, InnerContext } from '../context.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import type { JobRefs } from '../temporal/gateway.js';
import type { CommandView, VersionItemView, VersionView } from '../views.js';
import { commandJob } from './command.js';
import { readJob } from './read.js';
import { currentDefinition, prepareSuccessor } from './redefine.js';
import { viewDefinition } from './view.js';

/** @throws CarillonError VERSION_NOT_FOUND, JOB_NOT_FOUND */
export async function readVersion(context: InnerContext, ref: JobRefs, version: number): Promise<VersionRow> {
  const row = await context.store.versions.get(ref.project, ref.jobId, version);
  if (row) return row;
  const { definitionVersion } = await readJob(context, ref);
  throw new CarillonError(
    'VERSION_NOT_FOUND',
    `Expected \`version\` to be one of job ${show(ref.jobId)}, from 1 to ${definitionVersion}, got ${version}.`,
    { field: 'version', value: version, hint: 'List the versions of the job.' },
  );
}

export async function listVersions(
  context: InnerContext,
  ref: JobRefs,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<{ items: VersionItemView[]; nextCursor: string | null }> {
  const query = { list: 'versions', ...ref };
  const after = cursor === undefined ? undefined : decodeCursor<VersionKey>(context.keyRing, query, cursor);
  const page = await context.store.versions.list(ref.project, ref.jobId, { limit, after });
  // Whoever asks for a job that never was is told so.
  if (page.items.length === 0) await readJob(context, ref);
  const items = page.items.map((row) => ({ ...standing(row), task: row.definition.task }));
  return { items, nextCursor: page.next && encodeCursor(context.keyRing, query, page.next) };
}

/** Makes an earlier definition the job's own again: as a new version, so that the history stays. */
export async function rollbackJob(
  context: Context,
  ref: JobRefs,
  { version, ...meta }: { version: number; commandId?: string; by?: string },
): Promise<CommandView> {
  const row = await readVersion(context, ref, version);
  const current = await currentDefinition(context, ref);
  const then = submittedOf(row.definition, context.registry.get(row.definition.task));
  const definition = withOwner(context.caller, ref.project, then, current.definition);
  // Its intervals count from where they counted then.
  const prepared = await prepareSuccessor(context, ref, definition, row.definition);
  // The digest is that of what was submitted then: applying the file it came from changes nothing.
  const digest = definition === then ? row.digest : prepared.digest;
  return commandJob(context, ref, 'update', {
    ...meta,
    definition,
    prepared: { ...prepared, digest },
    ifVersion: current.definitionVersion,
  });
}

export function viewVersion(row: VersionRow): VersionView {
  return { ...standing(row), project: row.project, id: row.jobId, definition: viewDefinition(row.definition) };
}

function standing({ version, words, digest, definedAt, definedBy }: VersionRow) {
  return { version, words, digest, definedAt, definedBy };
}
