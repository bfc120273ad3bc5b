/** What users of Carillon import: to write tasks, and to talk to the API. */
export { type CarillonClient, type ClientOptions, createCarillonClient, toCarillonError } from './api/client/client.js';
export type { AppRouter } from './api/router.js';
export type { LogEventView, LogLineView } from './api/runs/log-views.js';
export type {
  CommandView,
  CountView,
  EnsureView,
  EventView,
  HealthView,
  JobDetailView,
  JobItemView,
  JobView,
  PreviewView,
  RedriveView,
  RetryView,
  RunDetailView,
  RunView,
  StatusView,
  TaskListView,
  TaskView,
  TriggerView,
} from './api/views.js';
export type { DefinitionInput, Lane } from './core/definition.js';
export { CarillonError, type ErrorCode, type ErrorDetails, errorCodes, type FieldFault } from './core/errors.js';
export { type Simulation, type SimulationOptions, simulate } from './core/job/simulate.js';
export type { Schedule } from './core/schedule/schema.js';
export type { JobState, NotRunReason, RunState } from './core/states.js';
export { type CarillonConfig, defineConfig } from './core/task/config.js';
export type { TaskContext } from './core/task/context.js';
export { giveUp, retryAfter, skip, type TaskOutcome } from './core/task/outcome.js';
export { type AnyTask, defineTask, type Task } from './core/task/task.js';
