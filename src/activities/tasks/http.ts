import { z } from 'zod';
import { durationMs, parseDuration } from '../../core/duration.js';
import { CarillonError } from '../../core/errors.js';
import { defineTask } from '../../core/task/task.js';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
/** What is kept of an answer's body. */
const keptBytes = 4096;

const input = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).describe('Address to call, http or https.'),
    method: z.enum(methods).default('GET'),
    headers: z
      .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'Expected a header name.'), z.string())
      .default({}),
    body: z.unknown().optional().describe('Text is sent as it is, anything else as JSON.'),
    expectedStatus: z
      .union([z.int().min(100).max(599), z.array(z.int().min(100).max(599)).min(1)])
      .optional()
      .describe('Status or list of them that counts as success. Default: 200-299.'),
    timeout: z
      .string()
      .refine((text) => isDuration(text), 'Expected a duration such as PT30S or 30s.')
      .default('PT30S')
      .describe('Bound from the call to the last byte of the answer.'),
  })
  .refine(({ method, body }) => body === undefined || (method !== 'GET' && method !== 'HEAD'), {
    path: ['body'],
    message: 'Expected no body with GET or HEAD.',
  });

/**
 * Calls an HTTP address. Sends `Idempotency-Key` with the run id, equal on every attempt. Result: `{status, headers,
 * body}`, the body cut at 4 KiB. Fails with HTTP_STATUS, HTTP_UNREACHABLE or TIMEOUT_ATTEMPT.
 */
export const httpTask = defineTask({
  name: 'http',
  description: 'Calls an HTTP address and checks the status of the answer.',
  input,
  async run(context, { url, method, headers, body, expectedStatus, timeout }) {
    const bound = AbortSignal.timeout(durationMs(timeout, 'timeout'));
    const sent = withDefaults(headers, { 'Idempotency-Key': context.runId, 'User-Agent': 'carillon' }, body);
    try {
      const response = await fetch(url, {
        method,
        headers: sent,
        body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
        redirect: 'manual',
        signal: AbortSignal.any([context.signal, bound]),
      });
      const text = await readStart(response);
      if (!isExpected(response.status, expectedStatus)) throw unexpected(url, response.status, expectedStatus, text);
      return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
    } catch (error) {
      if (error instanceof CarillonError || context.signal.aborted) throw error;
      if (bound.aborted) {
        throw new CarillonError('TIMEOUT_ATTEMPT', `${method} ${url} took longer than \`timeout\` ${timeout}.`, {
          field: 'input.timeout',
          value: timeout,
        });
      }
      throw new CarillonError('HTTP_UNREACHABLE', `${method} ${url}: ${reasonOf(error)}`, {
        field: 'input.url',
        value: url,
      });
    }
  },
});

function isDuration(text: string): boolean {
  try {
    return parseDuration(text).months === 0;
  } catch {
    return false;
  }
}

function withDefaults(headers: Record<string, string>, defaults: Record<string, string>, body: unknown): Headers {
  const sent = new Headers(headers);
  for (const [name, value] of Object.entries(defaults)) if (!sent.has(name)) sent.set(name, value);
  if (body !== undefined && typeof body !== 'string' && !sent.has('Content-Type'))
    sent.set('Content-Type', 'application/json');
  return sent;
}

function isExpected(status: number, expected: number | number[] | undefined): boolean {
  if (expected === undefined) return status >= 200 && status < 300;
  return Array.isArray(expected) ? expected.includes(status) : status === expected;
}

function unexpected(url: string, status: number, expected: number | number[] | undefined, body: string): CarillonError {
  const wanted = expected === undefined ? '200-299' : [expected].flat().join(', ');
  const said = body.length > 200 ? `${body.slice(0, 200)}...` : body;
  return new CarillonError(
    'HTTP_STATUS',
    `Expected status ${wanted} from ${url}, got ${status}${said && `: ${said}`}`,
    {
      field: 'input.expectedStatus',
      value: status,
    },
  );
}

/** The first bytes of the body; the rest is not read. */
async function readStart(response: Response): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  while (bytes < keptBytes) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value.subarray(0, keptBytes - bytes), { stream: true });
    bytes += value.length;
  }
  await reader.cancel();
  return text;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
