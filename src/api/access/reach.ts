import { type Reach, type Right, roleRights } from '../../core/access.js';
import type { Caller } from './caller.js';

/** How far a right of the caller reaches in a project; undefined: they do not have it. */
export function reachIn(caller: Caller, project: string, right: Right): Reach | undefined {
  if (caller.scopes && !caller.scopes.includes(right)) return undefined;
  const grants = caller.grants.filter((grant) => grant.project === '*' || grant.project === project);
  const reaches = grants.map(({ role, payloads }) =>
    right === 'payloads:read' ? (payloads ? 'all' : undefined) : roleRights[role][right],
  );
  return reaches.find((reach) => reach === 'all') ?? reaches.find((reach) => reach !== undefined);
}
