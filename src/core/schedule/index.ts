export { calendarNames } from './calendar.js';
export { type Explanation, explainSchedule } from './explain.js';
export { calendarOfICalendar } from './icalendar.js';
export { normaliseSchedule, submittedSchedule } from './normalise.js';
export { firstRun, type Occurrence, plannedTimes, planSchedule } from './schedule.js';
export { zonedTime } from './time.js';
export { describeSchedule } from './words.js';
