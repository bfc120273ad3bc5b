import type { z } from 'zod';
import { CarillonError, type FieldFault, isErrorCode } from './errors.js';

/**
 * What a schema found, as one error that names every field and its value.
 * @param input what was parsed
 * @param prefix path of `input` itself
 */
export function schemaFault(
  error: z.ZodError,
  input: unknown,
  code: 'INPUT_INVALID' | 'TASK_INPUT_INVALID' | 'TASK_OUTPUT_INVALID' = 'INPUT_INVALID',
  prefix = '',
): CarillonError {
  const faults = error.issues.flatMap((issue): FieldFault[] => {
    const path = [prefix, ...issue.path.map(String)].filter(Boolean).join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ field: path ? `${path}.${key}` : key, message: 'Unknown field.' }));
    }
    return [{ field: path || '(root)', message: issue.message, value: valueAt(input, issue.path) }];
  });
  const [only] = error.issues.length === 1 ? error.issues : [];
  const own = (only?.code === 'custom' ? only.params : undefined) as { code?: unknown; hint?: string } | undefined;
  return new CarillonError(
    isErrorCode(own?.code) ? own.code : code,
    faults.map((fault) => `\`${fault.field}\`: ${fault.message}`).join('; '),
    {
      field: faults[0]?.field,
      value: faults[0]?.value,
      faults,
      hint:
        own?.hint ??
        (code === 'TASK_OUTPUT_INVALID'
          ? 'Correct what the task returns, or its `output` schema.'
          : 'Correct the fields named and submit again; nothing was stored.'),
    },
  );
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    input,
  );
}
