import { describe, expect, it } from 'vitest';
import { useRig } from '../rig/rig.js';
import { refusal, startApiOnly } from './api-only.js';

const log = { task: 'log', input: { message: 'hi' } };

describe('schedules.preview', () => {
  it("tells words, times in both zones, warnings, and why times are missing, by the project's calendars", async () => {
    const { client, project } = await startApiOnly();
    const rules = [{ yearly: '12-25', name: 'Christmas Day' }];
    await client.calendars.put.mutate({ project, name: 'holidays', rules });
    const schedule = { cron: '0 9 * * *', timezone: 'Europe/Berlin', exclude: [{ calendar: 'holidays' }] };
    const asked = { schedule, count: 2, from: '2026-12-24T00:00:00Z', viewerTimezone: 'Asia/Tokyo' };
    const preview = await client.schedules.preview.query({ project, ...asked });
    expect(preview).toMatchObject({
      words: expect.stringContaining('at 09:00'),
      ...{ timezone: 'Europe/Berlin', viewerTimezone: 'Asia/Tokyo' },
      times: ['2026-12-24T08:00:00Z', '2026-12-26T08:00:00Z'],
      local: ['2026-12-24T09:00:00+01:00', '2026-12-26T09:00:00+01:00'],
      warnings: [],
    });
    expect(preview.entries.map(({ viewer, excluded }) => [viewer, excluded !== undefined])).toEqual([
      ['2026-12-24T17:00:00+09:00', false],
      ['2026-12-25T17:00:00+09:00', true],
      ['2026-12-26T17:00:00+09:00', false],
    ]);
    expect(preview.entries[1]?.excluded).toContain('Christmas Day');
    const herd = await client.schedules.preview.query({ project, schedule: { cron: '0 0 * * *' } });
    expect(herd.warnings).toMatchObject([{ code: 'ROUND_HOUR_HERD', hint: expect.stringContaining('H') }]);
    // A calendar of another project is none of this one's.
    expect(await refusal(client.schedules.preview.query(asked))).toMatchObject({
      ...{ code: 'CALENDAR_NOT_FOUND', details: { field: 'schedule.exclude.0.calendar', value: 'holidays' } },
    });
  });

  it('draws what is drawn for a job as the job has it', async () => {
    const { client, project } = await startApiOnly();
    const schedule = { cron: 'H H * * *', jitter: '10m' };
    const of = async (id?: string) =>
      (await client.schedules.preview.query({ project, schedule, count: 2, id })).entries;
    const job = await client.jobs.create.mutate({ ...log, project, id: 'a', schedule });
    const next = await client.jobs.next.query({ project, id: 'a', count: 2 });
    expect(await of('a')).toEqual(next.entries);
    expect(next.times[0]).toBe(job.nextRunAt);
    expect(await of('b')).not.toEqual(next.entries);
  });

  it('refuses what no job could have', async () => {
    const { client } = await startApiOnly();
    const preview = (schedule: object, more = {}) =>
      refusal(client.schedules.preview.query({ schedule: schedule as { cron: string }, ...more }));
    expect((await preview({ cron: '0 9 * *' })).code).toBe('CRON_INVALID');
    expect((await preview({ cron: '0 9 * * *' }, { viewerTimezone: 'Mars/Base' })).code).toBe('TIMEZONE_UNKNOWN');
  });
});

describe('jobs.next', () => {
  it('ends with the runs that are left, and with the job', async () => {
    const { client, project, ended } = await useRig();
    const ref = { project, id: 'a' };
    await client.jobs.create.mutate({ ...log, ...ref, schedule: { cron: '0 0 1 1 *', maxRuns: 2 } });
    expect((await client.jobs.next.query(ref)).times).toHaveLength(2);
    await client.jobs.cancel.mutate(ref);
    expect(await client.jobs.next.query(ref)).toMatchObject({ times: [], entries: [], words: expect.any(String) });

    const every = { ...log, project, id: 'b', schedule: { every: '1s', maxRuns: 1 } };
    await client.jobs.create.mutate(every);
    await ended('b', 1);
    expect((await client.jobs.next.query({ project, id: 'b' })).times).toEqual([]);
  });
});
