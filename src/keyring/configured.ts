import { readFileSync } from 'node:fs';
import { CarillonError, show } from '../core/errors.js';
import { KeyRing } from './key-ring.js';

/**
 * The key ring that a process is given: as text, or as a file that holds it.
 * @returns undefined when neither is
 * @throws CarillonError CONFIG_INVALID, never showing a key
 */
export function configuredKeyRing({ keys, file }: { keys?: string; file?: string }): KeyRing | undefined {
  if (keys) return KeyRing.parse(keys, 'CARILLON_SECRET_KEY');
  if (!file) return undefined;
  return KeyRing.parse(textOf(file).replaceAll(/\s*\r?\n\s*/g, ','), 'CARILLON_SECRET_KEY_FILE');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const field = 'CARILLON_SECRET_KEY_FILE';
    const { code } = cause as NodeJS.ErrnoException;
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected \`${field}\` to be a file that can be read, got ${code}.`,
      { field, value: file, hint: 'Make one by `openssl rand -base64 32`, readable by this process alone.' },
      { cause },
    );
  }
}

/**
 * What `CARILLON_PAYLOAD_ENCRYPTION` says.
 * @throws CarillonError CONFIG_INVALID when there is no key that would outlive the process
 */
export function sealsPayloads(text: string | undefined, keyRing: KeyRing | undefined): boolean {
  if (text === undefined || text === '' || text === '0') return false;
  const field = 'CARILLON_PAYLOAD_ENCRYPTION';
  if (text !== '1') {
    throw new CarillonError('CONFIG_INVALID', `Expected \`${field}\` to be 0 or 1, got ${show(text)}.`, {
      field,
      value: text,
    });
  }
  if (keyRing) return true;
  throw new CarillonError('CONFIG_INVALID', `Expected a key for \`${field}\`, got none.`, {
    field: 'CARILLON_SECRET_KEY',
    hint: 'Make one by `openssl rand -base64 32`, and give it to API and workers as CARILLON_SECRET_KEY.',
  });
}
