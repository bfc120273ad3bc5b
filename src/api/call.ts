import { callTRPCProcedure } from '@trpc/server';
import type { Context } from './context.js';
import { createRouter, type ProcedurePath } from './router.js';

const router = createRouter();
const procedures = router._def.procedures as unknown as Record<
  string,
  { _def: { type: 'query' | 'mutation' | 'subscription' } }
>;

/**
 * Calls a procedure from within the API, with everything a call over tRPC goes through: rights, schema, audit.
 * @throws what the procedure throws; `faultOf` makes a CarillonError of it
 */
export function call(
  ctx: Context,
  path: ProcedurePath,
  input: unknown,
  signal: AbortSignal | undefined = undefined,
): Promise<unknown> {
  const type = procedures[path]?._def.type ?? 'query';
  return callTRPCProcedure({ router, path, getRawInput: async () => input, ctx, type, signal, batchIndex: 0 });
}
