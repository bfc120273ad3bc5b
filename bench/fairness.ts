import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Answer, type Calls, callsOf } from './calls.js';
import { startChild } from './child.js';
import { type Figure, percentile } from './figures.js';
import type { Stage } from './stage.js';

/** Calls per second that one caller may make, and what the polite one makes of it. */
const limit = 50;
const politePerSecond = 25;
/** How long a caller may send twice as much as its limit. */
const burstMs = 3000;
/** Without authentication callers are told apart by their addresses. */
const [polite, greedy] = ['127.0.0.2', '127.0.0.1'];

/** How much longer does a caller wait while another one sends ten times what it may? */
export async function fairness(stage: Stage, quick: boolean): Promise<Figure[]> {
  const settings = { CARILLON_RATE_LIMIT: String(limit), CARILLON_RATE_LIMIT_ADDRESS: '0' };
  const api = await stage.startApi(settings);
  const url = api.url as string;
  const [calls, rounds] = quick ? [100, 1] : [250, 3];
  const politely = { url, from: polite, perSecond: politePerSecond, count: calls };
  const [alone, beside]: [Answer[], Answer[]] = [[], []];
  try {
    await callsOf({ ...politely, count: 50 });
    // In turns, so that what else the machine does meets both.
    for (let round = 0; round < rounds; round += 1) {
      alone.push(...(await callsOf(politely)));
      const flood = await startFlood(url, calls);
      // What a caller may send in a burst has been answered by then.
      await wait(burstMs);
      beside.push(...(await callsOf(politely)));
      if ((await flood.refused) === 0) throw new Error('Expected the greedy caller to be refused now and then.');
      await flood.stop();
    }
  } finally {
    await api.stop();
  }
  if (beside.some(({ status }) => status !== 200)) throw new Error('Expected the polite caller never to be refused.');
  return Object.entries({ p50: 0.5, p99: 0.99 }).map(([label, share]) => {
    const [ours, theirs] = [beside, alone].map((answers) =>
      percentile(
        answers.map(({ ms }) => ms),
        share,
      ),
    );
    const name = `list beside a caller at ten times its limit, ${label}`;
    return { name, unit: 'ms', ours: ours as number, peer: 'alone', theirs: theirs as number, aim: '<= 2' };
  });
}

/** Sends ten times what a caller may, for as long as the polite one sends its calls. */
async function startFlood(url: string, calls: number) {
  const perSecond = 10 * limit;
  const count = perSecond * (calls / politePerSecond + burstMs / 1000);
  const env = { ...process.env, BENCH_CALLS: JSON.stringify({ url, from: greedy, perSecond, count } satisfies Calls) };
  let heard: (refused: number) => void = () => {};
  const refused = new Promise<number>((resolve) => {
    heard = resolve;
  });
  const { stop } = await startChild(fileURLToPath(new URL('./flood-main.ts', import.meta.url)), env, (message) =>
    heard((message as { refused?: number }).refused ?? 0),
  );
  return { refused, stop };
}
