import { expect, it } from 'vitest';
import { assertPlainInput } from '../../../../src/api/limits/plain-input.js';
import { nastyStrings, nulStrings } from '../../nasty-strings.js';

it('takes every well-formed text without NUL, as value and as name', () => {
  const texts = nastyStrings.filter((one) => one !== '__proto__');
  expect(() => assertPlainInput(texts.map((text) => ({ [text]: text })))).not.toThrow();
});

it('refuses what is kept nowhere as it is, with its place', () => {
  const refused: [unknown, string][] = [
    ...nulStrings.map((text): [unknown, string] => [{ input: { list: ['a', text] } }, 'input.list.1']),
    [{ description: 'a\ud800b' }, 'description'],
    [{ description: '\udc00\ud800' }, 'description'],
    [{ labels: { 'a\0': 'b' } }, 'labels'],
    [JSON.parse('{"input":{"__proto__":{"x":1}}}'), 'input.__proto__'],
    ['\0', '(root)'],
  ];
  for (const [value, field] of refused) {
    expect(() => assertPlainInput(value)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', details: expect.objectContaining({ field }) }),
    );
  }
});

it('regression: what is nested without end is refused before the stack ends', () => {
  const deep = JSON.parse(`${'[{"a":'.repeat(20_000)}1${'}]'.repeat(20_000)}`);
  expect(() => assertPlainInput(deep)).toThrow('at most 64 levels');
});
