import { describe, expect, it } from 'vitest';
import { carillon } from '../../cli/terminal.js';

const hour = ['--from', '2026-11-21T09:00:00Z', '--to', '2026-11-21T10:00:00Z'];

async function simulated(...argv: string[]) {
  const { code, out, err } = await carillon(['simulate', ...argv, ...hour, '-o', 'json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

/** Minute of the nominal time, how it ended, and why. */
const told = (entries: { scheduledAt: string; state: string; reason?: string }[]) =>
  entries.map(({ scheduledAt, state, reason }) => [scheduledAt.slice(14, 16), state, reason].filter(Boolean).join(' '));

describe('carillon simulate', () => {
  it('tells what overlaps and what is caught up after an outage, by the rules that are given', async () => {
    const flags = ['--every', '15m', '--duration', '2m,20m', '--attempt-timeout', '1h'];
    const skip = await simulated(...flags, '--overlap', 'skip');
    expect(told(skip.entries)).toEqual(['15 succeeded', '30 succeeded', '45 skipped overlap']);
    expect(skip).toMatchObject({ words: 'every 15 minutes', from: hour[1], to: hour[3] });
    expect(skip.running).toMatchObject([{ scheduledAt: '2026-11-21T10:00:00Z' }]);
    expect(skip.counters).toMatchObject({ skipped: 1 });
    const buffered = await simulated(...flags, '--overlap', 'buffer_one');
    expect(told(buffered.entries)).not.toContain('45 skipped overlap');
    const outage = ['--outage', '2026-11-21T09:10:00Z/2026-11-21T09:50:00Z'];
    const down = await simulated('--every', '15m', ...outage, '--catch-up', 'last');
    expect(told(down.entries)).toContain('15 missed catch_up_last');
    expect(down.entries.find(({ trigger }: { trigger: string }) => trigger === 'catch_up')).toMatchObject({
      ...{ scheduledAt: '2026-11-21T09:45:00Z', startedAt: '2026-11-21T09:50:00Z', state: 'succeeded' },
    });
  });

  it('prints a table and counts for people, bounded', async () => {
    const { code, out } = await carillon(['simulate', '--every', '1m', '-n', '2', ...hour]);
    expect(code).toBe(0);
    expect(out).toMatch(/^2026-11-21T09:01:00Z +succeeded +schedule +2026-11-21T09:01:00Z +PT1S$/m);
    expect(out).toMatch(/^and \d+ more$/m);
    expect(out).toMatch(/^succeeded +\d+$/m);
    expect(out).not.toContain('09:03:00Z');
  });

  it('plays the job of a file, of whatever task it is, in pauses too', async () => {
    const cwd = new URL('../../../', import.meta.url).pathname;
    const pause = ['--pause', '2026-11-23T07:00:00Z/2026-11-23T20:00:00Z'];
    const days = ['--from', '2026-11-23T00:00:00Z', '--to', '2026-11-24T00:00:00Z'];
    const argv = ['simulate', '-f', 'examples/jobs/union.yaml', ...pause, ...days, '-o', 'json'];
    const { out } = await carillon(argv, { cwd });
    const { entries } = JSON.parse(out);
    expect(told(entries)).toContain('00 skipped paused');
    expect(entries.find(({ trigger }: { trigger: string }) => trigger === 'catch_up')).toMatchObject({
      scheduledAt: '2026-11-23T14:30:00Z',
    });
  });

  it.each([
    [['--every', '5m', '--outage', 'yesterday'], 'TIME_INVALID'],
    [['--every', '5m', '--from', 'yesterday'], 'TIME_INVALID'],
    [['--cron', '61 * * * *'], 'CRON_INVALID'],
    [[], 'INPUT_INVALID'],
  ])('refuses %j with %s', async (argv, code) => {
    const ended = await carillon(['simulate', ...argv]);
    expect(ended).toMatchObject({ out: '', err: expect.stringContaining(`error ${code}: `) });
    expect(ended.code).not.toBe(0);
  });
});
