import { expect, test } from 'vitest';
import { readOidcSettings } from '../../src/api/auth/oidc/settings.js';
import { blocksOf, codesIn, readPage, tableOf } from './pages.js';

const issuer = 'https://id.example.com/realms/acme';

test('the example of claims is one that is read', () => {
  const example = blocksOf('docs/oidc.md').find(({ text }) => text.includes('"grants": {'))?.text ?? '';
  const read = readOidcSettings({
    CARILLON_OIDC_ISSUER: issuer,
    CARILLON_OIDC_AUDIENCE: 'x',
    CARILLON_OIDC_CLAIMS: example,
  });
  expect(read?.claims.grants).toEqual({
    'scheduler-admins': [{ project: '*', role: 'admin', payloads: false }],
    'shop-team': [
      { project: 'shop', role: 'developer', payloads: true },
      { project: 'reports', role: 'viewer', payloads: false },
    ],
  });
  expect(Object.keys(read?.claims ?? {})).toEqual(Object.keys(JSON.parse(example)));
});

test('each variable is on the page of the configuration with the default that it has', () => {
  const rows = tableOf(readPage('docs/configuration.md').split('\n## API')[1] ?? '', 'Variable');
  const defaults = Object.fromEntries(rows.map(([name = '', , value = '']) => [codesIn(name)[0], codesIn(value)[0]]));
  const read = (env: Record<string, string | undefined>) =>
    readOidcSettings({
      ...{ CARILLON_OIDC_ISSUER: issuer, CARILLON_OIDC_CLIENT_ID: 'x', CARILLON_PUBLIC_URL: 'https://x.example.com' },
      ...env,
    });
  expect(
    read({
      CARILLON_OIDC_ALGORITHMS: defaults.CARILLON_OIDC_ALGORITHMS,
      CARILLON_OIDC_SCOPE: defaults.CARILLON_OIDC_SCOPE,
      CARILLON_OIDC_SESSION: defaults.CARILLON_OIDC_SESSION,
    }),
  ).toEqual(read({}));
  expect(defaults).toMatchObject({ CARILLON_OIDC_SCOPE: 'openid profile email', CARILLON_OIDC_SESSION: 'PT8H' });
});
