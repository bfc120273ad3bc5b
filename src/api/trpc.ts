import { initTRPC } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { errorCodes } from '../core/errors.js';
import type { Context } from './context.js';
import { faultBody, faultOf } from './fault.js';

const trpcCodes = {
  400: 'BAD_REQUEST',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
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

const trpc = initTRPC
  .context<Context>()
  .meta<{ summary: string }>()
  .create({
    isDev: false,
    // Proxies end what is silent for a minute.
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
    errorFormatter: ({ error, input, path, ctx }) => errorShape(error, { input, path, requestId: ctx?.requestId }),
  });

export const router = trpc.router;
export const procedure = trpc.procedure;
