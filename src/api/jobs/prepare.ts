import type { PreparedDefinition } from '../../core/contract.js';
import { prepareDefinition } from '../../core/prepare.js';
import { resolveSchedule } from '../../store/resolved.js';
import type { Backstage } from '../context.js';
import type { JobRefs } from '../gateway.js';

/** Checks and plans a definition of a job as of `now` (ms), with all it depends on. */
export async function prepare(
  { registry, store }: Pick<Backstage, 'registry' | 'store'>,
  ref: JobRefs,
  submitted: unknown,
  now: number,
): Promise<PreparedDefinition> {
  const resolved = await resolveSchedule(store, ref, (submitted as { schedule?: unknown }).schedule);
  return prepareDefinition(submitted, registry, now, resolved);
}
