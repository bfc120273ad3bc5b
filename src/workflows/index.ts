export { backfill } from './backfill.js';
export { job } from './job.js';
