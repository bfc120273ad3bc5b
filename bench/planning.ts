import { nextCron } from '../src/core/schedule/cron/cron.js';
import { parseCron } from '../src/core/schedule/cron/fields.js';
import { normaliseSchedule, planSchedule } from '../src/core/schedule/index.js';
import type { NormalSchedule, Schedule } from '../src/core/schedule/schema.js';
import { Zone } from '../src/core/schedule/zone.js';
import { type Figure, median } from './figures.js';
import type { Stage } from './stage.js';

/*
 * How long does it take to plan the next ten times of 100,000 jobs? Each is planned from what the database holds of it,
 * its expression read anew, as a worker does it. The peer steps an expression ten times that was read the same way.
 */
const jobs = 100_000;
const times = 10;
const now = Date.parse('2026-11-21T09:00:00Z');
const dst = { gap: 'shift', overlap: 'first' } as const;
const expressions = ['*/5 * * * *', '0 9 * * MON-FRI', '30 2 * * *', '0 0 L * *', 'H H(0-3) * * *'];
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'];

const kinds: Record<string, (cron: string, timezone: string) => Schedule> = {
  'cron alone': (cron, timezone) => ({ cron, timezone }),
  'cron with jitter': (cron, timezone) => ({ cron, timezone, jitter: '10%' }),
  'cron without weekends and holidays': (cron, timezone) => ({
    cron,
    timezone,
    exclude: [{ weekly: 'SAT,SUN' }, { yearly: '12-25' }, { from: '2026-12-28', to: '2026-12-31' }],
  }),
  'union of two': (cron, timezone) => ({ union: [{ cron }, { every: 'P1D' }], timezone }),
  'recurrence rule': (_, timezone) => ({ rrule: 'FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0', timezone }),
};

export async function planning(_: Stage, quick: boolean): Promise<Figure[]> {
  const count = quick ? 1000 : jobs;
  const rounds = quick ? 1 : 2;
  return Object.entries(kinds).map(([name, make]) => {
    const schedules = Array.from({ length: count }, (_, index) => scheduleOf(make, index));
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      theirs.push(rateOf(count, bareLoop));
      ours.push(rateOf(count, (index) => planSchedule(schedules[index] as NormalSchedule, now, times)));
    }
    const peer = 'ten nextCron';
    return { name, unit: 'jobs/s' as const, ours: median(ours), peer, theirs: median(theirs) };
  });
}

function scheduleOf(make: (cron: string, timezone: string) => Schedule, index: number): NormalSchedule {
  const cron = expressions[index % expressions.length] as string;
  return normaliseSchedule(make(cron, zones[index % zones.length] as string), now, { seed: `default/job-${index}` });
}

function bareLoop(index: number): void {
  const cron = parseCron(expressions[index % expressions.length] as string, { seed: `default/job-${index}` });
  const zone = Zone.of(zones[index % zones.length] as string);
  let cursor: number | undefined = now;
  for (let step = 0; step < times && cursor !== undefined; step++) cursor = nextCron(cron, zone, dst, cursor);
}

function rateOf(count: number, work: (index: number) => void): number {
  const began = performance.now();
  for (let index = 0; index < count; index++) work(index);
  return (count / (performance.now() - began)) * 1000;
}
