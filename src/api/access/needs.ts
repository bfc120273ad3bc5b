import type { Right } from '../../core/access.js';

/** What a procedure asks of its caller. */
export interface Need {
  /** `anyone`: no credentials. `member`: any role somewhere; what is shown depends on it. */
  right: Right | 'anyone' | 'member';
  /** What the right is needed on. `job`, `run`, `backfill`: one of a project, so that who owns the job may do. */
  on: 'instance' | 'project' | 'job' | 'run' | 'backfill';
  /** `hidden`: inputs and results are left out for who may not see them. `needed`: refused without that right. */
  payloads?: 'hidden' | 'needed';
  /** The input names who asks (`by`): the caller, whatever the client wrote. */
  signed?: true;
  /** The job named may be one that is still to be made. */
  creates?: true;
  /** The procedure itself keeps whose reach is `own` to what is theirs. */
  restricts?: true;
}

const read = (on: Need['on']): Need => ({ right: 'jobs:read', on });
const operate = (on: Need['on']): Need => ({ right: 'jobs:operate', on, payloads: 'hidden', signed: true });
const write: Need = { right: 'jobs:write', on: 'job', payloads: 'hidden', signed: true };
const manageKeys: Need = { right: 'keys:manage', on: 'project' };
const create: Need = { ...write, creates: true };
const seen = (on: Need['on']): Need => ({ ...read(on), payloads: 'hidden' });
const looked = (on: Need['on']): Need => ({ ...read(on), payloads: 'needed' });

/** Every procedure and what it needs, in the order of the router. A procedure without a row does not compile. */
export const needs = {
  'jobs.create': create,
  'jobs.validate': create,
  'jobs.ensure': create,
  'jobs.get': seen('job'),
  'jobs.source': looked('job'),
  'jobs.list': seen('project'),
  'jobs.count': read('project'),
  'jobs.update': write,
  'jobs.patch': write,
  'jobs.versions': read('job'),
  'jobs.version': seen('job'),
  'jobs.rollback': write,
  'jobs.reschedule': write,
  'jobs.pause': operate('job'),
  'jobs.resume': operate('job'),
  'jobs.cancel': operate('job'),
  'jobs.delete': write,
  'jobs.trigger': operate('job'),
  'jobs.status': seen('job'),
  'jobs.next': read('job'),

  'calendars.put': { right: 'calendars:write', on: 'project', signed: true },
  'calendars.get': read('project'),
  'calendars.list': read('project'),
  'calendars.delete': { right: 'calendars:write', on: 'project' },
  'backfills.create': operate('job'),
  'backfills.get': seen('backfill'),
  'backfills.list': seen('project'),
  'backfills.pause': operate('backfill'),
  'backfills.resume': operate('backfill'),
  'backfills.cancel': operate('backfill'),
  'runs.get': seen('run'),
  'runs.list': seen('project'),
  'operations.create': { right: 'jobs:operate', on: 'project', signed: true, restricts: true },
  'operations.get': read('project'),
  'operations.list': read('project'),
  'operations.cancel': { right: 'jobs:operate', on: 'project', signed: true, restricts: true },
  'runs.cancel': operate('run'),
  'runs.retry': operate('run'),
  'runs.deadLetters': seen('project'),
  'runs.redrive': operate('job'),
  'runs.dismiss': operate('run'),
  'runs.logs': looked('run'),
  'runs.result': looked('run'),
  'runs.followLogs': looked('run'),
  'events.follow': read('project'),
  'tasks.list': { right: 'member', on: 'instance' },
  'tasks.get': { right: 'member', on: 'instance' },
  'keys.create': manageKeys,
  'keys.get': manageKeys,
  'keys.list': manageKeys,
  'keys.revoke': manageKeys,
  'schedules.preview': { right: 'jobs:read', on: 'project' },
  'projects.list': { right: 'member', on: 'instance' },
  'projects.get': read('project'),
  'projects.create': { right: 'instance:manage', on: 'instance', signed: true },
  'projects.update': { right: 'project:manage', on: 'project' },
  'members.list': { right: 'members:manage', on: 'project' },
  'members.put': { right: 'members:manage', on: 'project', signed: true },
  'members.delete': { right: 'members:manage', on: 'project' },
  'secrets.put': { right: 'secrets:write', on: 'project', signed: true },
  'secrets.list': read('project'),
  'secrets.delete': { right: 'secrets:write', on: 'project' },
  'secrets.rotate': { right: 'instance:manage', on: 'instance' },
  'audit.list': { right: 'audit:read', on: 'project' },
  'audit.listAll': { right: 'instance:manage', on: 'instance' },
  'system.health': { right: 'anyone', on: 'instance' },
} as const satisfies Record<string, Need>;

/** Undefined: there is no such procedure. */
export function needOf(path: string): Need | undefined {
  return Object.hasOwn(needs, path) ? needs[path as GuardedProcedure] : undefined;
}

export type GuardedProcedure = keyof typeof needs;
