import type { ProcedurePath } from '../../../src/api/router.js';
import type { Right, Role } from '../../../src/core/access.js';

/**
 * Who may do what, written down once more and in another way than in the code: what the matrix expects does not come
 * from what it tests.
 */
export const may: Record<Role, string> = {
  owner:
    'jobs:read jobs:write jobs:operate calendars:write secrets:write keys:manage members:manage project:manage audit:read',
  admin: 'jobs:read jobs:write jobs:operate calendars:write secrets:write keys:manage members:manage audit:read',
  operator: 'jobs:read jobs:operate calendars:write',
  developer: 'jobs:read own:jobs:write own:jobs:operate',
  viewer: 'jobs:read',
};

/**
 * How a procedure names what it is about. `new`: the job may be one that is still to be made. `filter`: the procedure keeps
 * to what is the caller's own where their reach ends there.
 */
export type Naming = 'filter' | 'job' | 'new' | 'jobOf' | 'run' | 'backfill' | 'project' | 'instance';

interface Asked {
  right: Right | 'anyone' | 'member';
  by: Naming;
  payloads?: true;
}

function asked(right: Asked['right'], by: Naming, names: string, payloads?: true): [string, Asked][] {
  return names.split(' ').map((name) => [name, { right, by, payloads }]);
}

/** Every procedure. */
export const asks = Object.fromEntries([
  ...asked('anyone', 'instance', 'system.health'),
  ...asked('member', 'instance', 'tasks.list tasks.get projects.list'),
  ...asked('instance:manage', 'instance', 'projects.create secrets.rotate audit.listAll'),
  ...asked('jobs:read', 'job', 'jobs.get jobs.versions jobs.version jobs.status jobs.next'),
  ...asked('jobs:read', 'job', 'jobs.source', true),
  ...asked('jobs:read', 'run', 'runs.get'),
  ...asked('jobs:read', 'run', 'runs.logs runs.result runs.followLogs', true),
  ...asked('jobs:read', 'backfill', 'backfills.get'),
  ...asked('jobs:read', 'project', 'jobs.list runs.list runs.deadLetters backfills.list calendars.get calendars.list'),
  ...asked('jobs:read', 'project', 'schedules.preview projects.get'),
  ...asked('jobs:read', 'project', 'jobs.count operations.get operations.list events.follow secrets.list'),
  ...asked('jobs:write', 'new', 'jobs.create jobs.ensure jobs.validate'),
  ...asked('jobs:write', 'job', 'jobs.update jobs.patch jobs.rollback jobs.reschedule jobs.delete'),
  ...asked('jobs:operate', 'job', 'jobs.pause jobs.resume jobs.cancel jobs.trigger'),
  ...asked('jobs:operate', 'jobOf', 'backfills.create runs.redrive'),
  ...asked('jobs:operate', 'run', 'runs.cancel runs.retry runs.dismiss'),
  ...asked('jobs:operate', 'backfill', 'backfills.pause backfills.resume backfills.cancel'),
  ...asked('jobs:operate', 'filter', 'operations.create operations.cancel'),
  ...asked('keys:manage', 'project', 'keys.create keys.get keys.list keys.revoke'),
  ...asked('secrets:write', 'project', 'secrets.put secrets.delete'),
  ...asked('audit:read', 'project', 'audit.list'),
  ...asked('calendars:write', 'project', 'calendars.put calendars.delete'),
  ...asked('members:manage', 'project', 'members.list members.put members.delete'),
  ...asked('project:manage', 'project', 'projects.update'),
]) as Record<ProcedurePath, Asked>;

/** Who asks in the matrix. */
export interface Asker {
  name: string;
  /** Absent: no credentials. */
  grant?: { project: string; role: Role; payloads: boolean };
  scopes?: Right[];
}

export type Target = 'own' | 'other' | 'absent' | 'unnamed';
export type Outcome = 'allowed' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'PROJECT_NOT_FOUND';

/** What is to become of a call. */
export function expected({ grant, scopes }: Asker, path: ProcedurePath, project: string, target: Target): Outcome {
  const { right, by, payloads } = asks[path];
  const scoped = (one: Right) => !scopes || scopes.includes(one);
  if (right === 'anyone') return 'allowed';
  if (!grant) return 'UNAUTHENTICATED';
  if (right === 'member') return 'allowed';
  if (by === 'instance')
    return grant.project === '*' && grant.role === 'owner' && scoped(right) ? 'allowed' : 'FORBIDDEN';
  if (grant.project !== '*' && grant.project !== project) return 'PROJECT_NOT_FOUND';
  if (!scoped(right)) return 'FORBIDDEN';
  const words = may[grant.role].split(' ');
  if (payloads && !(grant.payloads && scoped('payloads:read'))) return 'FORBIDDEN';
  if (words.includes(right)) return 'allowed';
  if (!words.includes(`own:${right}`)) return 'FORBIDDEN';
  if (target === 'own' || by === 'filter') return 'allowed';
  if (target === 'other') return 'FORBIDDEN';
  if (by === 'new') return 'allowed';
  return target === 'absent' && scoped('jobs:read') ? 'allowed' : 'FORBIDDEN';
}
