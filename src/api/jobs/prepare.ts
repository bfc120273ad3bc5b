import type { PreparedDefinition } from '../../core/contract.js';
import { seedOf } from '../../core/ids.js';
import { prepareDefinition } from '../../core/prepare.js';
import type { InnerContext } from '../context.js';
import type { JobRefs } from '../gateway.js';

/** Checks and plans a definition of a job as of `now` (ms), with all it depends on. */
export async function prepare(
  { registry }: InnerContext,
  { project, jobId }: JobRefs,
  submitted: unknown,
  now: number,
): Promise<PreparedDefinition> {
  return prepareDefinition(submitted, registry, now, { seed: seedOf(project, jobId) });
}
