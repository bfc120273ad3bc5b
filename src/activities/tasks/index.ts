import { fanOutTask } from './fan-out/fan-out.js';
import { httpTask } from './http.js';
import { logTask } from './log.js';
import { stepsTask } from './steps/steps.js';
import { workflowTask } from './workflow/workflow.js';

/** The tasks every process knows. */
export const builtInTasks = [fanOutTask, httpTask, logTask, stepsTask, workflowTask] as const;
export type BuiltInTasks = typeof builtInTasks;
