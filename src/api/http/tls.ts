import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { CarillonError } from '../../core/errors.js';

/** A certificate, with those that vouch for it, and its private key: PEM. */
export interface Tls {
  cert: Buffer;
  key: Buffer;
}

/**
 * Reads the files and checks that they belong together.
 * @param files paths
 * @throws CarillonError CONFIG_INVALID
 */
export function readTls(files: { cert: string; key: string }): Tls {
  const tls = { cert: read('CARILLON_TLS_CERT', files.cert), key: read('CARILLON_TLS_KEY', files.key) };
  try {
    createSecureContext(tls);
    return tls;
  } catch (cause) {
    throw invalid(
      'CARILLON_TLS_CERT',
      files.cert,
      'a certificate whose key is in `CARILLON_TLS_KEY`',
      (cause as Error).message,
      cause,
    );
  }
}

function read(field: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw invalid(field, path, 'a file that can be read', (cause as { code?: string }).code ?? String(cause), cause);
  }
}

function invalid(field: string, value: string, wanted: string, got: string, cause: unknown): CarillonError {
  return new CarillonError(
    'CONFIG_INVALID',
    `Expected \`${field}\` to be ${wanted}, got: ${got}.`,
    { field, value, hint: 'Both are PEM files; see docs/operations.md.' },
    { cause },
  );
}
