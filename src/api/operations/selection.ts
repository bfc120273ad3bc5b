import { actionStates, type OperationAction } from '../../core/operations.js';
import { schemaFault } from '../../core/schema-fault.js';
import type { JobState } from '../../core/states.js';
import type { JobFilter, JobKey, OperationRow, RunFilter, RunKey, Store } from '../../store/store.js';
import { jobSelection, runSelection } from './inputs.js';

/** What an operation is about: ids of jobs, or for `retry` of runs. */
export interface Selection {
  count(): Promise<number>;
  /** Ids after the key, newest first, and the key to go on with. */
  page(limit: number, after: object | null): Promise<{ ids: string[]; next: object | null }>;
}

/**
 * Jobs, or runs, that fit the filter and were there when the operation was created.
 * @throws CarillonError INPUT_INVALID when a field of the filter is not for this action
 */
export function selectionOf(
  store: Store,
  { action, filter, ...rest }: Pick<OperationRow, 'project' | 'action' | 'filter' | 'createdAt' | 'owners'>,
): Selection {
  return action === 'retry' ? ofRuns(store, filter, rest) : ofJobs(store, action, filter, rest);
}

type Bounds = Pick<OperationRow, 'project' | 'createdAt' | 'owners'>;

function ofJobs(
  { jobs }: Store,
  action: Exclude<OperationAction, 'retry'>,
  given: unknown,
  { project, createdAt, owners }: Bounds,
): Selection {
  const { state: asked, ...filter } = checked(jobSelection.safeParse(given), given);
  const state: JobState[] = actionStates[action].filter((one) => !asked || asked.includes(one));
  // To a filter, no state would be any state.
  if (state.length === 0) return { count: async () => 0, page: async () => ({ ids: [], next: null }) };
  const whole: JobFilter = { ...filter, project, state, createdUntil: createdAt, owners };
  return {
    count: () => jobs.count(whole),
    async page(limit, after) {
      const { items, next } = await jobs.keys(whole, { limit, after: after as JobKey | null });
      return { ids: items.map(({ jobId }) => jobId), next };
    },
  };
}

function ofRuns({ runs }: Store, given: unknown, { project, createdAt, owners }: Bounds): Selection {
  const filter = checked(runSelection.safeParse(given), given);
  const whole: RunFilter = { ...filter, project, dead: true, endedUntil: createdAt, owners };
  return {
    count: () => runs.count(whole),
    async page(limit, after) {
      const { items, next } = await runs.list(whole, { limit, after: after as RunKey | null });
      return { ids: items.map(({ runId }) => runId), next };
    },
  };
}

function checked<Result>(
  parsed: { success: true; data: Result } | { success: false; error: Parameters<typeof schemaFault>[0] },
  given: unknown,
): Result {
  if (parsed.success) return parsed.data;
  throw schemaFault(parsed.error, given, 'INPUT_INVALID', 'filter');
}
