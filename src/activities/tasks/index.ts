import { fanOutTask } from './fan-out/fan-out.js';
import { httpTask } from './http.js';
import { logTask } from './log.js';
import { workflowTask } from './workflow/workflow.js';

/** The tasks every process knows. */
export const builtInTasks = [httpTask, logTask, workflowTask, fanOutTask] as const;
export type BuiltInTasks = typeof builtInTasks;
