import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type Figure, percentile } from './figures.js';
import type { Stage } from './stage.js';

/** Calls per second that one caller may make, and what the polite one makes of it. */
const limit = 50;
const politePerSecond = 25;
/** Without authentication callers are told apart by their addresses. */
const [polite, greedy] = ['127.0.0.2', '127.0.0.1'];

/** How much longer does a caller wait while another one sends ten times what it may? */
export async function fairness(stage: Stage, quick: boolean): Promise<Figure[]> {
  const settings = { CARILLON_RATE_LIMIT: String(limit), CARILLON_RATE_LIMIT_ADDRESS: '0' };
  const api = await stage.startApi(settings);
  const [politeAgent, greedyAgent] = [polite, greedy].map(
    (localAddress) => new Agent({ keepAlive: true, localAddress, maxSockets: 16 }),
  ) as [Agent, Agent];
  try {
    const calls = quick ? 25 : 500;
    await callsOf(api.url as string, politeAgent, politePerSecond, 10);
    const alone = await callsOf(api.url as string, politeAgent, politePerSecond, calls);
    const flood = callsOf(api.url as string, greedyAgent, 10 * limit, (10 * limit * calls) / politePerSecond);
    const beside = await callsOf(api.url as string, politeAgent, politePerSecond, calls);
    const refused = (await flood).filter(({ status }) => status === 429).length;
    if (refused === 0) throw new Error('Expected the greedy caller to be refused now and then.');
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
  } finally {
    for (const agent of [politeAgent, greedyAgent]) agent.destroy();
    await api.stop();
  }
}

interface Answer {
  status: number;
  ms: number;
}

/** Sends calls at a steady pace, whether those before were answered or not. */
async function callsOf(url: string, agent: Agent, perSecond: number, count: number): Promise<Answer[]> {
  const began = performance.now();
  const answers: Promise<Answer>[] = [];
  for (let call = 0; call < count; call += 1) {
    const ahead = began + (call * 1000) / perSecond - performance.now();
    if (ahead > 1) await wait(ahead);
    answers.push(callOnce(`${url}/trpc/jobs.list`, agent));
  }
  return Promise.all(answers);
}

function callOnce(url: string, agent: Agent): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const call = request(`${url}?input=${encodeURIComponent('{"limit":10}')}`, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - began }));
    });
    call.once('error', reject);
    call.end();
  });
}
