import { dynamodbExpireTask } from './dynamodb/expire.js';
import { etlTask } from './etl/etl.js';
import { expireTask } from './expire/expire.js';
import { httpTask } from './http.js';
import { logTask } from './log.js';
import { sqlTask } from './sql/sql.js';

/** The tasks every process knows. */
export const builtInTasks = [dynamodbExpireTask, etlTask, expireTask, httpTask, logTask, sqlTask] as const;
export type BuiltInTasks = typeof builtInTasks;
