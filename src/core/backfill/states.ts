/** The states of a backfill, as data: what each goes on to. The table in docs/backfills.md is checked against this. */
export const backfillTransitions = {
  running: ['paused', 'completed', 'failed', 'cancelled'],
  paused: ['running', 'completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type BackfillStateName = keyof typeof backfillTransitions;
export const backfillStates = Object.keys(backfillTransitions) as BackfillStateName[];

/** Whether a backfill in this state takes no more commands. */
export function isBackfillClosed(state: BackfillStateName): boolean {
  return backfillTransitions[state].length === 0;
}

/** Which nominal times are run: those that never took place, also those whose last run failed, or every one. */
export const rerunRules = ['missing', 'failed', 'all'] as const;
export type RerunRule = (typeof rerunRules)[number];

export const backfillOrders = ['oldest', 'newest'] as const;
export type BackfillOrder = (typeof backfillOrders)[number];
