import { type Reach, type Right, type Role, roleRights } from '../../core/access.js';
import { CarillonError, show } from '../../core/errors.js';
import type { Caller, Grant } from './caller.js';

/** The grants that hold in a project. `*` is itself a place: what holds there, holds in every project. */
export function grantsIn({ grants }: Caller, project: string): Grant[] {
  return grants.filter((grant) => grant.project === '*' || grant.project === project);
}

/** How far a right of the caller goes in a project; undefined: they do not have it. */
export function reachOf(caller: Caller, project: string, right: Right): Reach | undefined {
  if (caller.scopes && !caller.scopes.includes(right)) return undefined;
  const reaches = grantsIn(caller, project).map((grant) => reachBy(grant, right));
  return reaches.includes('all') ? 'all' : reaches.find((reach) => reach !== undefined);
}

function reachBy(grant: Grant, right: Right): Reach | undefined {
  if (right === 'payloads:read') return grant.payloads ? 'all' : undefined;
  if (right === 'instance:manage') return grant.project === '*' && grant.role === 'owner' ? 'all' : undefined;
  return roleRights[grant.role][right];
}

/** Whether the caller has everything that a role brings, and so takes nothing by giving it. */
export function coversRole(caller: Caller, project: string, role: Role): boolean {
  // Whoever owns all projects has this right as well, which is no part of the role elsewhere.
  if (project === '*' && role === 'owner' && !reachOf(caller, '*', 'instance:manage')) return false;
  return Object.entries(roleRights[role]).every(([right, needed]) => {
    const reach = reachOf(caller, project, right as Right);
    return reach === 'all' || (reach === 'own' && needed === 'own');
  });
}

/** The same for a project that exists and for one that does not. */
export function noSuchProject(project: string): CarillonError {
  return new CarillonError('PROJECT_NOT_FOUND', `Expected \`project\` to be one of yours, got ${show(project)}.`, {
    field: 'project',
    value: project,
    hint: 'List your projects, or ask to become a member of this one.',
  });
}

export function forbidden(right: Right, where: string): CarillonError {
  return new CarillonError('FORBIDDEN', `Expected the right ${right} ${where}.`, {
    hint: 'Ask somebody who manages the members of the project; docs/access.md says which role brings it.',
  });
}
