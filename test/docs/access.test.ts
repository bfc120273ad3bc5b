import { expect, test } from 'vitest';
import { type Need, needs } from '../../src/api/access/needs.js';
import { rightSummaries, rights, roleRights, roles } from '../../src/core/access.js';
import { readPage, tableOf } from './pages.js';

const page = readPage('docs/access.md');

test('the table of rights is that of the code', () => {
  const known = rights.map((right) => [
    `\`${right}\``,
    ...roles.map((role) => ({ all: 'yes', own: 'own jobs', none: '' })[roleRights[role][right] ?? 'none']),
    rightSummaries[right],
  ]);
  expect(tableOf(page, 'Right', ...roles)).toEqual(known);
});

test('the table of what procedures need is that of the code', () => {
  const known = Object.entries<Need>(needs).map(([name, { right, on, payloads = '', signed }]) => [
    ...[`\`${name}\``, right === 'anyone' || right === 'member' ? right : `\`${right}\``, on],
    ...[payloads, signed ? 'the caller' : ''],
  ]);
  expect(tableOf(page, 'Procedure', 'Needs')).toEqual(known);
});
