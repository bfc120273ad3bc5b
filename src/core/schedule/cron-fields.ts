import { CronExpressionParser } from 'cron-parser';
import { CarillonError, show } from '../errors.js';

/** A cron expression as bit sets: bit n is set when value n matches. Sunday is bit 0. */
export interface CronFields {
  second: bigint;
  minute: bigint;
  hour: bigint;
  dayOfMonth: bigint;
  month: bigint;
  dayOfWeek: bigint;
  /** Neither day field is `*` or `?`: a day matches when either does, as cron has it. */
  eitherDay: boolean;
}

const names = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;
type FieldName = (typeof names)[number];
const labels: Record<FieldName, string> = {
  second: 'second (0-59)',
  minute: 'minute (0-59)',
  hour: 'hour (0-23)',
  dayOfMonth: 'day of month (1-31)',
  month: 'month (1-12 or JAN-DEC)',
  dayOfWeek: 'day of week (0-7 or SUN-SAT)',
};
const presets: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Reads 5 fields, or 6 with seconds first. cron-parser reads each list item; counting and joining is ours. */
export function parseCron(expression: string, field = 'schedule.cron'): CronFields {
  const text = presets[expression.trim().toLowerCase()] ?? expression.trim();
  const parts = text === '' ? [] : text.split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) {
    throw invalid(expression, field, `Expected 5 fields, or 6 with seconds first, got ${parts.length}`, 1);
  }
  const texts = parts.length === 5 ? ['0', ...parts] : parts;
  const sets = {} as Record<FieldName, bigint>;
  let position = 1;
  names.forEach((name, index) => {
    const part = texts[index] as string;
    if (parts.length === 6 || index > 0) {
      position = expression.indexOf(part, position - 1) + 1;
    }
    sets[name] = readField(name, part, (reason) => invalid(expression, field, reason, position));
    if (parts.length === 6 || index > 0) position += part.length;
  });
  return { ...sets, eitherDay: restricts(texts[3]) && restricts(texts[5]) };
}

function restricts(part: string | undefined): boolean {
  return part !== '*' && part !== '?';
}

function readField(name: FieldName, part: string, fail: (reason: string) => CarillonError): bigint {
  let set = 0n;
  for (const item of part.split(',')) {
    if (!/^(?:\*|\?|[0-9]+|[A-Za-z]{3})(?:-(?:[0-9]+|[A-Za-z]{3}))?(?:\/[0-9]+)?$/.test(item)) {
      throw fail(`Expected ${labels[name]} as a number, a name, a range, a step or a list, got ${show(item)}`);
    }
    const fields = names.map((other) =>
      other === name ? item : other === 'dayOfMonth' || other === 'month' ? '1' : '0',
    );
    try {
      const parsed = CronExpressionParser.parse(fields.join(' ')).fields[name];
      for (const value of parsed.values) set |= 1n << BigInt(name === 'dayOfWeek' ? Number(value) % 7 : Number(value));
    } catch (error) {
      throw fail(`Expected ${labels[name]}, got ${show(item)} (${(error as Error).message})`);
    }
  }
  return set;
}

function invalid(expression: string, field: string, reason: string, position: number): CarillonError {
  return new CarillonError('CRON_INVALID', `\`${field}\` ${show(expression)}, position ${position}: ${reason}.`, {
    field,
    value: expression,
    hint: 'Fields are [second] minute hour day-of-month month day-of-week; `carillon next "<cron>"` shows what they mean.',
  });
}
