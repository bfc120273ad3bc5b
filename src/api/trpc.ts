import { initTRPC } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { errorCodes } from '../core/errors.js';
import { guard } from './access/guard.js';
import { needOf } from './access/needs.js';
import { withoutPayloads, withoutPayloadsOf } from './access/payloads.js';
import { audited } from './audit/step.js';
import type { Context } from './context.js';
import { faultBody, faultOf } from './fault.js';
import { assertPlainInput } from './limits/plain-input.js';

const trpcCodes = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  409: 'CONFLICT',
  412: 'PRECONDITION_FAILED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
} as const;

/** An error as it goes over the wire: tRPC's shape, with ours under `data.carillon`. */
export function errorShape(error: unknown, at: { input?: unknown; path?: string; requestId?: string }) {
  const fault = faultOf(error, at.input);
  const { status } = errorCodes[fault.code];
  const code = trpcCodes[status];
  return {
    message: fault.message,
    code: TRPC_ERROR_CODES_BY_KEY[code],
    data: { code, httpStatus: status as number, path: at.path, carillon: faultBody(fault, at.requestId) },
  };
}

/** Where a procedure stands in the REST API, below `/v1`. */
export interface RestPlace {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Fields of the input in braces: `/jobs/{id}/pause`. Others come in the query (GET, DELETE) or the body. */
  path: `/${string}`;
  /** Of an answer that is good. Default 200. */
  status?: 200 | 201 | 202 | 204;
  /** Field of the input that the body is as a whole; the others come in the query. */
  body?: string;
}

export interface ProcedureMeta {
  /** One sentence, for the documents. */
  summary: string;
  rest?: RestPlace;
}

const trpc = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    isDev: false,
    // Proxies end what is silent for a minute.
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
    errorFormatter: ({ error, input, path, ctx }) => errorShape(error, { input, path, requestId: ctx?.requestId }),
  });

export const router = trpc.router;
const auditedProcedure = trpc.procedure.use(async ({ ctx, path, type, getRawInput, next }) => {
  const input = await getRawInput();
  return audited({ ctx, path, type, ofProject: needOf(path)?.on !== 'instance', input }, next);
});
/** Every procedure asks first whether its caller may, and at last what they may see; what it changes or refuses is recorded. */
export const procedure = auditedProcedure.use(async ({ ctx, path, getRawInput, next }) => {
  const { input, payloads } = await guard(ctx, path, getRawInput);
  assertPlainInput(input);
  const result = await next({ getRawInput: async () => ctx.repeat?.(path, input) ?? input });
  if (payloads === 'shown') return result;
  if (result.ok) return { ...result, data: withoutPayloads(result.data) };
  throw withoutPayloadsOf(result.error, input);
});
export const createCallerFactory = trpc.createCallerFactory;
