import pg from 'pg';
import { CarillonError } from '../core/errors.js';

/** SQLSTATE classes in which trying again later helps: connection, rollback, resources, intervention, system, access. */
const passing = new Set(['08', '25', '28', '3D', '40', '53', '55', '57', '58']);

/**
 * What went wrong between us and PostgreSQL, as one of two codes: STORE_UNAVAILABLE (nothing wrong with the request, try
 * again) or INTERNAL (the same request will fail again; the cause says why).
 */
export function storeFailure(error: unknown): CarillonError {
  if (error instanceof CarillonError) return error;
  const { message, sqlState } = read(error);
  if (
    sqlState === undefined
      ? !(error instanceof TypeError || error instanceof RangeError)
      : passing.has(sqlState.slice(0, 2))
  ) {
    return new CarillonError(
      'STORE_UNAVAILABLE',
      `The database does not answer: ${message}`,
      { hint: 'Check that PostgreSQL runs and that its address and password are right, then try again.' },
      { cause: error },
    );
  }
  return new CarillonError(
    'INTERNAL',
    `The database refused a statement${sqlState ? ` (SQLSTATE ${sqlState})` : ''}: ${message}`,
    {
      hint: sqlState?.startsWith('42')
        ? 'The schema is not what this version expects: run the migrations.'
        : 'Trying again will not help: the cause names the value that was refused.',
    },
    { cause: error },
  );
}

function read(error: unknown): { message: string; sqlState: string | undefined } {
  const { message, errors } = error as { message?: string; errors?: Error[] };
  return {
    // Node reports a refused connection to a name with several addresses as an AggregateError without a message.
    message: message || errors?.map((inner) => inner.message).join('; ') || String(error),
    sqlState: error instanceof pg.DatabaseError ? error.code : undefined,
  };
}
