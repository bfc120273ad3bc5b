import { setTimeout as wait } from 'node:timers/promises';
import { toCarillonError } from '../api/client/client.js';

/** A server that is overrun for a moment says so; these requests may be repeated. */
const passing = ['STORE_UNAVAILABLE', 'TEMPORAL_UNAVAILABLE', 'WORKER_UNAVAILABLE', 'LIMIT_EXCEEDED'];
const waitsMs = [500, 2000];

/** Makes a request that is safe to repeat, at most three times. @throws CarillonError */
export async function patiently<Answer>(request: () => Promise<Answer>): Promise<Answer> {
  for (const ms of waitsMs) {
    try {
      return await request();
    } catch (error) {
      const fault = toCarillonError(error);
      if (!passing.includes(fault.code)) throw fault;
      await wait(ms);
    }
  }
  return request().catch((error: unknown) => {
    throw toCarillonError(error);
  });
}
