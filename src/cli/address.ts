import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CarillonError, show } from '../core/errors.js';
import type { Io } from './io.js';

export const defaultAddress = 'http://127.0.0.1:7070';

export interface Address {
  url: string;
  /** Where it was found, for people. */
  from: string;
}

/** The API's address: the flag, the environment, what `npm start` wrote in this folder, the default. */
export function findAddress(io: Pick<Io, 'env' | 'cwd'>, flag: string | undefined): Address {
  if (flag !== undefined) return checked({ url: flag, from: '--url' });
  if (io.env.CARILLON_URL) return checked({ url: io.env.CARILLON_URL, from: 'CARILLON_URL' });
  const url = readStateFolder(join(io.cwd, '.carillon', 'addresses.json'));
  return url ? checked({ url, from: '.carillon/addresses.json' }) : { url: defaultAddress, from: 'default' };
}

function readStateFolder(path: string): string | undefined {
  try {
    const { api } = JSON.parse(readFileSync(path, 'utf8')) as { api?: unknown };
    return typeof api === 'string' ? api : undefined;
  } catch {
    return undefined;
  }
}

function checked(address: Address): Address {
  if (URL.canParse(address.url) && /^https?:/.test(address.url)) return address;
  throw new CarillonError(
    'INPUT_INVALID',
    `Expected \`${address.from}\` to be an http address, got ${show(address.url)}.`,
    {
      field: address.from,
      value: address.url,
      hint: `Write it like ${defaultAddress}.`,
    },
  );
}
