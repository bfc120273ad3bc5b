import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type {
  CancelCommand,
  CancelRunCommand,
  PauseCommand,
  RescheduleCommand,
  ResumeCommand,
  TriggerCommand,
  UpdateCommand,
} from '../core/commands.js';
import type { JobSnapshot, JobStatus, RunSummary } from '../core/contract.js';
import type { Definition } from '../core/definition.js';

/** Answer of `trigger`: the job, and the run that was started or was there already; null when only the ledger knows it. */
export interface TriggerAnswer {
  snapshot: JobSnapshot;
  run: RunSummary | null;
}

export const updates = {
  pause: defineUpdate<JobSnapshot, [PauseCommand?]>('pause'),
  resume: defineUpdate<JobSnapshot, [ResumeCommand?]>('resume'),
  cancel: defineUpdate<JobSnapshot, [CancelCommand?]>('cancel'),
  reschedule: defineUpdate<JobSnapshot, [RescheduleCommand]>('reschedule'),
  update: defineUpdate<JobSnapshot, [UpdateCommand]>('update'),
  trigger: defineUpdate<TriggerAnswer, [TriggerCommand?]>('trigger'),
  cancelRun: defineUpdate<JobSnapshot, [CancelRunCommand]>('cancelRun'),
};

export const signals = {
  pause: defineSignal<[PauseCommand?]>('pause'),
  resume: defineSignal<[ResumeCommand?]>('resume'),
  cancel: defineSignal<[CancelCommand?]>('cancel'),
  reschedule: defineSignal<[RescheduleCommand]>('reschedule'),
  update: defineSignal<[UpdateCommand]>('update'),
  trigger: defineSignal<[TriggerCommand?]>('trigger'),
  cancelRun: defineSignal<[CancelRunCommand]>('cancelRun'),
};

export const queries = {
  status: defineQuery<JobStatus>('status'),
  definition: defineQuery<{ definition: Definition; definitionVersion: number; digest: string }>('definition'),
  snapshot: defineQuery<JobSnapshot>('snapshot'),
};
