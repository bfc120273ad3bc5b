import { parseDuration } from '../../../core/duration.js';

/** The moment that lies so long before `from`, counted in UTC: a month before 31 March is the last day of February. */
export function cutoff(from: Date, olderThan: string): Date {
  const { months, days, ms } = parseDuration(olderThan, 'olderThan');
  const moved = new Date(from);
  if (months > 0) {
    const day = moved.getUTCDate();
    moved.setUTCDate(1);
    moved.setUTCMonth(moved.getUTCMonth() - months);
    const last = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
    moved.setUTCDate(Math.min(day, last));
  }
  return new Date(moved.getTime() - days * 86_400_000 - ms);
}
