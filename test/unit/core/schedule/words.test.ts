import { expect, test } from 'vitest';
import { describeSchedule, normaliseSchedule } from '../../../../src/core/schedule/index.js';
import type { Schedule } from '../../../../src/core/schedule/schema.js';

const now = Date.parse('2026-11-21T09:00:00Z');
const resolved = { seed: 'default/backup', calendars: { holidays: { revision: 1, rules: [] } } };

test.each<[Schedule, string]>([
  [{ cron: '0 9 * * MON-FRI', timezone: 'Europe/Berlin' }, 'at 09:00, Monday through Friday, Europe/Berlin'],
  [{ cron: '0 0 L * *' }, 'at 00:00, on the last day of the month, UTC'],
  [{ cron: '0 0 1,L-2 * *' }, 'at 00:00, on day 1 and 2 days before the last day of the month, UTC'],
  [
    { cron: '0 0 15W,LW * *' },
    'at 00:00, on the working day nearest day 15 and the last working day of the month, UTC',
  ],
  [
    { cron: '0 0 * JUL MON#1,MON#3' },
    'at 00:00, only in July, on the first Monday of the month and the third Monday of the month, UTC',
  ],
  [{ cron: '0 0 * * 5L' }, 'at 00:00, on the last Friday of the month, UTC'],
  [{ cron: '0 0 13 * FRI' }, 'at 00:00, on day 13 of the month or on Friday, UTC'],
  [{ cron: '0 0 13 * FRI', and: true }, 'at 00:00, on day 13 of the month, only if that is also on Friday, UTC'],
  [{ cron: '0 0 0 1 1 * 2027' }, 'at 00:00, on day 1 of the month, only in January, only in 2027, UTC'],
  [{ cron: 'H H(0-3) * * *' }, 'at 03:59, UTC'],
  [{ cron: 'CRON_TZ=Asia/Tokyo 30 9 * * *' }, 'at 09:30, Asia/Tokyo'],
  [{ cron: '@every 90m' }, 'every 1 hour 30 minutes'],
  [{ every: '90s' }, 'every 1 minute 30 seconds'],
  [{ every: 'PT1H', maxRuns: 3 }, 'every hour, 3 runs at most'],
  [{ immediate: true }, 'once, at once'],
  [{ at: '2026-12-01T09:00:00Z' }, 'once, at 2026-12-01T09:00:00Z'],
  [{ at: ['2026-12-02T09:00Z', '2026-12-01T09:00Z'] }, 'at 2026-12-01T09:00:00Z and 2026-12-02T09:00:00Z'],
  [
    { rrule: 'FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0;BYSECOND=0;COUNT=6' },
    'every 2 months, on the last Friday, at 17:00, 6 times, UTC',
  ],
  [
    { union: [{ cron: '0 9 * * *' }, { every: 'P1D' }], timezone: 'Europe/Berlin' },
    '(at 09:00, Europe/Berlin) or (every day)',
  ],
  [
    { cron: '0 9 * * *', exclude: [{ calendar: 'holidays' }, { weekly: 'SAT,SUN' }], onExcluded: 'next_working' },
    'at 09:00, UTC, except calendar holidays and SAT,SUN (then on the next day that is not)',
  ],
  [{ cron: '5 9 * * *', jitter: '10%' }, 'at 09:05, UTC, up to 10% of the time to the next later'],
  [{ cron: '5 9 * * *', window: '1h' }, 'at 09:05, UTC, at a fixed moment within 1 hour'],
  [
    { cron: '5 9 * * *', dst: { gap: 'skip', overlap: 'both' } },
    'at 09:05, UTC, not at times the clock jumps over, at both passes of a repeated time',
  ],
])('%j in words', (schedule, words) =>
  expect(describeSchedule(normaliseSchedule(schedule, now, resolved))).toBe(words),
);
