/** What a member of a project is, from all rights to the fewest. docs/access.md is checked against this file. */
export const roles = ['owner', 'admin', 'operator', 'developer', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** Each right, and what it is for. */
export const rightSummaries = {
  'jobs:read': 'See jobs, runs, schedules, calendars, backfills and operations, without what they carry.',
  'jobs:write': 'Create jobs, change and delete them.',
  'jobs:operate': 'Pause, resume, cancel and trigger jobs; cancel, retry and dismiss runs; backfills; operations.',
  'calendars:write': 'Create, change and delete calendars.',
  'payloads:read': 'See what jobs carry: inputs, results, logs. No role brings it: it is given by itself.',
  'secrets:write': 'Store, replace and delete secrets. Nobody reads them but tasks.',
  'keys:manage': 'Create and revoke API keys of the project.',
  'members:manage': 'Say who is a member of the project, and as what.',
  'project:manage': "Change the project and its quotas; give and take the owner's role.",
  'audit:read': 'See who changed what, and who was refused.',
  'instance:manage': 'Create projects, and what concerns all of them.',
} as const;
export type Right = keyof typeof rightSummaries;
export const rights = Object.keys(rightSummaries) as Right[];

/** `own`: only where the caller owns the job. */
export type Reach = 'all' | 'own';

const operator = { 'jobs:read': 'all', 'jobs:operate': 'all', 'calendars:write': 'all' } as const;
const admin = {
  ...operator,
  'jobs:write': 'all',
  'secrets:write': 'all',
  'keys:manage': 'all',
  'members:manage': 'all',
  'audit:read': 'all',
} as const;

/** What each role may do. `payloads:read` goes beside the role; `instance:manage` is the owner's of all projects. */
export const roleRights: Record<Role, Partial<Record<Right, Reach>>> = {
  owner: { ...admin, 'project:manage': 'all' },
  admin,
  operator,
  developer: { 'jobs:read': 'all', 'jobs:write': 'own', 'jobs:operate': 'own' },
  viewer: { 'jobs:read': 'all' },
};
