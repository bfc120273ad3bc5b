import { type Reach, type Right, type Role, roleRights } from '../../core/access.js';
import { CarillonError } from '../../core/errors.js';
import type { Caller, Grant } from '../access/caller.js';

/** What a key is given: a role in a project, or in all of them (`*`), and the rights it is limited to. */
export interface Gift {
  project: string;
  role: Role;
  payloads: boolean;
  scopes?: readonly Right[];
}

/**
 * Nobody gives more than they have, so that no key leads to another that may do more.
 * @throws CarillonError FORBIDDEN
 */
export function assertMayGive(caller: Caller, gift: Gift): void {
  const { project } = gift;
  const has = rightsIn(caller, project);
  const given = rightsIn({ grants: [gift], scopes: gift.scopes }, project);
  const beyond = [...given].filter(
    ([right, reach]) => !has.has(right) || (reach === 'all' && has.get(right) === 'own'),
  );
  const lacking = beyond.map(([right]) => right);
  // All projects: those to come as well, whatever the rights.
  if (project === '*' && !has.has('instance:manage')) lacking.unshift('instance:manage');
  if (lacking.length === 0) return;
  const missing = [...new Set(lacking)].join(', ');
  throw new CarillonError('FORBIDDEN', `Expected a key that may do no more than you, got one with ${missing}.`, {
    field: project === '*' && !has.has('instance:manage') ? 'project' : 'role',
    hint: 'Leave out what you lack, by another role or by `scopes`, or ask an owner.',
  });
}

/** The rights in one project and how far they reach; `*`: in all projects. */
function rightsIn(
  { grants, scopes }: { grants: readonly Grant[]; scopes?: readonly Right[] },
  project: string,
): Map<Right, Reach> {
  const rights = new Map<Right, Reach>();
  for (const grant of grants.filter((one) => one.project === '*' || one.project === project)) {
    for (const [right, reach] of Object.entries(roleRights[grant.role]) as [Right, Reach][]) {
      if (rights.get(right) !== 'all') rights.set(right, reach);
    }
    if (grant.payloads) rights.set('payloads:read', 'all');
    if (grant.project === '*' && grant.role === 'owner') rights.set('instance:manage', 'all');
  }
  if (scopes) for (const right of rights.keys()) if (!scopes.includes(right)) rights.delete(right);
  return rights;
}
