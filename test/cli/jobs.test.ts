import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startApiOnly } from '../api/api-only.js';
import { startWorker } from '../api/late-worker.js';
import { carillon } from './terminal.js';

describe('carillon jobs and runs', () => {
  it('take a job from submission to its end', async () => {
    const api = await startApiOnly({ patienceMs: 20_000 });
    const worker = await startWorker(api);
    const at = ['--url', api.url, '--project', api.project];
    const json = async (...argv: string[]) => {
      const { code, out, err } = await carillon([...argv, ...at, '-o', 'json'], { env: { USER: 'ada' } });
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
      return JSON.parse(out);
    };

    const flags = [
      '--cron',
      '0 9 * * *',
      '--tz',
      'Europe/Berlin',
      '--label',
      'tier=gold',
      '--attempts',
      '2',
      '--priority',
      '1',
    ];
    const created = await json('jobs', 'create', 'a', '--task', 'log', '--input', '{"message":"hi"}', ...flags);
    expect(created).toMatchObject({
      id: 'a',
      createdBy: 'ada',
      definition: {
        labels: { tier: 'gold' },
        priority: 1,
        retry: { maximumAttempts: 2 },
        schedule: { timezone: 'Europe/Berlin' },
      },
    });
    expect((await json('jobs', 'list', '--label', 'tier=gold', '--state', 'scheduled,paused')).items).toHaveLength(1);
    expect((await json('jobs', 'list', '--text', 'nothing-like-it')).items).toEqual([]);

    expect(await json('jobs', 'pause', 'a', '--note', 'later')).toMatchObject({
      confirmed: true,
      job: { state: 'paused' },
    });
    expect(await json('jobs', 'resume', 'a')).toMatchObject({ job: { state: 'scheduled' } });
    expect(await json('jobs', 'reschedule', 'a', '--every', '2h')).toMatchObject({ job: { words: 'every 2 hours' } });
    expect(await json('jobs', 'trigger', 'a', '--key', 'k')).toMatchObject({ runId: 'a@key:k', confirmed: true });
    await worker.recorded('a@key:k');
    expect(await json('runs', 'get', 'a@key:k')).toMatchObject({ state: 'succeeded', attempt: 1 });
    expect((await json('runs', 'list', '--job', 'a')).items).toHaveLength(1);
    expect(await json('jobs', 'status', 'a')).toMatchObject({ live: true, counters: { succeeded: 1 } });
    expect(await json('jobs', 'get', 'a')).toMatchObject({ id: 'a', definitionVersion: 2 });
    expect(await json('jobs', 'cancel', 'a', '--reason', 'done')).toMatchObject({
      job: { state: 'cancelled', closeReason: 'done' },
    });
  });

  it('print tables for people and YAML for files, and keep talk away from data', async () => {
    const api = await startApiOnly();
    const at = ['--url', api.url, '--project', api.project];
    const make = ['jobs', 'create', 'a', '--task', 'log', '--input', '{"message":"hi"}', '--every', '1h'];
    const created = await carillon([...make, ...at]);
    expect(created).toMatchObject({ code: 0, err: 'created a: every hour\n' });
    expect(created.out).toMatch(/^id +a\n/);

    const table = (await carillon(['jobs', 'list', ...at])).out.split('\n');
    expect(table[0]).toMatch(/^ID +STATE +TASK +WHEN +NEXT RUN +LAST RUN$/);
    expect(table[1]).toMatch(/^a +scheduled +log +every hour +\S+Z \(in \d+ (min|h)\)$/);
    const coloured = { colour: true };
    expect((await carillon(['jobs', 'get', 'a', ...at], coloured)).out).toContain('\u001B[');
    expect((await carillon(['jobs', 'get', 'a', '--no-color', ...at], coloured)).out).not.toContain('\u001B[');

    const yaml = await carillon(['jobs', 'get', 'a', '-o', 'yaml', ...at]);
    expect(parse(yaml.out)).toMatchObject({ id: 'a', words: 'every hour' });

    await carillon(['jobs', 'create', 'b', ...make.slice(3), ...at]);
    const page = await carillon(['jobs', 'list', '--limit', '1', '-o', 'json', ...at]);
    const [, cursor] = /^more: --cursor (\S+)\n$/.exec(page.err) ?? [];
    const rest = await carillon(['jobs', 'list', '--limit', '1', '--cursor', cursor ?? '', '-o', 'json', ...at]);
    expect(JSON.parse(rest.out)).toMatchObject({ items: [{ id: 'a' }], nextCursor: null });
    expect(rest.err).toBe('');
  });

  it('say what is wrong with code, field and what to do, and exit with 1', async () => {
    const api = await startApiOnly();
    const at = ['--url', api.url, '--project', api.project];
    const unknown = await carillon(['jobs', 'get', 'never', ...at]);
    expect(unknown).toMatchObject({ code: 1, out: '' });
    expect(unknown.err).toMatch(/^error JOB_NOT_FOUND: [^\n]+\n {2}field: id\n {2}→ [^\n]+\n$/);
    const wrong = await carillon([
      'jobs',
      'create',
      'a',
      '--task',
      'http',
      '--input',
      '{"url":5,"tries":1}',
      '--now',
      ...at,
    ]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('  input.url: ');
    expect(wrong.err).toContain('  input.tries: Unknown field.');
    const noSchedule = await carillon(['jobs', 'reschedule', 'a', ...at]);
    expect(noSchedule).toMatchObject({ code: 1 });
    expect(noSchedule.err).toContain('--every');
  });
});

describe('carillon doctor', () => {
  it('checks every part and says what to do about those that fail', async () => {
    const api = await startApiOnly();
    const alone = await carillon(['doctor', '--url', api.url, '-o', 'json']);
    const results = (out: string) =>
      Object.fromEntries(JSON.parse(out).checks.map(({ name, result }: Record<string, string>) => [name, result]));
    expect(alone.code).toBe(3);
    expect(results(alone.out)).toEqual({
      Node: 'ok',
      API: 'ok',
      Clock: 'ok',
      Temporal: 'ok',
      Database: 'ok',
      Tasks: 'ok',
      'Scheduler workers': 'failed',
      'Heavy workers': 'warning',
    });
    expect(alone.err).toContain('Scheduler workers: → Start a worker');
    const nobody = await carillon(['doctor', '--url', 'http://127.0.0.1:1', '-o', 'json']);
    expect(nobody.code).toBe(3);
    expect(results(nobody.out)).toEqual({ Node: 'ok', API: 'failed' });
  });

  it('notices clocks that differ', async () => {
    const api = await startApiOnly({ now: () => Date.now() - 60_000 });
    const { out } = await carillon(['doctor', '--url', api.url, '-o', 'json']);
    expect(JSON.parse(out).checks).toContainEqual(expect.objectContaining({ name: 'Clock', result: 'warning' }));
  });
});
