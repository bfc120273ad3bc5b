import { describe, expect, test } from 'vitest';
import { jobTransitions, notRunReasons, runTransitions } from '../../src/core/states.js';
import { blocksOf, codesIn, readPage, tableOf } from './pages.js';

const path = 'docs/job-lifecycle.md';
const pictures = blocksOf(path).filter(({ language }) => language === 'mermaid');
const [jobsPart, runsPart] = readPage(path).split('\n## Runs\n') as [string, string];

type Machine = Record<string, readonly string[]>;

/** The picture as a table; `[*]` before the first state and after the last are not transitions. */
function drawn(text: string): Machine {
  const arrows = [...text.matchAll(/^ {2}(\S+) --> (\S+)$/gm)].map(([, from, to]) => [from, to] as [string, string]);
  const states = arrows.flat().filter((state) => state !== '[*]');
  return Object.fromEntries(
    states.map((state) => [state, arrows.filter(([from, to]) => from === state && to !== '[*]').map(([, to]) => to)]),
  );
}

function written(part: string): Machine {
  return Object.fromEntries(
    tableOf(part, 'State', 'Meaning', 'Goes on to').map(([state, , next]) => [
      codesIn(state ?? '')[0],
      codesIn(next ?? ''),
    ]),
  );
}

function sorted(machine: Machine): Machine {
  return Object.fromEntries(Object.entries(machine).map(([state, next]) => [state, [...next].sort()]));
}

describe.each([
  ['jobs', jobTransitions, pictures[0]?.text ?? '', jobsPart],
  ['runs', runTransitions, pictures[1]?.text ?? '', runsPart],
] as [string, Machine, string, string][])('states of %s', (_, machine, picture, part) => {
  test('are drawn as they are', () => {
    expect(sorted(drawn(picture))).toEqual(sorted(machine));
  });

  test('begin and end where they do', () => {
    expect(picture).toMatch(/^ {2}\[\*\] --> scheduled$/m);
    const ends = [...picture.matchAll(/^ {2}(\S+) --> \[\*\]$/gm)].map((match) => match[1]);
    expect(ends.sort()).toEqual(
      Object.keys(machine)
        .filter((state) => machine[state]?.length === 0)
        .sort(),
    );
  });

  test('are in the table', () => {
    expect(sorted(written(part))).toEqual(sorted(machine));
  });
});

test('every reason for not running has its line', () => {
  const reasons = tableOf(runsPart, 'Reason', 'State').map(([reason]) => codesIn(reason ?? '')[0]);
  expect(reasons).toEqual([...notRunReasons]);
});
