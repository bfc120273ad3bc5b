import { emailTask } from './email/email.js';
import { httpTask } from './http/http.js';
import { logTask } from './log.js';

/** The tasks every process knows. */
export const builtInTasks = [emailTask, httpTask, logTask] as const;
export type BuiltInTasks = typeof builtInTasks;
