import { CarillonError } from '../../core/errors.js';
import type { SqlDialect } from '../../core/task/services.js';

/**
 * The parameters as they are sent. What the database could only keep changed is refused: half of a surrogate pair
 * everywhere, and but for MySQL the character NUL (PostgreSQL refuses it, and the driver of SQLite cuts the text there).
 * @throws CarillonError SQL_PARAMETER_INVALID with the number of the parameter, counted from 1
 */
export function checkedParameters(parameters: readonly unknown[], dialect: SqlDialect): unknown[] {
  return parameters.map((value, index) => {
    const fault = faultOf(value, dialect);
    if (!fault) return value === undefined ? null : value;
    throw new CarillonError('SQL_PARAMETER_INVALID', `Expected parameter ${index + 1} without ${fault}`, {
      field: `parameters.${index}`,
      value,
      hint: 'Send such text as bytes, or take the character out.',
    });
  });
}

function faultOf(value: unknown, dialect: SqlDialect): string | undefined {
  if (Array.isArray(value)) return value.map((one) => faultOf(one, dialect)).find((fault) => fault !== undefined);
  if (typeof value !== 'string') return undefined;
  if (/\p{Surrogate}/u.test(value)) return 'half of a surrogate pair: it is no character.';
  return dialect !== 'mysql' && value.includes('\0')
    ? `the character NUL (U+0000): it cannot be kept as text in ${dialect}.`
    : undefined;
}
