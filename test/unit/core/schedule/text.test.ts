import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { definitionSchema } from '../../../../src/core/definition.js';
import { CarillonError } from '../../../../src/core/errors.js';
import { parseWith } from '../../../../src/core/prepare.js';
import { normaliseSchedule, plannedTimes } from '../../../../src/core/schedule/index.js';

const now = Date.parse('2026-11-21T09:00:00Z');

function read(schedule: unknown) {
  return parseWith(definitionSchema, { task: 'log', schedule }, 'INPUT_INVALID').schedule;
}
function refusal(schedule: unknown): CarillonError {
  try {
    normaliseSchedule(read(schedule), now);
  } catch (error) {
    if (error instanceof CarillonError) return error;
    throw error;
  }
  throw new Error('Expected a refusal.');
}

describe('a schedule written as text', () => {
  it.each([
    ['0 30 9 *', { cron: '0 30 9 * * *' }],
    ['  */10  0 12 1  ', { cron: '*/10  0 12 1 * *' }],
    ['CRON_TZ=Europe/Berlin 0 30 9 *', { cron: 'CRON_TZ=Europe/Berlin 0 30 9 * * *' }],
    ['0 0 * * *', { cron: '0 0 * * *' }],
    ['15 0 0 * * *', { cron: '15 0 0 * * *' }],
    ['0 0 9 1 1 ? 2030', { cron: '0 0 9 1 1 ? 2030' }],
    ['@daily', { cron: '@daily' }],
    ['TZ=Europe/Berlin @daily', { cron: 'TZ=Europe/Berlin @daily' }],
    ['@every 90m', { cron: '@every 90m' }],
    ['1h30m', { every: '1h30m' }],
    ['PT5M', { every: 'PT5M' }],
    ['every 10s', { every: '10s' }],
    ['run_once', { immediate: true }],
    ['run_once: 2026-12-01T09:00:00Z', { at: '2026-12-01T09:00:00Z' }],
    ['run_once 2026-12-01T09:00', { at: '2026-12-01T09:00' }],
    ['2026-12-01T09:00:00+01:00', { at: '2026-12-01T09:00:00+01:00' }],
    ['FREQ=DAILY;BYHOUR=9', { rrule: 'FREQ=DAILY;BYHOUR=9' }],
  ])('%j is %j', (text, expected) => {
    expect(read(text)).toEqual(expected);
    expect(plannedTimes(normaliseSchedule(read(text), now), now - 1, 1).times).toHaveLength(1);
  });

  it.each([
    [
      { crontab: '0 30 9 *', timezone: 'Europe/Berlin' },
      { cron: '0 30 9 * * *', timezone: 'Europe/Berlin' },
    ],
    [{ run_once: true }, { immediate: true }],
    [
      { run_once: '2026-12-01T09:00', timezone: 'Asia/Tokyo' },
      { at: '2026-12-01T09:00', timezone: 'Asia/Tokyo' },
    ],
  ])('%j is %j', (written, expected) => {
    expect(read(written)).toEqual(expected);
  });

  it('reads any text, or refuses it with a code and a hint', () => {
    const word = fc.constantFrom(
      '*',
      '0',
      '9',
      '61',
      '@daily',
      'run_once',
      ':',
      'every',
      '1h',
      'PT5M',
      'TZ=UTC',
      'FREQ=DAILY',
      '2026-12-01',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 9 }).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(read(text)).toBeTypeOf('object');
        } catch (error) {
          if (!(error instanceof CarillonError)) throw error;
          expect(error.details).toMatchObject({ field: expect.stringMatching(/^schedule/), hint: expect.anything() });
        }
      }),
    );
  });

  it('takes the four fields for second, minute, hour and day of the month', () => {
    const { times } = plannedTimes(normaliseSchedule(read('5 30 9 1'), now), now, 2);
    expect(times.map((time) => new Date(time).toISOString())).toEqual([
      '2026-12-01T09:30:05.000Z',
      '2027-01-01T09:30:05.000Z',
    ]);
  });

  it.each([
    ['61 * * * *', 'CRON_INVALID', 'schedule', /^`schedule`: Read as a cron expression of 5 fields: .*position 1/],
    ['0 61 9 *', 'CRON_INVALID', 'schedule', /Read as a crontab of 4 fields, <second> <minute> <hour> <day-of-month>/],
    ['* * * * * * * *', 'CRON_INVALID', 'schedule', /Read as a cron expression of 8 fields/],
    ['@dayly', 'CRON_INVALID', 'schedule', /Read as a preset of cron/],
    ['1x30', 'DURATION_INVALID', 'schedule', /Read as an interval/],
    ['2026-13-01', 'TIME_INVALID', 'schedule', /Read as a time/],
    ['run_once: soon', 'TIME_INVALID', 'schedule', /Read as run_once at a time/],
    ['0 9 *', 'SCHEDULE_INVALID', 'schedule', /four fields \("<second> <minute> <hour> <day>"\)/],
    ['', 'SCHEDULE_INVALID', 'schedule', /got ""/],
    ['500ms', 'SCHEDULE_INVALID', 'schedule.every', /at least 1 s/],
    [{ crontab: '0 9 * * *' }, 'CRON_INVALID', 'schedule.crontab', /4 fields/],
    [{ crontab: 5 }, 'SCHEDULE_INVALID', 'schedule.crontab', /4 fields/],
    [{ run_once: false }, 'SCHEDULE_INVALID', 'schedule.run_once', /true or a time/],
    [{ crontab: '0 30 9 *', every: '1h' }, 'INPUT_INVALID', 'schedule', /exactly one of/],
    [{ crontab: '0 30 9 *', cron: '0 9 * * *' }, 'SCHEDULE_INVALID', 'schedule.crontab', /no `cron` beside it/],
    [undefined, 'INPUT_INVALID', 'schedule', /expected object/],
    [[], 'INPUT_INVALID', 'schedule', /expected object/],
  ])('refuses %j with %s at %s, saying how it was read', (written, code, field, message) => {
    const error = refusal(written);
    expect({ code: error.code, field: error.details.field }).toEqual({ code, field });
    expect(error.message).toMatch(message);
    expect(error.details.hint).toBeTruthy();
  });
});
