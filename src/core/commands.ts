import type { PreparedDefinition } from './contract.js';
import type { PausedPolicy } from './definition.js';
import type { Schedule } from './schedule/schema.js';

/** Commands exist as Updates (answered, validated) and as Signals (by hand) under the same names. */
export const commandNames = ['pause', 'resume', 'cancel', 'reschedule', 'update', 'trigger', 'cancelRun'] as const;
export type CommandName = (typeof commandNames)[number];
export const queryNames = ['status', 'definition', 'snapshot'] as const;

/** Furnished by whoever sends a command; both optional so that a command by hand stays short. */
export interface CommandMeta {
  /** Repeating a command with the id of an earlier one does nothing. Default: the Update's id. */
  commandId?: string;
  /** Who sent it, for the definition's versions and the pause note. */
  by?: string;
}
export interface PauseCommand extends CommandMeta {
  note?: string;
  /** The job resumes by itself at this time. */
  until?: string;
  /** What becomes of occurrences due meanwhile, in place of `whilePaused`. */
  missed?: PausedPolicy;
}
export interface ResumeCommand extends CommandMeta {
  /** What becomes of occurrences that were due meanwhile, in place of what the pause says. */
  missed?: PausedPolicy;
}
export interface CancelCommand extends CommandMeta {
  reason?: string;
}
/** Only if the definition is of this version still: what was derived from it must not undo what came after. */
interface RedefineCommand extends CommandMeta {
  ifVersion?: number;
}
export interface RescheduleCommand extends RedefineCommand {
  schedule: Schedule;
  /** Computed by the API. Without it (a command by hand) the workflow has an activity validate and plan. */
  prepared?: PreparedDefinition;
}
export interface UpdateCommand extends RedefineCommand {
  definition: unknown;
  prepared?: PreparedDefinition;
}
export interface TriggerCommand extends CommandMeta {
  /** Part of the run id; the same key never starts a second run. Default: the command id. */
  key?: string;
  /** Input of this run alone, in place of the definition's. */
  input?: unknown;
  /** Run that failed: this one has its nominal time, and waits for its turn whatever the overlap policy says. */
  retryOf?: string;
  /** Nominal time of that run. */
  scheduledAt?: string;
}
export interface CancelRunCommand extends CommandMeta {
  runId: string;
  reason?: string;
}
