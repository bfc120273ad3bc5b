import { CommanderError } from 'commander';
import { toCarillonError } from '../api/client/client.js';
import { findAddress } from './address.js';
import { exitCodeOf, exitCodes, reportError } from './exit.js';
import type { GlobalFlags } from './invocation.js';
import type { Io } from './io.js';
import { createProgram } from './program.js';
import { explained } from './refusal.js';

/** Runs one command line. Resolves to the exit code; never throws. */
export async function run(argv: string[], io: Io): Promise<number> {
  let code: number = exitCodes.ok;
  const program = createProgram(io, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const refusal = toCarillonError(error);
    const refused = refusal.code === 'UNAUTHENTICATED';
    const fault = refused ? explained(refusal, findAddress(io, program.opts<GlobalFlags>().url)) : refusal;
    reportError(io, fault);
    return exitCodeOf(fault);
  }
}
