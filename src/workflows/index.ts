export { backfill } from './backfill.js';
export { fanOut } from './fan-out.js';
export { fanOutPart } from './fan-out-part.js';
export { job } from './job.js';
