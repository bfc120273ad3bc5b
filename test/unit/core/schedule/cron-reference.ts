/*
 * The dialect once more, slow and plain, to check the fast one against: it shares no code with it. Local times are
 * minutes or seconds that a walk reads from Intl one by one; fields are questions asked of each.
 */

export interface Rules {
  gap: 'skip' | 'shift' | 'before';
  overlap: 'first' | 'last' | 'both';
}

/** What Intl shows at instants `step` ms apart: `local[n]` is read at `from + n * step`. */
export interface Walk {
  from: number;
  step: number;
  local: Float64Array;
  /** The instants at which each local time was seen. */
  seen: Map<number, number[]>;
}

export function localReader(timezone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return (instant) => Date.parse(`${format.format(instant).replace(' ', 'T')}Z`);
}

export function walk(read: (instant: number) => number, from: number, to: number, step: number): Walk {
  const local = Float64Array.from({ length: (to - from) / step }, (_, index) => read(from + index * step));
  const seen = new Map<number, number[]>();
  local.forEach((time, index) => {
    const instants = seen.get(time);
    if (instants) instants.push(from + index * step);
    else seen.set(time, [from + index * step]);
  });
  return { from, step, local, seen };
}

/** Every occurrence within a walk, except for those a gap just before it sends into it. */
export function occurrencesIn({ from, step, local, seen }: Walk, matches: Matcher, rules: Rules): number[] {
  const found = new Set<number>();
  for (const [time, instants] of seen) {
    if (!matches.at(time)) continue;
    const last = instants.length - 1;
    if (matches.everyHour || rules.overlap === 'both') for (const instant of instants) found.add(instant);
    else found.add(instants[rules.overlap === 'first' ? 0 : last] as number);
  }
  for (let index = 1; index < local.length && !matches.everyHour && rules.gap !== 'skip'; index++) {
    const before = local[index - 1] as number;
    for (let time = before + step; time < (local[index] as number); time += step) {
      if (!matches.at(time)) continue;
      const jump = from + index * step;
      found.add(rules.gap === 'before' ? jump - 1000 : jump - step + (time - before));
    }
  }
  return [...found].sort((a, b) => a - b);
}

export interface Matcher {
  at(local: number): boolean;
  everyHour: boolean;
}

const names = 'SUN MON TUE WED THU FRI SAT JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const dayMs = 86_400_000;

export function matcher(expression: string, and = false): Matcher {
  const parts = expression.toUpperCase().split(' ');
  if (parts.length === 5) parts.unshift('0');
  const [second, minute, hour, date, month, weekday, year = '*'] = parts as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const either = !and && !'*?'.includes(date) && !'*?'.includes(weekday);
  const days = new Map<number, boolean>();
  const dayMatches = (day: number) => {
    const at = new Date(day);
    if (!plain(month, at.getUTCMonth() + 1, 1, 12) || !plain(year, at.getUTCFullYear(), 1970, 2199)) return false;
    const byDate = date.split(',').some((item) => dateMatches(item, at));
    const byWeekday = weekday.split(',').some((item) => weekdayMatches(item, at));
    return either ? byDate || byWeekday : byDate && byWeekday;
  };
  const table = (text: string, count: number) =>
    Array.from({ length: count }, (_, value) => plain(text, value, 0, count - 1));
  const [seconds, minutes, hours] = [table(second, 60), table(minute, 60), table(hour, 24)];
  return {
    everyHour: hours.every(Boolean),
    at(local) {
      const time = Math.floor(local / 1000) % 86_400;
      if (!hours[Math.floor(time / 3600)] || !minutes[Math.floor(time / 60) % 60] || !seconds[time % 60]) return false;
      const day = local - (local % dayMs);
      const matched = days.get(day) ?? dayMatches(day);
      days.set(day, matched);
      return matched;
    },
  };
}

/** Whether a list of plain items takes the value: each item is walked from its first value, wrapping at the end. */
function plain(text: string, value: number, min: number, max: number): boolean {
  return text.split(',').some((item) => {
    const [range = '', step = '1'] = item.split('/');
    const [from, to] = range.split('-').map((part) => numberOf(part, max));
    if (range === '*' || range === '?') return (value - min) % Number(step) === 0;
    const end = to ?? (item.includes('/') ? max : (from as number));
    for (let at = from as number, walked = 0; walked <= max - min; at = at === max ? min : at + 1, walked++) {
      if (at === value && walked % Number(step) === 0) return true;
      if (at === end) return false;
    }
    return false;
  });
}

function numberOf(text: string, max: number): number {
  if (!names.includes(text)) return Number(text);
  return max === 12 ? names.indexOf(text) - 6 : names.indexOf(text);
}

function dateMatches(item: string, at: Date): boolean {
  const inMonth = (days: number) => new Date(at.getTime() + days * dayMs).getUTCMonth() === at.getUTCMonth();
  const date = at.getUTCDate();
  const [working, friday, monday] = [at.getUTCDay() % 6 !== 0, at.getUTCDay() === 5, at.getUTCDay() === 1];
  if (item === 'L') return !inMonth(1);
  if (item === 'LW') return working && (!inMonth(1) || (friday && !inMonth(3)));
  if (item.startsWith('L-')) return inMonth(Number(item.slice(2))) && !inMonth(Number(item.slice(2)) + 1);
  if (!item.endsWith('W')) return plain(item, date, 1, 31);
  const wanted = Number(item.slice(0, -1));
  if (!working) return false;
  if (date === wanted) return true;
  if (friday && date === wanted - 1) return inMonth(1);
  if (monday && date === wanted + 1) return true;
  // Not out of the month: Saturday the 1st to Monday the 3rd, Sunday the last to Friday.
  return (monday && wanted === 1 && date === 3) || (friday && date === wanted - 2 && inMonth(2) && !inMonth(3));
}

function weekdayMatches(item: string, at: Date): boolean {
  const weekday = at.getUTCDay();
  const [day = '', nth] = item.split('#');
  if (nth !== undefined) return numberOf(day, 7) % 7 === weekday && Math.ceil(at.getUTCDate() / 7) === Number(nth);
  const last = /^(.+)L$/.exec(item)?.[1];
  if (last === undefined)
    return plain(item, weekday, 0, 6) || (weekday === 0 && /7$/.test(item) && !item.includes('/'));
  const nextWeek = new Date(at.getTime() + 7 * dayMs);
  return numberOf(last, 7) % 7 === weekday && nextWeek.getUTCMonth() !== at.getUTCMonth();
}

export interface Transition {
  at: number;
  /** Local time after minus before, in ms: above zero a gap, below zero an overlap. */
  jump: number;
}

/** The moments when the wall clock jumps, found by looking once a week and then halving. */
export function transitionsOf(read: (instant: number) => number, from: number, to: number): Transition[] {
  const found: Transition[] = [];
  const offset = (instant: number) => read(instant) - instant;
  for (let week = from; week < to; week += 7 * dayMs) {
    const [before, after] = [offset(week), offset(week + 7 * dayMs)];
    if (before === after) continue;
    let [low, high] = [week, week + 7 * dayMs];
    while (high - low > 60_000) {
      const middle = low + Math.floor((high - low) / 120_000) * 60_000;
      if (offset(middle) === before) low = middle;
      else high = middle;
    }
    found.push({ at: high, jump: after - before });
  }
  return found;
}
