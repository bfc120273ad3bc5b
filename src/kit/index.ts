/** To test tasks of your own: `import { runTask } from 'carillon/kit'`. */
export { type RunOptions, runTask, type TaskRun } from './run-task.js';
export { type ContextOptions, type LogLine, type TaskTrace, testContext } from './task-run.js';
