import pg from 'pg';
import type { ProjectQuotas } from '../../src/store/store.js';

/** Gives a project quotas, as who manages projects does. */
export async function setQuotas(databaseUrl: string, project: string, quotas: ProjectQuotas): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `insert into projects (name, created_at, quota_jobs, quota_runs_per_day, quota_payload_bytes)
        values ($1, now(), $2, $3, $4)
        on conflict (name) do update set quota_jobs = excluded.quota_jobs,
          quota_runs_per_day = excluded.quota_runs_per_day, quota_payload_bytes = excluded.quota_payload_bytes`,
      [project, quotas.jobs ?? null, quotas.runsPerDay ?? null, quotas.payloadBytes ?? null],
    );
  } finally {
    await client.end();
  }
}
