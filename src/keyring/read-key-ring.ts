import { readFileSync } from 'node:fs';
import { CarillonError } from '../core/errors.js';
import { KeyRing } from './key-ring.js';

/**
 * The ring of an installation, as its settings name it; undefined: they name none.
 * @param text what CARILLON_SECRET_KEY says; it outranks the file
 * @param file path that CARILLON_SECRET_KEY_FILE says
 * @throws CarillonError CONFIG_INVALID
 */
export function readKeyRing(text: string | undefined, file: string | undefined): KeyRing | undefined {
  if (text) return KeyRing.parse(text, 'CARILLON_SECRET_KEY');
  return file ? KeyRing.parse(contentOf(file), 'CARILLON_SECRET_KEY_FILE') : undefined;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected \`CARILLON_SECRET_KEY_FILE\` to be a file that can be read, got ${(cause as { code?: string }).code}.`,
      { field: 'CARILLON_SECRET_KEY_FILE', value: file, hint: 'Check its path, and who may read it.' },
      { cause },
    );
  }
}
