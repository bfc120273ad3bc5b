import { CarillonError, show } from '../core/errors.js';

/**
 * The address of the object store at `place`, if one of the `allowed` prefixes holds it. Region and endpoint are those
 * of the prefix: who writes a job does not choose them.
 * @param place `file:` or `s3:` URI
 */
export function allowedPlace(place: string, allowed: readonly string[] | undefined): string | undefined {
  const asked = parsed(place);
  if (asked?.search !== '' || asked.hash !== '' || /%2f|%5c|%00/i.test(asked.pathname)) return undefined;
  for (const prefix of allowed ?? []) {
    const known = parsed(prefix);
    if (!known || known.protocol !== asked.protocol || known.host !== asked.host) continue;
    if (!`${trimmed(asked.pathname)}/`.startsWith(`${trimmed(known.pathname)}/`)) continue;
    return `${asked.protocol}//${asked.host}${trimmed(asked.pathname) || '/'}${known.search}`;
  }
  return undefined;
}

/** The object at `location`, in the store of one of the `allowed` prefixes: the store's address, and the key. */
export function objectAt(
  location: string,
  allowed: readonly string[] | undefined,
): { address: string; key: string } | undefined {
  const at = location.lastIndexOf('/');
  const address = allowedPlace(location.slice(0, at), allowed);
  return address === undefined ? undefined : { address, key: decodeURIComponent(location.slice(at + 1)) };
}

/** Parsing takes out `.` and `..`, escaped ones too. */
function parsed(address: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return (url.protocol === 'file:' || url.protocol === 's3:') && !url.username ? url : undefined;
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, '');
}

/** @throws CarillonError RESULT_LOCATION_FORBIDDEN unless one of the `allowed` prefixes holds `place`, if there is one */
export function assertResultPlace(place: string | undefined, allowed: readonly string[] | undefined): void {
  if (place !== undefined && allowedPlace(place, allowed) === undefined) throw forbiddenPlace(place);
}

export function forbiddenPlace(place: string): CarillonError {
  return new CarillonError(
    'RESULT_LOCATION_FORBIDDEN',
    `Expected \`resultLocation\` to be below one that the configuration allows, got ${show(place)}.`,
    {
      field: 'resultLocation',
      value: place,
      hint: 'Name it in `objects.resultLocations` of carillon.config.ts, or leave it out.',
    },
  );
}
