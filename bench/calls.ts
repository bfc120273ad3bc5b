import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export interface Answer {
  status: number;
  ms: number;
}

export interface Calls {
  url: string;
  /** Address that the calls come from. */
  from: string;
  perSecond: number;
  count: number;
}

/** Sends lists at a steady pace, whether those before were answered or not. */
export async function callsOf({ url, from, perSecond, count }: Calls): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, localAddress: from, maxSockets: 16 });
  const began = performance.now();
  const answers: Promise<Answer>[] = [];
  for (let call = 0; call < count; call += 1) {
    const ahead = began + (call * 1000) / perSecond - performance.now();
    if (ahead > 1) await wait(ahead);
    answers.push(callOnce(`${url}/trpc/jobs.list`, agent));
  }
  const all = await Promise.all(answers);
  agent.destroy();
  return all;
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
