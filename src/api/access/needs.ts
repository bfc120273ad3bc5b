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
}

const read = (on: Need['on']): Need => ({ right: 'jobs:read', on });
const operate = (on: Need['on']): Need => ({ right: 'jobs:operate', on, payloads: 'hidden', signed: true });
const write: Need = { right: 'jobs:write', on: 'job', payloads: 'hidden', signed: true };

/** Every procedure and what it needs, in the order of the router. A procedure without a row does not compile. */
export const needs = {
  'jobs.create': write,
  'jobs.validate': write,
  'jobs.ensure': write,
  'jobs.get': { ...read('job'), payloads: 'hidden' },
  'jobs.source': { ...read('job'), payloads: 'needed' },
  'jobs.list': read('project'),
  'jobs.update': write,
  'jobs.versions': read('job'),
  'jobs.version': { ...read('job'), payloads: 'hidden' },
  'jobs.rollback': write,
  'jobs.reschedule': write,
  'jobs.pause': operate('job'),
  'jobs.resume': operate('job'),
  'jobs.cancel': operate('job'),
  'jobs.trigger': operate('job'),
  'jobs.status': read('job'),
  'jobs.next': read('job'),

  'calendars.put': { right: 'calendars:write', on: 'project', signed: true },
  'calendars.get': read('project'),
  'calendars.list': read('project'),
  'calendars.delete': { right: 'calendars:write', on: 'project' },
  'backfills.create': operate('job'),
  'backfills.get': read('backfill'),
  'backfills.list': read('project'),
  'backfills.pause': operate('backfill'),
  'backfills.resume': operate('backfill'),
  'backfills.cancel': operate('backfill'),
  'runs.get': { ...read('run'), payloads: 'hidden' },
  'runs.list': { ...read('project'), payloads: 'hidden' },
  'runs.cancel': operate('run'),
  'runs.retry': operate('run'),
  'runs.deadLetters': { ...read('project'), payloads: 'hidden' },
  'runs.redrive': { right: 'jobs:operate', on: 'project', payloads: 'hidden', signed: true },
  'runs.dismiss': operate('run'),
  'runs.logs': { ...read('run'), payloads: 'needed' },
  'runs.result': { ...read('run'), payloads: 'needed' },
  'runs.followLogs': { ...read('run'), payloads: 'needed' },
  'tasks.list': { right: 'member', on: 'instance' },
  'tasks.get': { right: 'member', on: 'instance' },
  'schedules.preview': { right: 'jobs:read', on: 'project' },
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
