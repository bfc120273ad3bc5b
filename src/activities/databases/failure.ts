import { CarillonError } from '../../core/errors.js';
import type { ConnectionUrl } from './connection-url.js';

/** SQLSTATE classes in which trying again later helps: connection, rollback, resources, intervention, system. */
const passing = new Set(['08', '40', '53', '55', '57', '58']);
/** Codes of MySQL and SQLite in which it helps. */
const passingCodes = /^(ER_LOCK_|ER_CON_COUNT|ER_SERVER_SHUTDOWN|PROTOCOL_|SQLITE_(BUSY|LOCKED|IOERR|PROTOCOL))/;

/** What a driver throws. */
interface DriverError {
  message?: string;
  /** SQLSTATE from pg; a name from mysql2, libsql and Node. */
  code?: string;
  sqlState?: string;
  detail?: string;
  errors?: Error[];
}

/**
 * What a driver threw, as one of two codes: DATABASE_UNAVAILABLE (nothing wrong with the statement) or SQL_FAILED (it
 * will fail again). The driver's own error is not kept as the cause: its fields may hold the address with its password.
 */
export function databaseFailure(error: unknown, name: string, { mask }: Pick<ConnectionUrl, 'mask'>): CarillonError {
  if (error instanceof CarillonError) return error;
  const { message, code = '', sqlState, detail, errors } = error as DriverError;
  const state = sqlState ?? (/^[0-9A-Z]{5}$/.test(code) ? code : undefined);
  // Node reports a refused connection to a name with several addresses as an AggregateError without a message.
  const said = message || errors?.map((inner) => inner.message).join('; ') || String(error);
  const text = mask(detail ? `${said} (${detail})` : said);
  const refused = state ? !passing.has(state.slice(0, 2)) : /^(SQLITE|ER)_/.test(code);
  if (refused && !passingCodes.test(code)) {
    return new CarillonError('SQL_FAILED', `The database ${name} refused: ${text} (${state ?? code})`, {
      hint: 'Trying again will not help: correct the statement, its values, or the schema.',
    });
  }
  return new CarillonError('DATABASE_UNAVAILABLE', `The database ${name} does not answer: ${text}`, {
    hint: 'Check that it runs, and that the address and password of the connection are right.',
  });
}
