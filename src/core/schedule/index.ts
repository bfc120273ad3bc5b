export { normaliseSchedule, planSchedule } from './schedule.js';
export { zonedTime } from './time.js';
export { describeSchedule } from './words.js';
