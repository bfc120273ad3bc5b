import { pause } from './pause.js';

type Fetch = typeof fetch;
type Address = Parameters<Fetch>[0];

/**
 * A fetch that comes back when the API asks for it: a request that was refused for coming too fast (429 with
 * `Retry-After`) was not carried out, and is sent again after the wait, as long as `signal` gives it time.
 * @param signal bounds all tries together
 */
export async function patientFetch(
  input: Address,
  init: RequestInit & { signal: AbortSignal },
  send: Fetch = fetch,
): Promise<Response> {
  for (;;) {
    const response = await send(input, init);
    const seconds = response.status === 429 ? Number(response.headers.get('retry-after')) : 0;
    if (!(seconds > 0) || seconds > longestWait) return response;
    await response.body?.cancel();
    await pause(seconds * 1000, init.signal);
    init.signal.throwIfAborted();
  }
}

/** In seconds. Who is to wait longer is told at once. */
const longestWait = 10;
