import { Cron } from 'croner';
import { expect, test } from 'vitest';
import { normaliseSchedule, plannedTimes } from '../../../../src/core/schedule/index.js';

/*
 * Beside another implementation: away from the hours when the wall clock jumps both must agree. What
 * happens in those hours is our rule (docs/schedules.md), checked in schedule.test.ts.
 */
const day = 86_400_000;
const from = Date.parse('2026-01-01T00:00:00Z');
const to = from + 366 * day;
const expressions = ['0 12 * * *', '30 13 * * MON,THU', '15 11 1,15 * *'];

/** Every twentieth zone: the peer is slow. */
const zones = Intl.supportedValuesOf('timeZone').filter((_, index) => index % 20 === 0);

test.each(zones)('noon-time expressions in %s agree with croner for a year', (timezone) => {
  for (const cron of expressions) {
    const peer = new Cron(cron, { timezone });
    const ours = plannedTimes(normaliseSchedule({ cron, timezone }, from), from, 400).times.filter(
      (time) => time <= to,
    );
    const theirs: number[] = [];
    for (let next = peer.nextRun(new Date(from)); next && next.getTime() <= to; next = peer.nextRun(next))
      theirs.push(next.getTime());
    expect(ours).toEqual(theirs);
  }
});
