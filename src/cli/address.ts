import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isApiKey } from '../api/auth/api-key.js';
import { CarillonError, show } from '../core/errors.js';
import type { Io } from './io.js';

export const defaultAddress = 'http://127.0.0.1:7070';

export interface Address {
  url: string;
  /** Where it was found, for people. */
  from: string;
  /** What the command line shows the API, and where that was found. Absent: nothing. */
  credentials?: { apiKey: string; from: string };
}

/**
 * The API's address: the flag, the environment, what `npm start` wrote in this folder, the default. The key is the
 * environment's; else the one beside that address, which is shown to that address alone.
 */
export function findAddress(io: Pick<Io, 'env' | 'cwd'>, flag: string | undefined): Address {
  const apiKey = io.env.CARILLON_API_KEY;
  const given = apiKey ? { credentials: { apiKey, from: 'CARILLON_API_KEY' } } : {};
  if (flag !== undefined) return checked({ url: flag, from: '--url', ...given });
  if (io.env.CARILLON_URL) return checked({ url: io.env.CARILLON_URL, from: 'CARILLON_URL', ...given });
  const state = join(io.cwd, '.carillon');
  const url = apiIn(join(state, 'addresses.json'));
  if (!url) return { url: defaultAddress, from: 'default', ...given };
  return checked({ url, from: '.carillon/addresses.json', ...keyIn(join(state, 'admin.key')), ...given });
}

function apiIn(path: string): string | undefined {
  try {
    const { api } = JSON.parse(readFileSync(path, 'utf8')) as { api?: unknown };
    return typeof api === 'string' ? api : undefined;
  } catch {
    return undefined;
  }
}

function keyIn(path: string): Pick<Address, 'credentials'> {
  try {
    const apiKey = readFileSync(path, 'utf8').trim();
    return isApiKey(apiKey) ? { credentials: { apiKey, from: '.carillon/admin.key' } } : {};
  } catch {
    return {};
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
