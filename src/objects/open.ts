import { fileURLToPath } from 'node:url';
import { CarillonError, show } from '../core/errors.js';
import { FileStore } from './file-store.js';
import type { ObjectStore } from './object-store.js';
import { S3Store } from './s3-store.js';

/**
 * The object store at `file:///folder` or `s3://bucket/prefix?region=…&endpoint=…&forcePathStyle=…`. Nothing is opened
 * or connected before the first use.
 * @param field what the address is called where it came from, for the error
 * @throws CarillonError CONFIG_INVALID
 */
export function openObjectStore(address: string, field = 'objects.url'): ObjectStore {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'file:' && url.host === '' && url.search === '') return new FileStore(folderOf(url));
  if (url?.protocol === 's3:' && url.host !== '' && !url.username) {
    const { region, endpoint, forcePathStyle, ...unknown } = Object.fromEntries(url.searchParams);
    if (Object.keys(unknown).length > 0) throw invalid(address, field, `Unknown: ${Object.keys(unknown).join(', ')}.`);
    return new S3Store({
      bucket: url.host,
      prefix: decodeURIComponent(url.pathname.replace(/^\/+|\/+$/g, '')),
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      ...(forcePathStyle !== undefined && { forcePathStyle: forcePathStyle === 'true' || forcePathStyle === '1' }),
    });
  }
  throw invalid(address, field, 'Credentials of S3 come from the environment, not from the address.');
}

function folderOf(url: URL): string {
  return fileURLToPath(url).replace(/(?<=.)\/+$/, '');
}

function invalid(address: string, field: string, hint: string): CarillonError {
  return new CarillonError(
    'CONFIG_INVALID',
    `Expected \`${field}\` to be file:///folder or s3://bucket/prefix?region=…, got ${show(address.replace(/\/\/[^/@]*@/, '//'))}.`,
    { field, hint },
  );
}
