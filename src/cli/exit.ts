import { type CarillonError, errorCodes } from '../core/errors.js';
import type { Io } from './io.js';

export const exitCodes = {
  ok: 0,
  /** The request was refused. */
  refused: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The API, or something behind it, does not answer. */
  unavailable: 3,
  /** `apply` or `delete` did some of its documents. */
  partial: 4,
  /** The run that was waited for failed or timed out. */
  runFailed: 5,
  /** The run that was waited for was cancelled, or did not run. */
  notRun: 6,
} as const;

export const exitCodeHelp = `
Exit codes:
  0  done
  1  refused: the request, or a file, is at fault
  2  the command line is wrong
  3  the API or something behind it does not answer
  4  apply, delete: some of it was done, some failed
  5  jobs run --wait: the run failed or timed out
  6  jobs run --wait: the run was cancelled, or did not run

carillon diff ends with 0 when nothing differs, 1 when something does, 2 on trouble.`;

export function exitCodeOf(error: CarillonError): number {
  return errorCodes[error.code].status >= 500 ? exitCodes.unavailable : exitCodes.refused;
}

/** An error for people: what, where, and what to do next. */
export function reportError(io: Io, error: CarillonError): void {
  const { field, faults, hint } = error.details;
  const lines = [`error ${error.code}: ${error.message}`];
  if (faults && faults.length > 1) lines.push(...faults.map((fault) => `  ${fault.field}: ${fault.message}`));
  else if (field) lines.push(`  field: ${field}`);
  if (hint) lines.push(`  → ${hint}`);
  io.err(`${lines.join('\n')}\n`);
}
