import { parseDuration } from '../duration.js';
import { CarillonError, show } from '../errors.js';
import { parseCron } from './cron/fields.js';
import type { Schedule } from './schema.js';
import { parseTime } from './time.js';

const zonePrefix = /^(?:CRON_)?TZ=\S+\s*/;
const forms =
  'a cron expression ("0 3 * * *", "@daily"), four fields ("<second> <minute> <hour> <day>"), an interval ("1h30m"), a time ("2026-12-01T09:00:00Z"), an RRULE, or "run_once"';

/**
 * Reads a schedule written as one text. What it is shows in its shape, and there is one reading for each:
 * `run_once`, `run_once: TIME`, a time, `1h30m` or `every 1h30m`, `@daily`, an RRULE, and by the number of its fields a
 * crontab (4: second minute hour day-of-month) or a cron expression (5, 6 or 7).
 * @throws CarillonError of the code that reading has, saying which reading was tried; SCHEDULE_INVALID when none fits
 */
export function readScheduleText(text: string, field = 'schedule'): Schedule {
  const said = text.trim();
  const [, once] = /^run_once(?:(?:\s*:\s*|\s+)(\S.*))?$/i.exec(said) ?? [];
  if (/^run_once$/i.test(said)) return { immediate: true };
  if (once !== undefined) return timeOf(once, field, 'run_once at a time');
  if (/^\d{4}-\d\d-\d\d/.test(said)) return timeOf(said, field, 'a time');
  const [, every] = /^every\s+(\S.*)$/i.exec(said) ?? [];
  if (every !== undefined) return intervalOf(every, field);
  if (/^(RRULE:|DTSTART|FREQ=)/i.test(said)) return { rrule: said };
  const fields = said.replace(zonePrefix, '').split(/\s+/).filter(Boolean);
  if (fields[0]?.startsWith('@')) return cronOf(said, field, 'a preset of cron');
  if (fields.length === 4) return crontabOf(said, field);
  if (fields.length > 4 || zonePrefix.test(said)) {
    return cronOf(said, field, `a cron expression of ${fields.length} fields`);
  }
  if (fields.length === 1 && /^(\d|P)/.test(said)) return intervalOf(said, field);
  throw new CarillonError('SCHEDULE_INVALID', `Expected \`${field}\` to be ${forms}; got ${show(text)}.`, {
    field,
    value: text,
    hint: 'Write one of these, or a mapping such as `{ every: 1h }` or `{ cron: 0 3 * * *, timezone: Europe/Berlin }`.',
  });
}

/**
 * The cron expression of `<second> <minute> <hour> <day-of-month>`.
 * @throws CarillonError CRON_INVALID
 */
export function crontabOf(text: string, field: string): { cron: string } {
  const said = text.trim();
  const fields = said.replace(zonePrefix, '').split(/\s+/).filter(Boolean);
  if (fields.length !== 4) {
    throw new CarillonError(
      'CRON_INVALID',
      `Expected \`${field}\` to have 4 fields, <second> <minute> <hour> <day>; got ${fields.length} in ${show(text)}.`,
      { field, value: text, hint: 'Expressions of 5, 6 or 7 fields are written as `cron`.' },
    );
  }
  return cronOf(`${said} * *`, field, 'a crontab of 4 fields, <second> <minute> <hour> <day-of-month>', text);
}

function cronOf(cron: string, field: string, reading: string, value = cron): { cron: string } {
  return read(reading, value, () => {
    parseCron(cron, { field });
    return { cron };
  });
}

function intervalOf(every: string, field: string): Schedule {
  return read('an interval', every, () => {
    parseDuration(every, field);
    return { every };
  });
}

function timeOf(at: string, field: string, reading: string): Schedule {
  return read(reading, at, () => {
    parseTime(at, 'UTC', field);
    return { at };
  });
}

/** Says in an error what the text was taken for. */
function read<Result>(reading: string, value: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof CarillonError)) throw error;
    throw new CarillonError(error.code, `Read as ${reading}: ${error.message}`, { ...error.details, value });
  }
}
