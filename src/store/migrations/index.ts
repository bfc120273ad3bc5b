import type { Migration } from 'kysely';
import * as jobsAndRuns from './0001-jobs-and-runs.js';
import * as clock from './0002-clock.js';
import * as evidence from './0003-evidence.js';
import * as deadLetters from './0004-dead-letters.js';
import * as keys from './0005-keys.js';
import * as projects from './0006-projects.js';
import * as limits from './0007-limits.js';
import * as operations from './0008-operations.js';
import * as changes from './0009-changes.js';
import * as secrets from './0010-secrets.js';
import * as audit from './0011-audit.js';
import * as revokedSessions from './0012-revoked-sessions.js';
import * as search from './0013-search.js';
import * as jobCounts from './0014-job-counts.js';

/** Every migration by name, applied in the order of names. Forward only: a released one is never edited, a new one added. */
export const migrations: Record<string, Migration> = {
  '0001-jobs-and-runs': jobsAndRuns,
  '0002-clock': clock,
  '0003-evidence': evidence,
  '0004-dead-letters': deadLetters,
  '0005-keys': keys,
  '0006-projects': projects,
  '0007-limits': limits,
  '0008-operations': operations,
  '0009-changes': changes,
  '0010-secrets': secrets,
  '0011-audit': audit,
  '0012-revoked-sessions': revokedSessions,
  '0013-search': search,
  '0014-job-counts': jobCounts,
};
