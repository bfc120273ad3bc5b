import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/core/task/task.js';
import { startApiOnly } from '../api/api-only.js';
import { startWorker } from '../api/late-worker.js';
import { carillon } from './terminal.js';

/** Fails at noon. */
const noonless = defineTask({
  name: 'noonless',
  input: z.strictObject({}),
  run({ scheduledAt }) {
    if (scheduledAt.getUTCHours() === 12) throw new Error('noon never works');
  },
});

test('a backfill from its dry run to its end, and its exit code', async () => {
  const api = await startApiOnly({ tasks: [noonless] });
  await startWorker(api, [noonless]);
  const at = ['--url', api.url, '--project', api.project];
  const run = (...argv: string[]) => carillon([...argv, ...at], { env: { USER: 'ada' } });
  const json = async (...argv: string[]) => JSON.parse((await run(...argv, '-o', 'json')).out);
  await json('jobs', 'create', 'a', '--task', 'noonless', '--input', '{}', '--cron', '0 * * * *', '--attempts', '1');
  const morning = ['a', '--from', '2026-03-02T00:00:00Z', '--to', '2026-03-02T12:00:00Z'];
  const wholeDay = ['a', '--from', '2026-03-02T00:00:00Z', '--to', '2026-03-03T00:00:00+00:00'];

  const dry = await run('backfills', 'create', ...wholeDay, '--dry-run');
  expect(dry).toMatchObject({ code: 0, err: '' });
  expect(dry.out).toMatch(/^would run +24, by version 1\nleft out +0 ran before, 0 excluded\n/);
  expect(dry.out.match(/2026-03-02T\d\d:00:00Z/g)).toHaveLength(20);
  expect(dry.out).toContain('…');

  const good = await run('backfills', 'create', ...morning, '--id', 'morning', '--max', '4', '--wait');
  expect(good.code).toBe(0);
  expect(good.err).toMatch(
    /^created morning: .*\n(running .*\n)*completed 100 %: 12 of 12 ended, 0 failed, 0 running\n$/,
  );
  expect(good.out).toMatch(/^state +completed$/m);

  const bad = await run('backfills', 'create', ...wholeDay, '--id', 'day', '--max', '4', '--wait');
  expect(bad.code).toBe(1);
  expect(bad.out).toMatch(/^left out +12 ran before, 0 excluded$/m);
  expect(bad.out).toMatch(/^created .* by ada$/m);
  expect((await run('backfills', 'get', 'day', '--wait')).code).toBe(1);

  const { items } = await json('backfills', 'list', '--job', 'a', '--state', 'failed,cancelled');
  expect(items).toMatchObject([{ id: 'day', state: 'failed', progress: { failed: 1, succeeded: 11 } }]);
  expect((await run('backfills', 'list')).out).toMatch(/^ID +JOB +STATE .*\nday +a +failed .*\nmorning +a +completed /);
});

test('it is paused, resumed and cancelled while no worker is there, and takes that in when one comes', async () => {
  const api = await startApiOnly({ tasks: [noonless] });
  const at = ['--url', api.url, '--project', api.project];
  const run = (...argv: string[]) => carillon([...argv, ...at]);
  await run('jobs', 'create', 'a', '--task', 'noonless', '--input', '{}', '--cron', '0 * * * *');
  await run('backfills', 'create', 'a', '--id', 'x', '--from', '2026-03-02T00:00:00Z', '--to', '2026-03-03T00:00:00Z');
  const paused = await run('backfills', 'pause', 'x', '--note', 'later');
  expect(paused).toMatchObject({ code: 0, err: expect.stringContaining('no worker answered in time') });
  const cancelled = await run('backfills', 'cancel', 'x', '--reason', 'never');
  expect(cancelled.code).toBe(0);
  await startWorker(api, [noonless]);
  const ended = await run('backfills', 'get', 'x', '--wait');
  expect(ended.code).toBe(1);
  expect(ended.out).toMatch(/^state +cancelled$/m);
  expect(ended.out).toMatch(/^closed .*: never$/m);
  const again = await run('backfills', 'resume', 'x');
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('BACKFILL_CLOSED') });
  expect(await run('backfills', 'get', 'nothing')).toMatchObject({
    code: 1,
    err: expect.stringContaining('BACKFILL_NOT_FOUND'),
  });
});
