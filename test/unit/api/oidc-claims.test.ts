import { describe, expect, it } from 'vitest';
import { identityOf, mappedGrants, readClaimMap } from '../../../src/api/auth/oidc/claims.js';
import { userId } from '../../../src/api/auth/oidc/user-callers.js';

const mapOf = (map: object) => readClaimMap(JSON.stringify(map), 'X');

describe('identityOf', () => {
  it('finds claims by name, whatever the name holds, and by the way to them', () => {
    const map = mapOf({ groups: 'https://example.org/groups', roles: ['realm_access', 'roles'] });
    const claims = { 'https://example.org/groups': 'sales', realm_access: { roles: ['ops', 7, '', 'dev'] }, sub: 'x' };
    expect(identityOf(map, claims)).toEqual({ subject: 'x', name: 'x', groups: ['sales'], roles: ['ops', 'dev'] });
    expect(identityOf(mapOf({ groups: ['a', 'b'] }), { sub: 'x', a: 'text' })?.groups).toEqual([]);
    expect(identityOf(mapOf({ groups: 'toString' }), { sub: 'x' })?.groups).toEqual([]);
  });

  it.each([
    [{ email: 'Ann@Example.org', email_verified: true }, 'ann@example.org'],
    [{ email: 'ann@example.org', email_verified: 'true' }, 'ann@example.org'],
    [{ email: 'ann@example.org', email_verified: 'false' }, undefined],
    [{ email: 'ann@example.org', email_verified: 1 }, undefined],
    [{ email: 'ann@example.org' }, undefined],
    [{ email: 'group:admins@example.org', email_verified: true }, undefined],
    [{ email: 'group:admins', email_verified: true }, undefined],
    [{ email: ['ann@example.org'], email_verified: true }, undefined],
  ])('counts an address only when it is one and verified: %j', (claims, email) => {
    expect(identityOf(mapOf({}), { sub: 'x', ...claims })?.email).toBe(email);
  });

  it('trusts every address of a provider that says so of itself', () => {
    expect(identityOf(mapOf({ emailVerified: true }), { sub: 'x', email: 'a@b.c' })?.email).toBe('a@b.c');
  });

  it.each([undefined, '', 7, null, 'ä', 'a\0b', 'x'.repeat(256)])('has nobody of the subject %j', (sub) => {
    expect(identityOf(mapOf({}), { sub })).toBeUndefined();
  });
});

describe('mappedGrants', () => {
  const viewer = { project: 'shop', role: 'viewer' };
  const map = mapOf({ grants: { ops: { project: '*', role: 'operator', payloads: true }, all: [viewer, viewer] } });
  const identity = { subject: 'x', name: 'x' };

  it('come from groups and roles, once for each value', () => {
    expect(mappedGrants(map, { ...identity, groups: ['ops', 'other'], roles: ['ops'] })).toEqual([
      { project: '*', role: 'operator', payloads: true },
    ]);
    expect(mappedGrants(map, { ...identity, groups: [], roles: ['all'] })).toHaveLength(2);
  });

  it('are none for values that nobody mapped', () => {
    expect(mappedGrants(map, { ...identity, groups: ['constructor', '__proto__'], roles: ['Ops'] })).toEqual([]);
  });
});

describe('userId', () => {
  it('is of one subject at one issuer', () => {
    expect(userId('https://id.example.org/', 'auth0|7')).toBe('user:id.example.org|auth0|7');
    expect(userId('https://id.example.org/realms/a', 'x')).toBe('user:id.example.org/realms/a|x');
    const ids = [
      userId('https://id.example.org', 'a|x'),
      userId('https://id.example.org/a', 'x'),
      userId('https://id.example.org/|a', 'x'),
      userId('https://id.example.org:8443', 'x'),
      userId('https://id.example.com', 'x'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
