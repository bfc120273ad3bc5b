import { describe, expect, test } from 'vitest';
import { divide, type PartRange, type Range, wholeRange } from '../../../../src/core/fan-out/division.js';
import { memberInput } from '../../../../src/core/fan-out/member-input.js';
import {
  allowedFailures,
  emptyTally,
  failureMessage,
  joinTallies,
  nameFailure,
  summaryOf,
} from '../../../../src/core/fan-out/tally.js';

/** Every chunk of a fan-out, and what its workflows look like. */
function walk(part: PartRange): { chunks: Range[]; workflows: number; depth: number; widest: number } {
  const { kind, units } = divide(part);
  if (kind === 'chunks') return { chunks: units, workflows: 1, depth: part.depth, widest: units.length };
  const below = units.map(walk);
  return {
    chunks: below.flatMap(({ chunks }) => chunks),
    workflows: 1 + below.reduce((sum, one) => sum + one.workflows, 0),
    depth: Math.max(...below.map(({ depth }) => depth)),
    widest: Math.max(units.length, ...below.map(({ widest }) => widest)),
  };
}

describe('a fan-out', () => {
  test.each([0, 1, 3, 50, 51, 999, 1000, 1001, 2500, 24_999, 100_000, 1_000_000, 10_000_000])(
    'of %i members is cut into chunks that hold each of them once',
    (total) => {
      for (const [window, chunk] of [
        [50, 500],
        [1, 500],
        [1000, 100],
        [3, 10_000],
      ] as const) {
        const whole = wholeRange(total, window, chunk);
        expect(whole.parallel * whole.concurrency).toBeLessThanOrEqual(window);
        const { chunks, widest } = walk(whole);
        expect(widest).toBeLessThanOrEqual(50);
        let next = 0;
        for (const { from, to } of chunks) {
          if (from !== next || to <= from || to - from > chunk) expect({ from, to, next }).toBe('a chunk');
          next = to;
        }
        expect(next).toBe(total);
      }
    },
  );

  test('up to a thousand needs one workflow, a million fifty-one', () => {
    expect(walk(wholeRange(1000, 50, 500))).toMatchObject({ workflows: 1, depth: 0 });
    expect(walk(wholeRange(2500, 50, 500))).toMatchObject({ workflows: 4, depth: 1 });
    expect(walk(wholeRange(1_000_000, 50, 500))).toMatchObject({ workflows: 51, depth: 1 });
    expect(walk(wholeRange(10_000_000, 50, 500))).toMatchObject({ depth: 2 });
    expect(walk(wholeRange(100_000, 50, 1))).toMatchObject({ depth: 2, widest: 50 });
  });

  test('never has more chunks at a time than its window allows, in all parts together', () => {
    const running = (part: PartRange): number => {
      const { kind, units } = divide(part);
      const shares = kind === 'chunks' ? units.map(() => 1) : units.map(running);
      return shares
        .sort((a, b) => b - a)
        .slice(0, part.parallel)
        .reduce((sum, share) => sum + share, 0);
    };
    for (const window of [1, 7, 50, 333, 1000]) {
      for (const total of [10, 1500, 3000, 1_000_000]) {
        const whole = wholeRange(total, window, 500);
        expect(running(whole) * whole.concurrency).toBeLessThanOrEqual(window);
      }
    }
  });
});

describe('the input of a member', () => {
  const item = { id: 7, name: 'Zoë', at: { city: 'Ulm' }, list: ['a'] };

  test.each([
    [undefined, item],
    ['{{ item }}', item],
    ['{{item.id}}', 7],
    ['{{ item.at.city }}!', 'Ulm!'],
    ['{{ item.list.0 }} of {{ item.at }}, {{ index }}', 'a of {"city":"Ulm"}, 3'],
    [
      { n: '{{ index }}', deep: [{ x: '{{ item.at }}' }], same: 5 },
      { n: 3, deep: [{ x: { city: 'Ulm' } }], same: 5 },
    ],
    ['{{ run.id }} {{ items }} {{ item }', '{{ run.id }} {{ items }} {{ item }'],
    [null, null],
  ])('%j', (template, expected) => {
    expect(memberInput(template, item, 3)).toEqual(expected);
  });

  test('what is filled in is not read again', () => {
    expect(memberInput('{{ item.a }}{{ item.b }}', { a: '{{ item.b }}', b: '$&' }, 0)).toBe('{{ item.b }}$&');
  });

  test.each([
    '{{ item.other }}',
    'x {{ item.name.length }}',
    '{{ item.constructor }}',
    '{{ item.__proto__.x }}',
    '{{ index.x }}',
  ])('%s names nothing', (template) => {
    expect(() => memberInput(template, item, 3)).toThrow(expect.objectContaining({ code: 'TASK_INPUT_INVALID' }));
  });
});

describe('a tally', () => {
  const failure = (index: number) => ({ index, code: 'NO', message: 'x'.repeat(500) });

  test('names the first twenty, whatever the order they came in', () => {
    const tally = emptyTally();
    for (let k = 40; k > 0; k--) nameFailure(tally, failure((k * 7) % 41));
    expect(tally.failures.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, k) => k + 1));
    expect(tally.failures[0]?.message).toHaveLength(300);
  });

  test('adds up', () => {
    const one = { ...emptyTally(), succeeded: 2, failed: 1, failures: [failure(4)], logs: ['a'] };
    const two = { ...emptyTally(), skipped: 3, failed: 1, failures: [failure(9)], logs: ['b'] };
    const sum = joinTallies([one, two]);
    expect(sum).toMatchObject({ succeeded: 2, failed: 2, skipped: 3, logs: ['a', 'b'] });
    const summary = summaryOf(10, sum, 'file:///x');
    expect(summary).toMatchObject({ total: 10, succeeded: 2, failed: 2, skipped: 6, failuresLocation: 'file:///x' });
    expect(failureMessage(summary, { maxFailed: '10%' })).toMatch(
      /^2 of 10 members failed, by onFailure.policy maxFailed 10% that ends the run \(all failures: file:\/\/\/x\): #4 NO: x+$/,
    );
  });

  test.each([
    ['continue', null],
    ['fail_fast', 0],
    [{ maxFailed: 3 }, 3],
    [{ maxFailed: '5%' }, 2],
    [{ maxFailed: '0.5%' }, 0],
    [{ maxFailed: '100%' }, 50],
  ] as const)('of 50 members %j allows %s failures', (policy, allowed) => {
    expect(allowedFailures(policy, 50)).toBe(allowed);
  });
});
