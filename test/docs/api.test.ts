import { expect, test } from 'vitest';
import { createRouter } from '../../src/api/router.js';
import { errorCodes } from '../../src/core/errors.js';
import { readPage, tableOf } from './pages.js';

interface Procedure {
  _def: { type: string; meta: { summary: string } };
}

const page = readPage('docs/api.md');

test('the table of procedures is that of the router', () => {
  const known = createRouter()._def.procedures as unknown as Record<string, Procedure>;
  const procedures = Object.entries(known).map(([name, { _def }]) => [`\`${name}\``, _def.type, _def.meta.summary]);
  expect(tableOf(page, 'Procedure', 'Kind')).toEqual(procedures);
});

test('the table of errors is that of the code', () => {
  const codes = Object.entries(errorCodes).map(([code, { status, summary }]) => [
    `\`${code}\``,
    String(status),
    summary,
  ]);
  expect(tableOf(page, 'Code', 'HTTP status')).toEqual(codes);
});
