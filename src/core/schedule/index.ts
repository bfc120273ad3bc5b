export { normaliseSchedule, type Occurrence, plannedTimes, planSchedule } from './schedule.js';
export { zonedTime } from './time.js';
export { describeSchedule } from './words.js';
