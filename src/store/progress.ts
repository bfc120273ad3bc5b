import { type Kysely, sql } from 'kysely';
import type { RunProgress } from '../core/contract.js';
import { type Columns, incoming } from './columns.js';
import type { Database } from './schema.js';
import { storableJson } from './storable.js';

/** How far a run is that the ledger shows as running. */
export interface ProgressRow {
  project: string;
  runId: string;
  attempt: number;
  progress: RunProgress;
}

const columns: Columns<ProgressRow> = {
  project: ['text', (row) => row.project],
  run_id: ['text', (row) => row.runId],
  attempt: ['integer', (row) => row.attempt],
  progress: ['jsonb', (row) => storableJson(row.progress)],
};

/**
 * Notes how far runs are, in one statement. A run the ledger does not show yet, or whose attempt has ended, is left
 * alone: its progress comes with its next entry.
 */
export async function writeProgress(db: Kysely<Database>, rows: ProgressRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    with news as (
      select * from ${incoming(columns, rows)}
    ), held as (
      -- A row that is being written has its own news: waiting for it could go in a circle.
      select runs.project, runs.run_id, news.progress
      from runs join news on runs.project = news.project and runs.run_id = news.run_id and runs.attempt = news.attempt
      where runs.state = 'running' order by runs.project, runs.run_id for update of runs skip locked
    )
    update runs set progress = held.progress from held where runs.project = held.project and runs.run_id = held.run_id
  `.execute(db);
}
