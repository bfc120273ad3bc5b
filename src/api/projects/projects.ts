import type { z } from 'zod';
import { type Role, roles } from '../../core/access.js';
import { CarillonError, show } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import type { ProjectKey, ProjectRow } from '../../store/store.js';
import type { Caller } from '../access/caller.js';
import { grantsIn, noSuchProject, reachOf } from '../access/permission.js';
import type { Context } from '../context.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import type { CreateProjectInput, ProjectRef, projectListInput, UpdateProjectInput } from './inputs.js';
import type { ProjectView } from './views.js';

/** The projects the caller has a role in, by name. */
export async function listProjects(
  { store, keyRing, caller }: Context,
  { limit, cursor }: z.output<typeof projectListInput>,
): Promise<{ items: ProjectView[]; nextCursor: string | null }> {
  const names = caller.grants.map(({ project }) => project);
  const query = { list: 'projects', caller: caller.id };
  const after = cursor === undefined ? undefined : decodeCursor<ProjectKey>(keyRing, query, cursor);
  const page = await store.projects.list(names.includes('*') ? undefined : names, { limit, after });
  return {
    items: page.items.map((row) => viewProject(row, caller)),
    nextCursor: page.next && encodeCursor(keyRing, query, page.next),
  };
}

/** @throws CarillonError PROJECT_NOT_FOUND */
export async function readProject({ store, caller }: Context, { project }: ProjectRef): Promise<ProjectView> {
  const row = await store.projects.get(project);
  if (!row) throw noSuchProject(project);
  return viewProject(row, caller);
}

/** @throws CarillonError PROJECT_EXISTS */
export async function createProject(
  { store, caller, now }: Context,
  { name, description, quotas, by }: CreateProjectInput,
): Promise<ProjectView> {
  const row = await store.projects.create({ name, description, quotas, createdAt: isoTime(now()), createdBy: by });
  if (row) return viewProject(row, caller);
  throw new CarillonError('PROJECT_EXISTS', `Expected \`name\` to be free, got ${show(name)}.`, {
    field: 'name',
    value: name,
    hint: 'Choose another name, or change the project by projects.update.',
  });
}

/** @throws CarillonError PROJECT_NOT_FOUND */
export async function updateProject(
  { store, caller }: Context,
  { project, ...change }: UpdateProjectInput,
): Promise<ProjectView> {
  const row = await store.projects.update(project, change);
  if (!row) throw noSuchProject(project);
  return viewProject(row, caller);
}

function viewProject(row: ProjectRow, caller: Caller): ProjectView {
  const held = grantsIn(caller, row.name).map(({ role }) => role);
  const role = roles.find((one) => held.includes(one)) as Role;
  return { ...row, role, payloads: reachOf(caller, row.name, 'payloads:read') !== undefined };
}
