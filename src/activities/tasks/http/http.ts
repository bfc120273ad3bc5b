import { durationMs, formatDuration } from '../../../core/duration.js';
import { CarillonError } from '../../../core/errors.js';
import { retryAfter, type TaskOutcome } from '../../../core/task/outcome.js';
import { defineTask } from '../../../core/task/task.js';
import { keptBytes, readStart, readWhole } from './answer-body.js';
import { exchange } from './exchange.js';
import { type HttpInput, httpInput } from './input.js';
import { pickValue } from './picked-value.js';
import { makeRequest } from './request.js';

/** A server that says when to come back is heeded up to here. */
const longestWaitMs = 24 * 3_600_000;

/**
 * Calls an HTTP address. Sends `Idempotency-Key` with the run id, equal on every attempt. Result: what `result` picks, or
 * `{status, headers, body}` with the body cut at 4 KiB. Fails with HTTP_STATUS, HTTP_UNREACHABLE, HTTP_ADDRESS_FORBIDDEN,
 * HTTP_TOO_LARGE, HTTP_RESULT_MISSING, TEMPLATE_INVALID or TIMEOUT_ATTEMPT; 429 and 503 with Retry-After are tried again
 * when the server says.
 */
export const httpTask = defineTask({
  name: 'http',
  description: 'Calls an HTTP address and checks the status of the answer.',
  input: httpInput,
  async run(context, input): Promise<unknown | TaskOutcome> {
    const request = await makeRequest(context, input);
    const bound = AbortSignal.timeout(durationMs(input.timeout, 'timeout'));
    const signal = AbortSignal.any([context.signal, bound]);
    try {
      const { response, url } = await exchange(context.fetch, request, input.redirects, signal);
      if (!isExpected(response.status, input.expectedStatus)) return await refused(url, response, input);
      const kept = input.result === undefined ? keptBytes : input.maxBytes;
      const text = await readWhole(response, input.maxBytes, kept);
      if (input.result !== undefined) return pickValue(text, input.result);
      return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
    } catch (error) {
      if (error instanceof CarillonError || context.signal.aborted) throw error;
      const called = `${input.method} ${shortened(request.url.href, 300)}`;
      if (bound.aborted) {
        const message = `${called} took longer than \`timeout\` ${input.timeout}.`;
        throw new CarillonError('TIMEOUT_ATTEMPT', message, { field: 'input.timeout', value: input.timeout });
      }
      const details = { field: 'input.url', value: request.url.href };
      throw new CarillonError('HTTP_UNREACHABLE', `${called}: ${reasonOf(error)}`, details, { cause: error });
    }
  },
});

function isExpected(status: number, expected: HttpInput['expectedStatus']): boolean {
  if (expected === undefined) return status >= 200 && status < 300;
  return Array.isArray(expected) ? expected.includes(status) : status === expected;
}

/** The run fails, or waits as long as the server asks for. */
async function refused(url: URL, response: Response, { expectedStatus }: HttpInput): Promise<TaskOutcome> {
  const { status, headers } = response;
  const body = await readStart(response);
  const wanted = expectedStatus === undefined ? '200-299' : [expectedStatus].flat().join(', ');
  const message = `Expected status ${wanted} from ${shortened(url.href, 300)}, got ${status}${body && `: ${shortened(body, 200)}`}`;
  const wait = status === 429 || status === 503 ? waitMs(headers.get('retry-after'), Date.now()) : undefined;
  if (wait !== undefined) return retryAfter(formatDuration(wait), message);
  const redirect = status >= 300 && status < 400 && headers.has('location');
  throw new CarillonError('HTTP_STATUS', message, {
    field: 'input.expectedStatus',
    value: status,
    ...(redirect && { hint: 'To follow redirects, set `redirects` to how many at most.' }),
  });
}

/** Retry-After, seconds or a date, in milliseconds: at least 1 s, at most a day. */
function waitMs(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  const asked = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(Math.round(asked), 1000), longestWaitMs);
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
