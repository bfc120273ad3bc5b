import { expect, test } from 'vitest';
import type { JobState } from '../../src/core/states.js';
import { carillon } from '../cli/terminal.js';
import { definition, snapshot } from '../store/sample.js';
import { startApiOnly } from './api-only.js';

test('jobs are counted by state, with and without filters', async () => {
  const { client, project, store, url } = await startApiOnly();
  const write = (id: string, state: JobState, owner?: string) =>
    store.write([{ snapshot: snapshot(project, id, { state, definition: definition({ owner }) }), entries: [] }]);
  const none = { scheduled: 0, running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 };
  const asOf = expect.any(String);
  expect(await client.jobs.count.query({ project })).toEqual({ total: 0, byState: none, asOf });
  await write('a', 'scheduled', 'ann');
  await write('b', 'scheduled');
  await write('c', 'paused', 'ann');

  // Counted not long ago, and soon again.
  expect(await client.jobs.count.query({ project })).toMatchObject({ total: 0 });
  await expect.poll(() => client.jobs.count.query({ project }), { timeout: 20_000 }).toMatchObject({ total: 3 });
  const all = { ...none, scheduled: 2, paused: 1 };
  expect(await client.jobs.count.query({ project })).toEqual({ total: 3, byState: all, asOf });
  expect(await client.jobs.count.query({ project, state: ['paused', 'failed'] })).toEqual({
    ...{ total: 1, asOf },
    byState: { paused: 1, failed: 0 },
  });
  expect(await client.jobs.count.query({ project, owner: 'ann', state: ['paused', 'scheduled'] })).toEqual({
    ...{ total: 2, asOf },
    byState: { paused: 1, scheduled: 1 },
  });

  const printed = await carillon(['--url', url, '--project', project, 'jobs', 'count', '--owner', 'ann']);
  expect(printed.out).toContain('paused     1');
  expect(printed.out).toContain('total      2');
});

test('carillon events prints what happens', async () => {
  const { project, store, url } = await startApiOnly();
  const command = ['--url', url, '--project', project, 'events', '--kind', 'job', '-n', '2', '-o', 'json'];
  let ended = false;
  const printed = carillon(command).finally(() => {
    ended = true;
  });
  // It may not listen yet when the first are written.
  for (let revision = 2; !ended; revision++) {
    await store.write([{ snapshot: snapshot(project, 'a', { revision }), entries: [] }]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { code, out } = await printed;
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(code).toBe(0);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatchObject({ kind: 'job', project, jobId: 'a', state: 'scheduled' });
  expect(lines[1].revision).toBeGreaterThan(lines[0].revision);
});
