import { expect, test } from 'vitest';
import { apiJobRoutes } from '../../src/api/classic/api-jobs.js';
import { apiV1Routes } from '../../src/api/classic/api-v1.js';
import {
  executionStatuses,
  fiveExecutionStatuses,
  fiveJobStatuses,
  frequencyWords,
  jobStatuses,
  jobTypes,
  priorityWords,
} from '../../src/api/classic/statuses.js';
import { timedJobRoutes } from '../../src/api/classic/timed-job.js';
import { codesIn, readPage, tableOf } from './pages.js';

const page = readPage('docs/classic-routes.md');

function codesOf(...head: string[]): string[][] {
  return tableOf(page, ...head).map((row) => row.map((cell) => codesIn(cell)[0] ?? ''));
}

function columns(...tables: Record<string, unknown>[]): string[][] {
  return Object.keys(tables[0] ?? {}).map((key) => [key, ...tables.map((table) => String(table[key]))]);
}

test.each([
  ['Job is', columns(jobStatuses, fiveJobStatuses)],
  ['Run is', columns(executionStatuses, fiveExecutionStatuses)],
  ['Job type', columns(jobTypes)],
  ['Frequency', columns(frequencyWords)],
  ['Priority', columns(priorityWords)],
])('the table of %s is that of the code', (head, known) => {
  expect(codesOf(head)).toEqual(known);
});

test('the tables of routes name those there are', () => {
  const written = [
    ['Route', 'Does'],
    ['Route', 'Takes'],
    ['Route', 'Answers'],
  ].flatMap((head) => codesOf(...head));
  const known = [...apiJobRoutes, ...timedJobRoutes, ...apiV1Routes].map(({ method, url }) => `${method} ${url}`);
  const parameterless = (route: string) => route.replace(/\/(\{\w+\}|:\w+)/g, '/*');
  const routes = written.map(([route]) => parameterless(route ?? ''));
  expect(routes.sort()).toEqual([...known.map(parameterless), 'POST /api/v1/login'].sort());
});
