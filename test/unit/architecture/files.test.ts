import { expect, test } from 'vitest';
import { readSources, type Source } from './sources.js';

const longest = 300;
const kebab = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/;
/** Names that say nothing of what is inside: whatever lies there has a better place. */
const vague = /(^|\/)(utils?|common|helpers?|types|misc|shared)(\/|\.ts$)/;

function faultsOf({ path, text }: Source): string[] {
  const lines = text.split('\n').length - 1;
  return [
    ...(lines > longest ? [`${path} has ${lines} lines`] : []),
    ...(kebab.test(path) ? [] : [`${path} is not in kebab-case`]),
    ...(vague.test(path) ? [`${path} has a vague name`] : []),
    ...(/\b(TODO|FIXME|XXX)\b/.test(text) ? [`${path} leaves something to do`] : []),
  ];
}

test('files are short, and named after what they hold', () => {
  expect(readSources().flatMap(faultsOf)).toEqual([]);
});

test.each([
  ['api/long.ts', 'a\n'.repeat(longest + 1)],
  ['api/jobView.ts', ''],
  ['api/utils/text.ts', ''],
  ['core/types.ts', ''],
  ['core/later.ts', '// TODO\n'],
])('the planted fault %s is found', (path, text) => {
  expect(faultsOf({ path, text })).toHaveLength(1);
});
