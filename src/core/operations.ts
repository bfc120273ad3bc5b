import { type JobState, jobStates } from './states.js';

/** What an operation does to each job that fits its filter; `retry`: to each failed run. */
export const operationActions = ['pause', 'resume', 'cancel', 'trigger', 'delete', 'retry'] as const;
export type OperationAction = (typeof operationActions)[number];

/** States of an operation, and those each goes on to. docs/bulk.md is checked against this. */
export const operationTransitions = {
  running: ['cancelling', 'succeeded', 'failed'],
  cancelling: ['cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;
export type OperationState = keyof typeof operationTransitions;
export const operationStates = Object.keys(operationTransitions) as OperationState[];

export function isOperationClosed(state: OperationState): boolean {
  return operationTransitions[state].length === 0;
}

/** States of jobs that an action is for: others are left alone. */
export const actionStates: Record<Exclude<OperationAction, 'retry'>, readonly JobState[]> = {
  pause: ['scheduled', 'running'],
  resume: ['paused'],
  cancel: ['scheduled', 'running', 'paused'],
  trigger: ['scheduled', 'running', 'paused'],
  delete: jobStates,
};
