import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import type { CarillonClient } from '../../src/api/client/client.js';
import { refusal, startApiOnly } from './api-only.js';
import { startWorker } from './late-worker.js';

const christmas = [{ yearly: '12-25', name: 'Christmas Day' }];
const daily = {
  ...{ task: 'log', input: { message: 'hi' } },
  schedule: { cron: '0 9 * * *', exclude: [{ calendar: 'holidays' }] },
};

/** Resolves once the job has so many versions. */
function versionOf(client: CarillonClient, project: string, id: string, version: number) {
  return vi.waitFor(
    async () => {
      const job = await client.jobs.get.query({ project, id });
      if (job.definitionVersion !== version) throw new Error(`Got version ${job.definitionVersion}.`);
      return job;
    },
    { timeout: 20_000 },
  );
}

describe('calendars', () => {
  it('are put, read, listed and deleted', async () => {
    const { client, project } = await startApiOnly();
    const holidays = { project, name: 'holidays' };
    const first = await client.calendars.put.mutate({
      ...holidays,
      rules: christmas,
      timezone: 'Europe/Berlin',
      by: 'ada',
    });
    expect(first).toMatchObject({ revision: 1, changed: true, rules: christmas, updatedBy: 'ada' });
    const same = await client.calendars.put.mutate({ ...holidays, rules: christmas, timezone: 'Europe/Berlin' });
    expect(same).toMatchObject({ revision: 1, changed: false, updatedBy: 'ada' });
    await client.calendars.put.mutate({ project, name: 'nights', rules: [{ weekly: 'MON-FRI 18:00-08:00' }] });

    expect(await client.calendars.get.query(holidays)).toMatchObject({ timezone: 'Europe/Berlin', jobs: [] });
    const page = await client.calendars.list.query({ project, limit: 1 });
    expect(page.items).toMatchObject([{ name: 'holidays', revision: 1, rules: 1 }]);
    const rest = await client.calendars.list.query({ project, limit: 1, cursor: page.nextCursor ?? '' });
    expect(rest).toMatchObject({ items: [{ name: 'nights' }], nextCursor: null });

    expect(await client.calendars.delete.mutate(holidays)).toEqual({ deleted: true });
    expect((await refusal(client.calendars.get.query(holidays))).code).toBe('CALENDAR_NOT_FOUND');
    expect((await refusal(client.calendars.delete.mutate(holidays))).code).toBe('CALENDAR_NOT_FOUND');
  });

  it('are read from iCalendar text', async () => {
    const { client, project } = await startApiOnly();
    const ical = await readFile(new URL('../../examples/calendars/holidays.ics', import.meta.url), 'utf8');
    const named = { project, name: 'holidays' };
    expect(await client.calendars.put.mutate({ ...named, ical, timezone: 'Europe/Berlin' })).toMatchObject({
      ...{ description: 'Public holidays', timezone: 'Europe/Berlin' },
      rules: [
        { yearly: '01-01', name: 'New Year' },
        { from: '2026-12-24', to: '2026-12-31', name: 'Between the years' },
      ],
    });
    const broken = client.calendars.put.mutate({ ...named, ical: 'BEGIN:VCARD' });
    expect(await refusal(broken)).toMatchObject({ code: 'CALENDAR_INVALID', details: { field: 'ical' } });
    for (const both of [{}, { ical, rules: christmas }]) {
      expect((await refusal(client.calendars.put.mutate({ ...named, ...both }))).code).toBe('INPUT_INVALID');
    }
  });

  it('are refused with the rule at fault, and when another revision is there', async () => {
    const { client, project } = await startApiOnly();
    const put = (rules: object[], more = {}) =>
      refusal(client.calendars.put.mutate({ project, name: 'a', rules: rules as typeof christmas, ...more }));
    expect(await put([{ date: '2026-02-30' }])).toMatchObject({
      code: 'CALENDAR_INVALID',
      details: { field: 'rules.0.date', value: '2026-02-30' },
    });
    expect(await put([...christmas, { weekly: 'SOMEDAY' }])).toMatchObject({ details: { field: 'rules.1.weekly' } });
    expect(await put(christmas, { timezone: 'Mars/Base' })).toMatchObject({ code: 'TIMEZONE_UNKNOWN' });
    expect(await put(christmas, { ifRevision: 1 })).toMatchObject({ code: 'CALENDAR_CHANGED' });
    await client.calendars.put.mutate({ project, name: 'a', rules: christmas, ifRevision: 0 });
    expect(await put([], { ifRevision: 2 })).toMatchObject({
      code: 'CALENDAR_CHANGED',
      message: expect.stringContaining('got revision 1'),
    });
  });

  it('when changed have their jobs planned anew, in the name of who changed them; others are left alone', async () => {
    const api = await startApiOnly({ patienceMs: 20_000 });
    await startWorker(api);
    const { client, project } = api;
    await client.calendars.put.mutate({ project, name: 'holidays', rules: christmas });
    const before = await client.jobs.create.mutate({ ...daily, project, id: 'with' });
    expect(before).toMatchObject({ calendars: { holidays: 1 }, definition: { schedule: daily.schedule } });
    await client.jobs.create.mutate({ ...daily, project, id: 'without', schedule: { cron: '0 9 * * *' } });
    await client.jobs.create.mutate({ ...daily, project, id: 'ended' });
    await client.jobs.cancel.mutate({ project, id: 'ended' });
    expect((await client.calendars.get.query({ project, name: 'holidays' })).jobs).toEqual(['with']);

    await client.calendars.put.mutate({ project, name: 'holidays', rules: [{ yearly: '01-01' }], by: 'grace' });
    const after = await versionOf(client, project, 'with', 2);
    expect(after).toMatchObject({ calendars: { holidays: 2 }, definedBy: 'grace', digest: before.digest });
    await vi.waitFor(() =>
      expect(api.log.at(-1)).toMatchObject({
        message: 'The jobs of a changed calendar were planned anew.',
        fields: { calendar: 'holidays', revision: 2, planned: 1, left: 0, failed: 0 },
      }),
    );
    expect(await client.jobs.get.query({ project, id: 'without' })).toMatchObject({ definitionVersion: 1 });
    expect((await client.jobs.ensure.mutate({ ...daily, project, id: 'with' })).action).toBe('unchanged');

    const inUse = await refusal(client.calendars.delete.mutate({ project, name: 'holidays' }));
    expect(inUse).toMatchObject({ code: 'CALENDAR_IN_USE', message: expect.stringContaining('got with') });
    await client.jobs.cancel.mutate({ project, id: 'with' });
    expect(await client.calendars.delete.mutate({ project, name: 'holidays' })).toEqual({ deleted: true });
  });
});
