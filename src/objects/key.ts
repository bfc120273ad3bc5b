import { CarillonError, show } from '../core/errors.js';

const longestKey = 1024;
/** Of a file's name, as file systems have it. */
const longestSegment = 255;

/** Whether a key is one that every driver takes, byte for byte. @throws CarillonError OBJECT_KEY_INVALID */
export function assertKey(key: string): void {
  const fault = faultOf(key);
  if (!fault) return;
  throw new CarillonError('OBJECT_KEY_INVALID', `Expected \`name\` of an object to be ${fault}, got ${show(key)}.`, {
    field: 'name',
    value: key.slice(0, 200),
    hint: 'Write names such as report/2026-11.csv.',
  });
}

function faultOf(key: string): string | undefined {
  if (Buffer.byteLength(key) > longestKey) return `of at most ${longestKey} bytes`;
  if (/\p{Surrogate}|\0/u.test(key)) return 'Unicode text without NUL';
  const segments = key.split('/');
  if (segments.some((segment) => segment === '')) return 'parts with slashes between them';
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'without `.` and `..` as parts';
  if (segments.some((segment) => Buffer.byteLength(fileName(segment)) > longestSegment))
    return `made of parts of at most ${longestSegment} bytes`;
  return undefined;
}

/** A part of a key as the name of a file: what shells, terminals and our own hidden folders stumble over is escaped. */
export function fileName(segment: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped.
  return segment.replace(/[\u0000-\u001f\u007f%\\]|^\./g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** The inverse of {@link fileName}. */
export function segmentOf(name: string): string {
  return name.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Order of keys: that of their UTF-8 bytes, as S3 has it. */
export function compareKeys(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
