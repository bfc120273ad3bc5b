import { dynamodbExpireTask } from './dynamodb/expire.js';
import { emailTask } from './email/email.js';
import { etlTask } from './etl/etl.js';
import { expireTask } from './expire/expire.js';
import { fanOutTask } from './fan-out/fan-out.js';
import { httpTask } from './http/http.js';
import { logTask } from './log.js';
import { sqlTask } from './sql/sql.js';
import { stepsTask } from './steps/steps.js';
import { workflowTask } from './workflow/workflow.js';

/** The tasks every process knows. */
export const builtInTasks = [
  dynamodbExpireTask,
  emailTask,
  etlTask,
  expireTask,
  fanOutTask,
  httpTask,
  logTask,
  sqlTask,
  stepsTask,
  workflowTask,
] as const;
export type BuiltInTasks = typeof builtInTasks;
