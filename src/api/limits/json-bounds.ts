import { CarillonError } from '../../core/errors.js';

/** Arrays and objects inside of each other. */
export const deepest = 64;
/** Values of a request, those in arrays and objects included. */
export const mostValues = 100_000;

/**
 * Checks JSON before it is parsed, in one pass and without a stack: what is no JSON is left to the parser.
 * @throws CarillonError INPUT_INVALID
 */
export function assertTextBounds(text: string): void {
  let depth = 0;
  let values = 1;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === backslash) at += 1;
      else if (code === quote) inString = false;
      continue;
    }
    if (code === quote) inString = true;
    else if (code === openBracket || code === openBrace) {
      depth += 1;
      values += 1;
    } else if (code === closeBracket || code === closeBrace) depth -= 1;
    else if (code === comma) values += 1;
    assertBounds(depth, values);
  }
}

/**
 * The same of a value that was parsed.
 * @throws CarillonError INPUT_INVALID
 */
export function assertValueBounds(root: unknown): void {
  let values = 0;
  for (let depth = 0, level: unknown[] = [root]; level.length > 0; depth += 1) {
    values += level.length;
    const parents = level.filter(isPlain);
    assertBounds(parents.length > 0 ? depth + 1 : depth, values);
    level = parents.flatMap((parent) => Object.values(parent));
  }
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

/** What JSON is made of; not a stream or a buffer. */
function isPlain(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function assertBounds(depth: number, values: number): void {
  if (depth <= deepest && values <= mostValues) return;
  const what = depth > deepest ? `at most ${deepest} levels deep` : `of at most ${mostValues} values`;
  throw new CarillonError('INPUT_INVALID', `Expected JSON ${what}.`, {
    hint: 'Store large data elsewhere and pass its address.',
  });
}
