import type { PreparedDefinition } from '../../core/contract.js';
import { prepareDefinition } from '../../core/prepare.js';
import { assertResultPlace } from '../../objects/result-place.js';
import { resolveSchedule } from '../../store/resolved.js';
import type { InnerContext } from '../context.js';
import type { JobRefs } from '../temporal/gateway.js';

/** Checks and plans a definition of a job as of `now` (ms), with all it depends on. */
export async function prepare(
  { registry, store, resultLocations }: Pick<InnerContext, 'registry' | 'store' | 'resultLocations'>,
  ref: JobRefs,
  submitted: unknown,
  now: number,
): Promise<PreparedDefinition> {
  const resolved = await resolveSchedule(store, ref, (submitted as { schedule?: unknown }).schedule);
  const prepared = prepareDefinition(submitted, registry, now, resolved);
  assertResultPlace(prepared.definition.resultLocation, resultLocations);
  return prepared;
}
