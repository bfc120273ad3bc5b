import { CronExpressionParser } from 'cron-parser';
import { Cron as Croner } from 'croner';
import { nextCron } from '../src/core/schedule/cron/cron.js';
import { parseCron } from '../src/core/schedule/cron/fields.js';
import { Zone } from '../src/core/schedule/zone.js';
import { type Figure, median } from './figures.js';
import type { Stage } from './stage.js';

/** How many next occurrences a second, one after the other, for expressions as people write them? */
const expressions = [
  '*/10 * * * * *',
  '* * * * *',
  '*/15 * * * *',
  '0 * * * *',
  '*/20 8-17 * * MON-FRI',
  '30 2 * * *',
  '0 9 * * MON-FRI',
  '0 12 * * SUN',
  '15 10 L * *',
  '0 0 1 1 *',
];
const timezone = 'Europe/Berlin';
const from = new Date('2026-11-21T00:00:00Z');

type Step = () => unknown;

const contenders: Record<string, (expression: string) => Step> = {
  ours: (expression) => {
    const cron = parseCron(expression);
    const zone = Zone.of(timezone);
    let time = from.getTime();
    return () => {
      time = nextCron(cron, zone, { gap: 'shift', overlap: 'first' }, time) ?? from.getTime();
    };
  },
  croner: (expression) => {
    const cron = new Croner(expression, { timezone });
    let time: Date = from;
    return () => {
      time = cron.nextRun(time) ?? from;
    };
  },
  'cron-parser': (expression) => {
    const cron = CronExpressionParser.parse(expression, { currentDate: from, tz: timezone });
    return () => cron.next();
  },
};

export async function nextOccurrence(_: Stage | undefined, quick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const expression of expressions) {
    const rates: Record<string, number[]> = { ours: [], croner: [], 'cron-parser': [] };
    // In turns, so that a slow moment of the machine meets all of them.
    for (let round = 0; round < (quick ? 1 : 5); round++) {
      for (const [name, prepare] of Object.entries(contenders)) {
        rates[name]?.push(rateOf(prepare(expression), quick ? 5 : 100));
      }
    }
    for (const peer of ['croner', 'cron-parser']) {
      const [ours, theirs] = [median(rates.ours ?? []), median(rates[peer] ?? [])];
      figures.push({ name: expression, unit: 'next/s', ours, peer, theirs, aim: '>= 1' });
    }
  }
  return figures;
}

/** Steps a second over at least so many ms. */
function rateOf(step: Step, ms: number): number {
  const start = performance.now();
  let steps = 0;
  do {
    for (let burst = 0; burst < 10; burst++) step();
    steps += 10;
  } while (performance.now() - start < ms);
  return (steps * 1000) / (performance.now() - start);
}
