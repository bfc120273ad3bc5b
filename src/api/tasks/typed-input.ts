import type { builtInTasks } from '../../activities/tasks/index.js';
import type { DefinitionInput } from '../../core/definition.js';
import type { AnyTask, TypedDefinition } from '../../core/task/task.js';

/**
 * A definition as a client may write it. With the tasks of a `carillon.config.ts` the input's type follows from the
 * task's name; without them any task and any input pass the compiler, and the API decides.
 */
export type ClientDefinition<Tasks extends readonly AnyTask[]> = number extends Tasks['length']
  ? DefinitionInput
  : TypedDefinition<[...typeof builtInTasks, ...Tasks]>;

/** Which job a definition is for. */
export interface JobIdentity {
  /** Default: derived from `idempotencyKey`, else the task's name and a random suffix. */
  id?: string;
  /** Default `default`. */
  project?: string;
  /** Who asks, for the definition's versions. */
  by?: string;
}

export type CreateInput<Tasks extends readonly AnyTask[]> = ClientDefinition<Tasks> &
  JobIdentity & {
    /** A repeated request with the key of an earlier one gets the earlier one's job. */
    idempotencyKey?: string;
  };
export type ValidateInput<Tasks extends readonly AnyTask[]> = ClientDefinition<Tasks> & JobIdentity & { id: string };
export type EnsureInput<Tasks extends readonly AnyTask[]> = ValidateInput<Tasks> & {
  /** Only over a definition of this version; 0: only if there is no such job. */
  ifVersion?: number;
};
export type UpdateInput<Tasks extends readonly AnyTask[]> = ValidateInput<Tasks> & {
  /** Repeating a command with the id of an earlier one does nothing. */
  commandId?: string;
  /** Only if the definition is of this version still. */
  ifVersion?: number;
};
