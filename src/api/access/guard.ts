import { type Right, roleRights } from '../../core/access.js';
import { CarillonError, show } from '../../core/errors.js';
import { noCredentials } from '../auth/authenticate.js';
import type { Context } from '../context.js';
import type { Caller } from './caller.js';
import { type Need, needs } from './needs.js';

const table: Record<string, Need> = needs;

/**
 * Whether the caller may call a procedure with this input. @returns the input, as the caller's own
 * @throws CarillonError UNAUTHENTICATED, FORBIDDEN, PROJECT_NOT_FOUND
 */
export async function guard({ caller }: Context, path: string, rawInput: () => Promise<unknown>): Promise<unknown> {
  const need = table[path];
  const raw = await rawInput();
  if (!need) throw new CarillonError('FORBIDDEN', `Expected ${path} to be guarded.`);
  if (need.right === 'anyone') return raw;
  if (caller.kind === 'nobody') throw noCredentials();
  if (need.right === 'member' || need.on === 'instance') return raw;
  const named = (raw as { project?: unknown } | undefined)?.project;
  const project = typeof named === 'string' ? named : 'default';
  if (!caller.grants.some((grant) => grant.project === '*' || grant.project === project)) {
    throw new CarillonError('PROJECT_NOT_FOUND', `Expected \`project\` to be one of yours, got ${show(project)}.`, {
      field: 'project',
      value: project,
    });
  }
  if (!mayIn(caller, project, need.right)) {
    throw new CarillonError('FORBIDDEN', `Expected the right ${need.right} in project ${show(project)}.`, {
      hint: 'Ask an admin of the project for it.',
    });
  }
  return raw;
}

function mayIn(caller: Caller, project: string, right: Right): boolean {
  if (caller.scopes && !caller.scopes.includes(right)) return false;
  return caller.grants.some(
    (grant) =>
      (grant.project === '*' || grant.project === project) &&
      (right === 'payloads:read' ? grant.payloads : roleRights[grant.role][right] !== undefined),
  );
}
