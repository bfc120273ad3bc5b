export { calendarNames, checkCalendar } from './exclusion/calendar.js';
export { calendarOfICalendar } from './exclusion/icalendar.js';
export { type Explanation, explainSchedule } from './explain/explain.js';
export { describeSchedule } from './explain/words.js';
export { normaliseSchedule, submittedSchedule } from './normalise.js';
export { firstRun, type Occurrence, plannedTimes, planSchedule } from './schedule.js';
export { zonedTime } from './time.js';
