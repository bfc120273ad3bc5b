import { CarillonError } from '../core/errors.js';
import type { Io } from './io.js';

/**
 * Whether to go on with something that cannot be undone.
 * @param yes what `--yes` says
 * @throws CarillonError INPUT_INVALID where nobody is there to answer
 */
export async function confirm(io: Io, yes: boolean | undefined, question: string): Promise<boolean> {
  if (yes) return true;
  if (!io.ask) {
    throw new CarillonError('INPUT_INVALID', 'Expected `--yes` where nobody is there to answer; nothing was done.', {
      field: '--yes',
      hint: 'Look at what would be done by --dry-run, then repeat the command with --yes.',
    });
  }
  return /^y(es)?$/i.test((await io.ask(`${question} [y/N] `)).trim());
}
