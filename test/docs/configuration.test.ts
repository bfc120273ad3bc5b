import { expect, test } from 'vitest';
import { usage } from '../../src/embedded/options.js';
import { readSources } from '../unit/architecture/sources.js';
import { codesIn, readPage, tableOf } from './pages.js';

const page = readPage('docs/configuration.md');
const sections = page.split('\n## ');

/** Variables that the tables of the sections whose title fits name. */
function documented(title: RegExp): string[] {
  const fitting = sections.filter((section) => title.test(section.split('\n')[0] ?? ''));
  return fitting.flatMap((section) => tableOf(section, 'Variable').flatMap(([name]) => codesIn(name ?? ''))).sort();
}

/** Variables that the sources read: by name on an `env`, or by a function that is given the name. */
function read(fits: (path: string) => boolean): string[] {
  const texts = readSources().filter(({ path }) => fits(path));
  const names = texts.flatMap(({ text }) => [
    ...[...text.matchAll(/\benv\.([A-Z][A-Z_]+)/g)].map((match) => match[1] as string),
    ...[...text.matchAll(/\benv, '([A-Z][A-Z_]+)'/g)].map((match) => match[1] as string),
  ]);
  return [...new Set(names)].sort();
}

test.each([
  [/^API/, (path: string) => path.startsWith('api/')],
  [/^Worker/, (path: string) => path.startsWith('worker/')],
  [/^Migrations/, (path: string) => path === 'embedded/migrate-main.ts'],
  [/^`carillon`/, (path: string) => path.startsWith('cli/')],
  [/^`npm start`/, (path: string) => path.startsWith('embedded/') && path !== 'embedded/migrate-main.ts'],
])('the variables of %s', (title, fits) => {
  expect(documented(title)).toEqual(read(fits));
});

test('no variable is read elsewhere', () => {
  expect(read((path) => /^(core|store|objects|workflows|activities)\//.test(path))).toEqual([]);
});

test('every variable that a source names is explained', () => {
  const named = readSources().flatMap(({ text }) => text.match(/\b(CARILLON|TEMPORAL)_[A-Z_]+\b/g) ?? []);
  const variables = [...new Set(named)].filter((name) => !isErrorCode(name));
  expect(variables.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

function isErrorCode(name: string): boolean {
  return name === 'TEMPORAL_UNAVAILABLE';
}

test('the flags of npm start', () => {
  const flags = [...usage.matchAll(/^ {2}(--\S+(?: [A-Z]+)?)/gm)].map((match) => match[1]);
  expect(tableOf(page, 'Flag').map(([flag]) => codesIn(flag ?? '')[0])).toEqual(flags);
});
