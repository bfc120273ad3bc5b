import { httpTask } from './http.js';
import { logTask } from './log.js';
import { stepsTask } from './steps/steps.js';

/** The tasks every process knows. */
export const builtInTasks = [httpTask, logTask, stepsTask] as const;
export type BuiltInTasks = typeof builtInTasks;
