import { CarillonError } from '../../../core/errors.js';

/** Longest path to return to, in characters: it travels in a cookie. */
const maxLength = 1000;

/**
 * Where the browser goes after a login, as an address of this origin whatever the text tries.
 * @param text a path such as `/jobs?state=failed`
 * @throws CarillonError INPUT_INVALID
 */
export function returnAddress(text: unknown, publicUrl: string): string {
  if (text === undefined) return `${publicUrl}/`;
  // Browsers read a backslash as a slash, and drop tabs and line breaks.
  const isPath = typeof text === 'string' && text.length <= maxLength && /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(text);
  const url = isPath && URL.canParse(text, publicUrl) ? new URL(text, publicUrl) : undefined;
  if (url?.origin === publicUrl) return url.href;
  throw new CarillonError('INPUT_INVALID', 'Expected `return_to` to be a path of this site.', {
    field: 'return_to',
    value: text,
    hint: 'Begin with one slash, such as /jobs, and encode what is not ASCII.',
  });
}
