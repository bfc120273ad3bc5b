import { expect, it } from 'vitest';
import { pointerOf } from '../../../../src/api/http/problem.js';

it.each([
  ['labels.team', { labels: { team: 5 } }, '#/labels/team'],
  ['labels.a.b', { labels: { 'a.b': 5 } }, '#/labels/a.b'],
  ['labels.a.b.c', { labels: { 'a.b': { c: 1 }, a: 1 } }, '#/labels/a.b/c'],
  ['schedule.at.1', { schedule: { at: ['x', 5] } }, '#/schedule/at/1'],
  ['missing.one', {}, '#/missing/one'],
  ['labels.a/b~c', { labels: { 'a/b~c': 1 } }, '#/labels/a~1b~0c'],
  ['labels.ä \ud800', { labels: { 'ä \ud800': 1 } }, '#/labels/%C3%A4%20%EF%BF%BD'],
  ['(root)', [], '#'],
  ['limit', undefined, '#/limit'],
])('%s of %j is at %s', (field, input, pointer) => {
  expect(pointerOf(field, input)).toBe(pointer);
});
