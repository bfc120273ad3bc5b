import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorCodes } from '../../core/errors.js';
import { faultBody, faultOf } from '../fault.js';

/** What does not answer now may do so after this. */
const unavailableSeconds = 2;

/** An error as RFC 9457 has it. */
export interface Problem {
  /** A page on the code: `/docs/errors#JOB_NOT_FOUND`. */
  type: string;
  /** What the code means. */
  title: string;
  /** HTTP status. */
  status: number;
  /** What was wrong with this request. */
  detail: string;
  /** The code to branch on. */
  code: string;
  /** Names the request in the API's log. */
  requestId?: string;
  /** What to do next. */
  hint?: string;
  /** The fields at fault. */
  errors?: { pointer: string; detail: string; value?: unknown }[];
}

/** @param input what was asked, to find the values of fields at fault in */
export function problemOf(error: unknown, requestId?: string, input?: unknown): Problem {
  const fault = faultOf(error, input);
  const { code, field, value, hint, faults } = faultBody(fault, requestId);
  const { status, summary } = errorCodes[code];
  const fields = faults ?? (field === undefined ? [] : [{ field, message: fault.message, value }]);
  return {
    type: `/docs/errors#${code}`,
    title: summary,
    status,
    detail: fault.message,
    code,
    ...(requestId !== undefined && { requestId }),
    ...(hint !== undefined && { hint }),
    ...(fields.length > 0 && {
      errors: fields.map(({ field, message, value }) => ({
        pointer: pointerOf(field, input),
        detail: message,
        ...(value !== undefined && { value }),
      })),
    }),
  };
}

/** Answers with the problem. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(error, request.id, request.body);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="carillon"');
  if (problem.status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', unavailableSeconds);
  // An address that cannot be decoded meets no hook that would say so.
  reply.header('x-request-id', request.id);
  return reply.status(problem.status).type('application/problem+json').send(problem);
}

/**
 * JSON pointer (RFC 6901, as a fragment) of a path in dotted form. Names may have dots in them: the input tells.
 * @param input what the path leads into
 */
export function pointerOf(field: string, input: unknown): string {
  if (field === '(root)') return '#';
  const names: string[] = [];
  let value = input;
  for (let rest: string | undefined = field; rest !== undefined; ) {
    const name: string = nameIn(value, rest) ?? (rest.split('.')[0] as string);
    rest = name.length < rest.length ? rest.slice(name.length + 1) : undefined;
    value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    names.push(name);
  }
  return `#${names.map((name) => `/${escaped(name)}`).join('')}`;
}

/** The longest name of the value's own that the path begins with. */
function nameIn(value: unknown, path: string): string | undefined {
  if (!isRecord(value)) return undefined;
  const names = Object.keys(value).filter((name) => path === name || path.startsWith(`${name}.`));
  return names.sort((a, b) => b.length - a.length)[0];
}

function escaped(name: string): string {
  const wellFormed = name.replace(/\p{Surrogate}/gu, '\uFFFD');
  return encodeURIComponent(wellFormed.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
