import { describe, expect, it } from 'vitest';
import { assertTextBounds, assertValueBounds, deepest, mostValues } from '../../../../src/api/limits/json-bounds.js';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const refused = expect.objectContaining({ code: 'INPUT_INVALID' });

describe.each([
  ['text', assertTextBounds],
  ['a value', (text: string) => assertValueBounds(JSON.parse(text))],
])('JSON as %s', (_, check) => {
  it('may be so deep and no deeper', () => {
    expect(() => check(nested(deepest))).not.toThrow();
    expect(() => check(nested(deepest + 1))).toThrow(refused);
    expect(() => check(`{"a":${'{"a":'.repeat(deepest)}1${'}'.repeat(deepest)}}`)).toThrow(refused);
  });

  it('may be as deep as a request is long without costing a stack', () => {
    expect(() => check(nested(100_000))).toThrow(refused);
  });

  it('may have so many values and no more', () => {
    expect(() => check(JSON.stringify(Array(mostValues - 2).fill(0)))).not.toThrow();
    expect(() => check(JSON.stringify(Array(mostValues + 1).fill(0)))).toThrow(refused);
  });

  it('may have brackets, commas and quotes in its strings', () => {
    const text = `${'[{,'.repeat(mostValues)}"\\`;
    expect(() => check(JSON.stringify({ [text]: text, last: '\\"[' }))).not.toThrow();
  });
});

it('what is no JSON is left to the parser, and what is no plain value is not looked into', () => {
  for (const text of ['', '"', '"\\', '{oops', ']]]']) expect(() => assertTextBounds(text)).not.toThrow();
  expect(() => assertValueBounds({ buffer: Buffer.alloc(mostValues + 1) })).not.toThrow();
});
