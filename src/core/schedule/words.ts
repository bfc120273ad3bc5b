import cronstrue from 'cronstrue';
import { type Duration, parseDuration } from '../duration.js';
import type { Schedule } from './schema.js';

/** The schedule as a sentence: "at 09:00, Monday through Friday, Europe/Berlin". */
export function describeSchedule(schedule: Schedule): string {
  const bounds = [
    schedule.start && !schedule.immediate ? `from ${schedule.start}` : '',
    schedule.end ? `until ${schedule.end}` : '',
    schedule.maxRuns ? `${schedule.maxRuns} ${schedule.maxRuns === 1 ? 'run' : 'runs'} at most` : '',
  ];
  return [occurrences(schedule), ...bounds].filter(Boolean).join(', ');
}

function occurrences(schedule: Schedule): string {
  if (schedule.immediate) return 'once, at once';
  if (schedule.at !== undefined) return `once, at ${schedule.at}`;
  if (schedule.every !== undefined) return `every ${durationInWords(parseDuration(schedule.every))}`;
  const words = cronstrue.toString(schedule.cron as string, { use24HourTimeFormat: true, verbose: false });
  return `${words.charAt(0).toLowerCase()}${words.slice(1)}, ${schedule.timezone}`;
}

function durationInWords({ months, days, ms }: Duration): string {
  const parts: [number, string][] = [
    [Math.floor(months / 12), 'year'],
    [months % 12, 'month'],
    [days, 'day'],
    [Math.floor(ms / 3_600_000), 'hour'],
    [Math.floor((ms % 3_600_000) / 60_000), 'minute'],
    [(ms % 60_000) / 1000, 'second'],
  ];
  const said = parts.filter(([count]) => count > 0);
  const [only] = said;
  if (said.length === 1 && only?.[0] === 1) return only[1];
  return said.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ');
}
