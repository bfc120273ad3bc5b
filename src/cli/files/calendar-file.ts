import { parseDocument } from 'yaml';
import { CarillonError, show } from '../../core/errors.js';
import { parseWith } from '../../core/prepare.js';
import { type Calendar, calendarSchema } from '../../core/schedule/schema.js';
import { readText } from './read.js';

/** A calendar as a file has it: rules as YAML, or the text of an iCalendar file. */
export function readCalendarFile(path: string, cwd: string): Calendar | { ical: string } {
  const text = readText(path, { cwd });
  if (/\.ics$/i.test(path) || text.trimStart().startsWith('BEGIN:VCALENDAR')) return { ical: text };
  const document = parseDocument(text, { prettyErrors: true });
  const [fault] = document.errors;
  if (fault) {
    throw new CarillonError('FILE_INVALID', `Expected ${show(path)} to be YAML: ${fault.message}`, {
      field: '--file',
      value: path,
      hint: 'Write `rules:` with one rule a line: `- { yearly: 12-25, name: Christmas Day }`.',
    });
  }
  return parseWith(calendarSchema, document.toJS({ maxAliasCount: 100 }), 'INPUT_INVALID');
}
