import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { toCarillonError } from '../../src/api/client/client.js';
import type { EventView } from '../../src/api/views.js';
import { entry, snapshot } from '../store/sample.js';
import { type ApiOnly, startApiOnly } from './api-only.js';

/** Follows until the test says so; resolves once what is written from now on will be told. */
async function follow({ client, project }: Pick<ApiOnly, 'client' | 'project'>, lastEventId?: string) {
  const events: EventView[] = [];
  let fault: unknown;
  const { unsubscribe } = client.events.follow.subscribe(
    { project, lastEventId },
    {
      onData: ({ data }: { data: EventView }) => events.push(data),
      onError: (error: unknown) => {
        fault = error;
      },
    },
  );
  const names = () =>
    events.flatMap((event) => (event.kind === 'position' ? [] : ((event as { runId?: string }).runId ?? event.jobId)));
  await expect.poll(() => events.length > 0 || fault !== undefined).toBe(true);
  return { events, names, unsubscribe, fault: () => fault };
}

test('a client is told every change once, while the API is away and comes back as well', async () => {
  const api = await startApiOnly();
  const { project, store } = api;
  const write = (run: string, revision: number) =>
    store.write([{ snapshot: snapshot(project, 'a', { revision }), entries: [entry(run, { result: { secret: 1 } })] }]);
  await write('a@before', 2);
  const { events, names, unsubscribe } = await follow(api);
  await write('a@1', 3);
  await expect.poll(names).toEqual(['a', 'a@1']);
  expect(events.at(-2)).toEqual({
    ...{ kind: 'job', project, jobId: 'a', state: 'scheduled', before: 'scheduled', revision: 3 },
    at: expect.any(String),
  });
  expect(events.at(-1)).toEqual({
    ...{ kind: 'run', project, jobId: 'a', runId: 'a@1', state: 'succeeded', attempt: 1, trigger: 'schedule' },
    ...{ scheduledAt: '2026-11-21T09:00:00Z', at: expect.any(String) },
  });

  await api.stop();
  await write('a@2', 4);
  await startApiOnly({ port: Number(new URL(api.url).port), project });
  await expect.poll(names, { timeout: 10_000 }).toEqual(['a', 'a@1', 'a', 'a@2']);

  // As if its transaction had begun three seconds before the others ended.
  const database = new pg.Client({ connectionString: inject('databaseUrl') });
  await database.connect();
  await database.query(
    `insert into runs (project, run_id, job_id, definition_version, scheduled_at, trigger, state, attempt, recorded_at)
     values ($1, 'a@late', 'a', 1, now(), 'schedule', 'succeeded', 1, now() - interval '3 s')`,
    [project],
  );
  await database.end();
  await expect.poll(names).toEqual(['a', 'a@1', 'a', 'a@2', 'a@late']);
  unsubscribe();
});

test('an id that no event had is refused for good', async () => {
  const api = await startApiOnly();
  const { fault } = await follow(api, 'nonsense');
  expect(toCarillonError(fault())).toMatchObject({ code: 'CURSOR_INVALID', details: { field: 'lastEventId' } });
});
