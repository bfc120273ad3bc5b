import type { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { CarillonError, errorCodes, isErrorCode } from '../../core/errors.js';
import { forbidden } from './permission.js';

/** Says of an object that it would show more to others. */
export const payloadsHidden = z
  .literal(true)
  .optional()
  .describe('There is an input, or a result, that is left out: it takes the right `payloads:read`.');

/** What jobs carry, by the names it has in all answers. */
const carried = new Set(['input', 'result']);
/** Told by tasks about it, in their own words. */
const told = new Set(['lastFailure', 'errorFingerprint', 'note of progress']);
/** Errors of runs: their messages can quote what was carried, their codes cannot. */
const errors = new Set(['error', 'lastRefusal', 'errorCauses', 'causes']);
/** Names and values that people chose: nothing in them is what its name says. */
const free = new Set(['labels', 'calendars']);

/** An answer without inputs, results, and what tasks say of them. Who may not see these still learns how runs ended. */
export function withoutPayloads(answer: unknown, parent = ''): unknown {
  if (Array.isArray(answer)) return answer.map((item) => withoutPayloads(item, parent));
  if (typeof answer !== 'object' || answer === null) return answer;
  if (Symbol.asyncIterator in answer) throw forbidden('payloads:read', 'for a stream that carries payloads');
  if (errors.has(parent)) return withoutWords(answer);
  const fields: [string, unknown][] = [];
  let hidden = false;
  for (const [name, value] of Object.entries(answer)) {
    if (carried.has(name)) hidden ||= value !== undefined;
    else if (free.has(name)) fields.push([name, value]);
    else if (!told.has(name) && !told.has(`${name} of ${parent}`)) fields.push([name, withoutPayloads(value, name)]);
  }
  return { ...Object.fromEntries(fields), ...(hidden && { payloadsHidden: true }) };
}

/** Of an error, its code and what that means. */
function withoutWords(error: object): object {
  const { code } = error as { code?: unknown };
  const message = isErrorCode(code) ? errorCodes[code].summary : 'The message takes the right `payloads:read`.';
  return { ...error, message };
}

/** Codes whose messages quote an input. */
const quoting = new Set(['TASK_INPUT_INVALID', 'PAYLOAD_TOO_LARGE']);

/** What a call failed with. Of an input that the caller did not send, but a job has, nothing is quoted. */
export function withoutPayloadsOf(error: TRPCError, sent: unknown): Error {
  const { cause } = error;
  if (!(cause instanceof CarillonError) || !quoting.has(cause.code)) return error;
  const own = typeof sent === 'object' && sent !== null && ('input' in sent || 'task' in sent);
  return own
    ? error
    : new CarillonError(cause.code, errorCodes[cause.code].summary, {
        field: cause.details.field?.split('.')[0],
        hint: 'What is wrong with it is told to who has the right `payloads:read`.',
      });
}
