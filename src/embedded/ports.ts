import { CarillonError } from '../core/errors.js';
import { freePort, isFree } from './free-port.js';

export interface Port {
  port: number;
  /** Set when the default was taken and another was chosen. */
  insteadOf?: number;
}

/**
 * The port to listen on: the one asked for, else the default, else a free one.
 * @throws CarillonError CONFIG_INVALID when the one asked for is taken
 */
export async function choosePort(flag: string, asked: number | undefined, usual: number): Promise<Port> {
  if (asked === undefined)
    return (await isFree(usual)) ? { port: usual } : { port: await freePort(), insteadOf: usual };
  if (await isFree(asked)) return { port: asked };
  throw new CarillonError('CONFIG_INVALID', `Expected \`${flag}\` to be a free port, got ${asked}, which is taken.`, {
    field: flag,
    value: asked,
    hint: 'Name another port, end the program that listens there, or leave the flag out to have a free one chosen.',
  });
}
