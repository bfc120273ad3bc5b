/** A condition that does not read: `at` counts characters from 0. */
export class ConditionFault extends SyntaxError {
  constructor(
    readonly expected: string,
    readonly at: number,
  ) {
    super(`Expected ${expected} at character ${at + 1}.`);
  }
}

export interface Token {
  kind: 'sign' | 'text' | 'path';
  /** Of a text, what stands between the quotes. */
  value: string;
  /** Characters before it. */
  at: number;
}

const pattern =
  /\s*(?:(?<sign>==|!=|&&|\|\||[!()])|'(?<text>(?:[^']|'')*)'|(?<path>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*))/y;

/** @throws ConditionFault */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex;
    const found = pattern.exec(text);
    const at = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
    if (!found?.groups) throw new ConditionFault('a word, a text in single quotes or one of == != && || ! ( )', at);
    const { sign, text: quoted, path } = found.groups;
    if (sign !== undefined) tokens.push({ kind: 'sign', value: sign, at });
    else if (path !== undefined) tokens.push({ kind: 'path', value: path, at });
    else tokens.push({ kind: 'text', value: (quoted ?? '').replaceAll("''", "'"), at });
  }
  return tokens;
}
