import { CarillonError, show } from '../../core/errors.js';
import { deepest } from './json-bounds.js';

/**
 * What no store or process keeps as it is, is refused before it is half kept: NUL, halves of surrogate pairs, fields
 * named `__proto__`, and what is nested without end.
 * @throws CarillonError INPUT_INVALID
 */
export function assertPlainInput(value: unknown, path: readonly string[] = []): void {
  if (typeof value === 'string') assertText(value, path);
  if (typeof value !== 'object' || value === null) return;
  if (path.length >= deepest) throw refused(path, `Expected values at most ${deepest} levels deep.`);
  for (const [name, item] of Object.entries(value)) {
    if (name === '__proto__') throw refused([...path, name], 'Expected another name of the field.');
    assertText(name, path);
    assertPlainInput(item, [...path, name]);
  }
}

function assertText(text: string, path: readonly string[]): void {
  if (text.includes('\0')) throw refused(path, 'Expected text without NUL.', text);
  if (/\p{Surrogate}/u.test(text)) throw refused(path, 'Expected Unicode text, without halves of surrogates.', text);
}

function refused(path: readonly string[], message: string, value?: string): CarillonError {
  const field = path.slice(0, 10).join('.') || '(root)';
  return new CarillonError('INPUT_INVALID', `\`${field}\`: ${message}`, {
    field,
    ...(value !== undefined && { value: show(value) }),
    hint: 'Correct the field and send it again; nothing was stored.',
  });
}
