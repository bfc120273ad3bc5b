import type { Command } from 'commander';
import { type CarillonClient, createCarillonClient } from '../api/client/client.js';
import { type Address, findAddress } from './address.js';
import type { Io } from './io.js';
import { type Format, Output } from './output.js';

/** What the flags for every command say. */
export interface GlobalFlags {
  url?: string;
  project: string;
  output: Format;
  color: boolean;
}

/** One command at work: flags resolved, client at hand. */
export interface Invocation {
  io: Io;
  project: string;
  output: Output;
  address: Address;
  client: CarillonClient;
  /** Who asks, for the record. */
  by: string | undefined;
}

export function openInvocation(command: Command, io: Io): Invocation {
  const flags = command.optsWithGlobals<GlobalFlags>();
  const address = findAddress(io, flags.url);
  return {
    io,
    project: flags.project,
    output: outputOf(command, io),
    address,
    client: createCarillonClient({ url: address.url, apiKey: address.credentials?.apiKey }),
    by: io.env.CARILLON_USER || io.env.USER || undefined,
  };
}

export function outputOf(command: Command, io: Io): Output {
  const { output, color } = command.optsWithGlobals<GlobalFlags>();
  return new Output(io, output, io.colour && color);
}

/** Said on the side, where it does not get into the data. */
export function noteUnconfirmed(io: Io, confirmed: boolean): void {
  if (confirmed) return;
  io.err('note: no worker answered in time; the command waits with Temporal and takes effect when a worker is back.\n');
}
