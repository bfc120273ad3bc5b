import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { carillon } from '../../cli/terminal.js';

const now = Date.parse('2026-11-21T09:00:00Z');
const at = (time: string) => ({ now: () => Date.parse(time) });

describe('carillon next', () => {
  it('tells the times of a cron expression without any server', async () => {
    const argv = ['next', '0 9 * * MON-FRI', '--tz', 'Europe/Berlin', '-n', '2', '-o', 'json'];
    const { code, out, err } = await carillon(argv, { now: () => now });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      words: 'at 09:00, Monday through Friday, Europe/Berlin',
      times: ['2026-11-23T08:00:00Z', '2026-11-24T08:00:00Z'],
      local: ['2026-11-23T09:00:00+01:00', '2026-11-24T09:00:00+01:00'],
      timezone: 'Europe/Berlin',
    });
  });

  it('knows intervals, and prints relative times for people', async () => {
    const { out } = await carillon(['next', 'every 10s', '-n', '1'], { now: () => now });
    expect(out).toContain('every 10 seconds');
    expect(out).toContain('2026-11-21T09:00:10Z (in 10 s)');
    expect(out).not.toMatch(/[ \t]$/m);
  });

  it('tells the times in the zone of whoever looks as well', async () => {
    const argv = ['next', '0 9 * * *', '--tz', 'Asia/Tokyo', '--viewer-tz', 'America/New_York', '-n', '1'];
    const { out } = await carillon(argv, { now: () => now });
    expect(out).toMatch(/^Asia\/Tokyo +UTC +America\/New_York$/m);
    expect(out).toMatch(/^2026-11-22T09:00:00\+09:00 +2026-11-22T00:00:00Z \(in 15 h\) +2026-11-21T19:00:00-05:00$/m);
  });

  it('takes a rule, a job file, and what flags say of either', async () => {
    const rule = await carillon(
      ['next', 'FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0;BYSECOND=0', '-n', '1', '-o', 'json'],
      {
        now: () => now,
      },
    );
    expect(JSON.parse(rule.out).times).toEqual(['2026-11-27T17:00:00Z']);
    const cwd = await mkdtemp(join(tmpdir(), 'carillon-next-'));
    onTestFinished(() => rm(cwd, { recursive: true }));
    await writeFile(
      join(cwd, 'job.yaml'),
      'id: a\ntask: log\nschedule: { cron: H 3 * * *, timezone: Europe/Berlin }\n',
    );
    const times = async (...argv: string[]) => {
      const { out } = await carillon(['next', ...argv, '-n', '1', '-o', 'json'], { cwd, now: () => now });
      return JSON.parse(out).local[0] as string;
    };
    const own = await times('--file', 'job.yaml');
    expect(own).toMatch(/T03:\d\d:00\+01:00$/);
    expect(await times('H 3 * * *', '--tz', 'Europe/Berlin', '--id', 'a')).toBe(own);
    expect(await times('H 3 * * *', '--tz', 'Europe/Berlin', '--id', 'other')).not.toBe(own);
    expect(await times('--file', 'job.yaml', '--start', '2027-05-01T00:00:00Z')).toMatch(/^2027-05-01T03/);
    expect(await times('--file', 'job.yaml', '--from', '2030-01-01T00:00:00Z')).toMatch(/^2030-01-01T03/);
  });

  it.each([
    [['next', '61 * * * *'], 'CRON_INVALID'],
    [['next', '* * * * *', '--tz', 'Mars/Base'], 'TIMEZONE_UNKNOWN'],
    [['next', '* * * * *', '--viewer-tz', 'Mars/Base'], 'TIMEZONE_UNKNOWN'],
    [['next', 'every never'], 'DURATION_INVALID'],
    [['next'], 'INPUT_INVALID'],
    [['next', '* * * * *', '--every', '1m'], 'INPUT_INVALID'],
    [['next', '* * * * *', '--from', 'tomorrow'], 'TIME_INVALID'],
  ])('refuses %j with %s, exit code 1 and a hint', async (argv, code) => {
    const ended = await carillon(argv);
    expect(ended.code).toBe(1);
    expect(ended.out).toBe('');
    expect(ended.err).toMatch(new RegExp(`^error ${code}: [^\\n]+\\n  field: [^\\n]+\\n  → `));
  });

  it('asks a server for calendars alone', async () => {
    const argv = ['next', '0 9 * * *', '--exclude-calendar', 'holidays', '--url', 'http://127.0.0.1:1'];
    expect(await carillon(argv)).toMatchObject({ code: 3, err: expect.stringContaining('API_UNREACHABLE') });
  });
});

describe('carillon explain', () => {
  it('says what a change of the clock does', async () => {
    const argv = ['explain', '30 2 * * *', '--tz', 'Europe/Berlin', '-n', '3'];
    const { code, out } = await carillon(argv, at('2027-03-27T00:00:00Z'));
    expect(code).toBe(0);
    expect(out).toMatch(/^at 02:30, Europe\/Berlin/);
    expect(out).toMatch(/^warning DST_GAP_HOUR: /m);
    expect(out).toMatch(/^2027-03-28T03:30:00\+02:00 .*02:30/m);
    expect(out).toMatch(/^2027-03-29T02:30:00\+02:00 +2027-03-29T00:30:00Z \(in 2 d\)$/m);
  });

  it('shows what does not run, and why', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'carillon-explain-'));
    onTestFinished(() => rm(cwd, { recursive: true }));
    const schedule = 'schedule: { cron: 7 9 * * *, exclude: [{ yearly: 12-25, name: Christmas Day }] }\n';
    await writeFile(join(cwd, 'job.yaml'), `id: a\ntask: log\n${schedule}`);
    const ended = await carillon(['explain', '-f', 'job.yaml', '-n', '2'], { cwd, ...at('2026-12-24T00:00:00Z') });
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^2026-12-25T09:07:00\+00:00 .*skipped: .*Christmas Day/m);
    expect(ended.out).toMatch(/^2026-12-26T09:07:00\+00:00/m);
  });

  it('warns of both day fields, with what to write instead', async () => {
    const { out } = await carillon(['explain', '5 9 13 * FRI', '-n', '1'], { now: () => now });
    expect(out).toMatch(/^warning BOTH_DAY_FIELDS: .+\n {2}→ .+and/m);
  });
});
