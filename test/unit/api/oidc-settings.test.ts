import { describe, expect, it } from 'vitest';
import { readOidcSettings } from '../../../src/api/auth/oidc/settings.js';

const tokens = { CARILLON_OIDC_ISSUER: 'https://id.example.org/', CARILLON_OIDC_AUDIENCE: 'carillon' };
const login = {
  CARILLON_OIDC_ISSUER: 'https://id.example.org/',
  CARILLON_OIDC_CLIENT_ID: 'web',
  CARILLON_PUBLIC_URL: 'https://carillon.example.org',
};

function fieldOf(env: Record<string, string>): unknown {
  try {
    readOidcSettings(env);
  } catch (error) {
    return (error as { details: { field?: string } }).details.field;
  }
  return 'none';
}

describe('readOidcSettings', () => {
  it('is silent while nothing is set', () => {
    expect(readOidcSettings({})).toBeUndefined();
  });

  it('has defaults for all but the addresses', () => {
    expect(readOidcSettings(tokens)).toEqual({
      issuer: 'https://id.example.org/',
      audience: 'carillon',
      algorithms: ['RS256', 'ES256', 'EdDSA', 'PS256'],
      claims: {
        ...{ subject: 'sub', name: 'name', email: 'email', emailVerified: 'email_verified' },
        ...{ groups: 'groups', roles: 'roles', grants: {} },
      },
    });
    expect(readOidcSettings(login)).toMatchObject({
      login: {
        ...{ clientId: 'web', publicUrl: 'https://carillon.example.org' },
        ...{ scope: 'openid profile email', sessionMs: 8 * 3_600_000 },
      },
    });
  });

  it.each(['http://127.0.0.1:8080', 'http://localhost:8080/realms/a', 'http://[::1]', 'https://id.example.org/a'])(
    'takes the issuer %s',
    (issuer) => {
      expect(readOidcSettings({ ...tokens, CARILLON_OIDC_ISSUER: issuer })?.issuer).toBe(issuer);
    },
  );

  it.each([
    ['CARILLON_OIDC_ISSUER', 'http://id.example.org'],
    ['CARILLON_OIDC_ISSUER', 'http://127.0.0.1.example.org'],
    ['CARILLON_OIDC_ISSUER', 'http://localhost.example.org'],
    ['CARILLON_OIDC_ISSUER', 'id.example.org'],
    ['CARILLON_OIDC_ISSUER', 'file:///etc/passwd'],
    ['CARILLON_OIDC_ISSUER', 'https://ann:secret@id.example.org'],
    ['CARILLON_OIDC_ISSUER', 'https://id.example.org/?tenant=a'],
    ['CARILLON_OIDC_ISSUER', ''],
    ['CARILLON_OIDC_AUDIENCE', ''],
    ['CARILLON_OIDC_ALGORITHMS', 'HS256'],
    ['CARILLON_OIDC_ALGORITHMS', 'RS256,HS512'],
    ['CARILLON_OIDC_ALGORITHMS', 'none'],
    ['CARILLON_OIDC_ALGORITHMS', 'rs256'],
    ['CARILLON_OIDC_CLAIMS', '{'],
    ['CARILLON_OIDC_CLAIMS', '[]'],
    ['CARILLON_OIDC_CLAIMS', '{"group":"groups"}'],
    ['CARILLON_OIDC_CLAIMS', '{"grants":{"ops":{"project":"*","role":"root"}}}'],
    ['CARILLON_OIDC_CLAIMS', '{"grants":{"ops":{"project":"Not A Name","role":"viewer"}}}'],
  ])('refuses %s=%j', (name, value) => {
    expect(fieldOf({ ...tokens, [name]: value })).toBe(name);
  });

  it.each([
    ['CARILLON_PUBLIC_URL', ''],
    ['CARILLON_PUBLIC_URL', 'http://carillon.example.org'],
    ['CARILLON_PUBLIC_URL', 'https://carillon.example.org/path'],
    ['CARILLON_OIDC_SCOPE', 'profile'],
    ['CARILLON_OIDC_SESSION', 'eight hours'],
    ['CARILLON_OIDC_SESSION', 'P31D'],
  ])('refuses a login with %s=%j', (name, value) => {
    expect(fieldOf({ ...login, [name]: value })).toBe(name);
  });
});
