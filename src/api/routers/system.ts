import { isoTime } from '../../core/ids.js';
import { healthInput } from '../inputs.js';
import { procedure, router } from '../trpc.js';
import { healthView } from '../views.js';

export const systemRouter = router({
  health: procedure
    .meta({ summary: 'Whether Temporal, database and workers answer.', rest: { method: 'GET', path: '/health' } })
    .input(healthInput)
    .output(healthView)
    .query(async ({ ctx }) => {
      const [temporal, store, workers] = await Promise.all([
        outcome(ctx.gateway.ping()),
        outcome(ctx.store.ping()),
        ctx.gateway.pollers().catch(() => ({ scheduler: 0, heavy: 0 })),
      ]);
      const { temporalAddress: address, namespace } = ctx.consoles;
      // Who does not say who they are learns whether it works, not where it is.
      const known = ctx.caller.kind !== 'nobody';
      return {
        status: temporal.ok && store.ok && workers.scheduler > 0 ? 'ok' : 'degraded',
        version: ctx.version,
        time: isoTime(ctx.now()),
        temporal: known ? { ...temporal, address, namespace } : { ok: temporal.ok },
        store: known ? store : { ok: store.ok },
        workers,
      } as const;
    }),
});

async function outcome(check: Promise<void>): Promise<{ ok: boolean; error?: string }> {
  return check.then(
    () => ({ ok: true }),
    (error: unknown) => ({ ok: false, error: error instanceof Error ? error.message : String(error) }),
  );
}
