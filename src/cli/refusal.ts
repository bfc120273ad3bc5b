import { CarillonError } from '../core/errors.js';
import type { Address } from './address.js';

/** What to do at the command line when the API does not know who asks; other errors stay as they are. */
export function explained(error: CarillonError, address: Address): CarillonError {
  if (error.code !== 'UNAUTHENTICATED') return error;
  return new CarillonError(error.code, error.message, { ...error.details, hint: hintFor(address) }, { cause: error });
}

function hintFor({ url, from, credentials }: Address): string {
  if (!credentials) {
    return `Set CARILLON_API_KEY to a key for ${url}. \`npm start\` keeps one in its state folder (.carillon/admin.key), which is found in the folder it was started in, without --url and CARILLON_URL.`;
  }
  if (credentials.from === 'CARILLON_API_KEY') {
    return `The key in CARILLON_API_KEY is not good at ${url} (${from}): ask for a new one, or unset it.`;
  }
  return `The key in ${credentials.from} is not good at ${url}: it was revoked, or the folder is another installation's. Set CARILLON_API_KEY.`;
}
