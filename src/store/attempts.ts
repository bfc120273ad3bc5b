import type { Kysely } from 'kysely';
import type { FailedAttempt } from '../core/contract.js';
import type { Database } from './schema.js';

export interface AttemptReader {
  /** The attempts of a run that failed and were followed by another, the first one first; at most 1000. */
  list(project: string, runId: string): Promise<FailedAttempt[]>;
}

export function attemptReader(db: Kysely<Database>): AttemptReader {
  return {
    async list(project, runId) {
      const rows = await db
        .selectFrom('attempts')
        .selectAll()
        .where('project', '=', project)
        .where('run_id', '=', runId)
        .orderBy('attempt')
        .limit(1000)
        .execute();
      return rows.map((row) => ({
        attempt: row.attempt,
        state: row.state as FailedAttempt['state'],
        ...(row.started_at !== null && { startedAt: row.started_at }),
        finishedAt: row.finished_at,
        error: { code: row.error_code ?? 'TASK_FAILED', message: row.error_message ?? '' },
        ...(row.error_causes !== null && { causes: JSON.parse(row.error_causes) }),
        ...(row.worker !== null && { worker: row.worker }),
      }));
    },
  };
}
