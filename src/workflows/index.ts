export { job } from './job.js';
