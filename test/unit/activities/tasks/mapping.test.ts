import { expect, test } from 'vitest';
import { type Column, transformer } from '../../../../src/activities/tasks/etl/mapping.js';

const one = (column: Column, value: unknown) => transformer({ x: column })({ v: value }).x;
const from = (more: object) => ({ from: 'v', ...more }) as Column;

test.each([
  ['v', ' a ', ' a '],
  [{ value: 5 }, 'ignored', 5],
  [from({ trim: true, case: 'upper' }), ' a ', 'A'],
  [from({ trim: true, nullIf: '', default: 'none' }), '  ', 'none'],
  [from({ default: 0 }), undefined, 0],
  [from({ nullIf: 'n/a' }), 'n/a', null],
  [from({ cast: 'integer' }), null, null],
  [from({ cast: 'text' }), 1.5, '1.5'],
  [from({ cast: 'text' }), { a: 1 }, '{"a":1}'],
  [from({ cast: 'text' }), new Uint8Array([0, 255]), 'AP8='],
  [from({ cast: 'integer' }), ' +12.00 ', 12],
  [from({ cast: 'integer' }), '9223372036854775807', '9223372036854775807'],
  [from({ cast: 'integer' }), true, 1],
  [from({ cast: 'number' }), '-1.5e3', -1500],
  [from({ cast: 'boolean' }), 'Yes', true],
  [from({ cast: 'boolean' }), 0, false],
  [from({ cast: 'json' }), '{"a": 1}', '{"a": 1}'],
  [from({ cast: 'json' }), [1], '[1]'],
  [from({ cast: 'date' }), '2026-11-21T23:30:00-02:00', '2026-11-22'],
  [from({ cast: 'time' }), '2026-11-21 09:00:00.5+01', '2026-11-21T08:00:00.500Z'],
  [from({ cast: 'time' }), '2026-11-21', '2026-11-21T00:00:00.000Z'],
  [from({ cast: 'time' }), 0, '1970-01-01T00:00:00.000Z'],
  [from({ cast: 'time', epoch: 'millis' }), '1500', '1970-01-01T00:00:01.500Z'],
] as [Column, unknown, unknown][])('%j of %j', (column, value, expected) => {
  expect(one(column, value)).toEqual(expected);
});

test.each([
  ['integer', '1.5'],
  ['integer', ''],
  ['integer', '0x10'],
  ['number', ''],
  ['number', 'Infinity'],
  ['number', '0x10'],
  ['boolean', 'maybe'],
  ['json', '{'],
  ['date', '2026-02-30'],
  ['date', '21.11.2026'],
  ['time', '2026-11-21T25:00:00Z'],
])('%s refuses %j', (cast, value) => {
  expect(() => one(from({ cast }), value)).toThrow(
    expect.objectContaining({ code: 'ETL_VALUE_INVALID', details: { field: 'columns.x', value } }),
  );
});

test('a column that the source lacks is told, names of objects too; without a mapping rows stay', () => {
  for (const name of ['w', 'toString', '__proto__']) expect(() => one(name, 1)).toThrow(/to have a column/);
  const row = { v: 1 };
  expect(transformer(undefined)(row)).toBe(row);
});
