import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../../src/api/access/caller.js';
import { openCaller } from '../../../../src/api/access/caller.js';
import { assertMayGive, type Gift } from '../../../../src/api/keys/giving.js';
import { type Right, type Role, roles } from '../../../../src/core/access.js';

function caller(role: Role, { project = 'p', payloads = true, scopes }: Partial<Gift> = {}): Caller {
  return { kind: 'key', id: 'key:1', name: 'one', owns: ['one'], grants: [{ project, role, payloads }], scopes };
}
function may(who: Caller, gift: Partial<Gift> & { role: Role }): boolean {
  try {
    assertMayGive(who, { project: 'p', payloads: false, ...gift });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'FORBIDDEN' });
    return false;
  }
}

describe('nobody gives more than they have', () => {
  /** Which roles each role could give. Whether it gives keys at all is asked elsewhere. */
  const gives: Record<Role, Role[]> = {
    owner: ['owner', 'admin', 'operator', 'developer', 'viewer'],
    admin: ['admin', 'operator', 'developer', 'viewer'],
    operator: ['operator', 'viewer'],
    developer: ['developer', 'viewer'],
    viewer: ['viewer'],
  };
  it.each(roles)('%s', (role) => {
    expect(roles.filter((given) => may(caller(role), { role: given }))).toEqual(gives[role]);
    expect(roles.filter((given) => may(caller(role, { project: '*' }), { role: given }))).toEqual(gives[role]);
    expect(roles.filter((given) => may(caller(role, { project: 'other' }), { role: given }))).toEqual([]);
  });

  it('all projects are given by their owner alone', () => {
    for (const role of roles) {
      expect(may(caller(role, { project: '*' }), { role: 'viewer', project: '*' })).toBe(role === 'owner');
      expect(may(caller(role), { role: 'viewer', project: '*' })).toBe(false);
    }
    expect(may(openCaller, { role: 'owner', project: '*', payloads: true })).toBe(true);
  });

  it('payloads are given by who sees them', () => {
    expect(may(caller('owner', { payloads: false }), { role: 'viewer', payloads: true })).toBe(false);
    expect(may(caller('owner'), { role: 'viewer', payloads: true })).toBe(true);
  });

  it('scopes bind those who give as they bind those who are given', () => {
    const scopes: Right[] = ['keys:manage', 'jobs:read'];
    const limited = caller('admin', { scopes });
    expect(may(limited, { role: 'viewer' })).toBe(true);
    expect(may(limited, { role: 'operator' })).toBe(false);
    expect(may(limited, { role: 'admin' })).toBe(false);
    expect(may(limited, { role: 'admin', scopes })).toBe(true);
    expect(may(limited, { role: 'admin', scopes: [...scopes, 'jobs:write'] })).toBe(false);
    expect(may(limited, { role: 'viewer', payloads: true })).toBe(false);
    expect(may(caller('owner', { project: '*', scopes }), { role: 'viewer', project: '*' })).toBe(false);
  });

  it('what reaches over all jobs is not given by who reaches over their own', () => {
    expect(may(caller('developer'), { role: 'operator', scopes: ['jobs:operate'] })).toBe(false);
    expect(may(caller('operator'), { role: 'developer', scopes: ['jobs:operate'] })).toBe(true);
  });

  it('grants of other projects do not add up', () => {
    const two: Caller = {
      ...caller('viewer'),
      grants: [...caller('viewer').grants, ...caller('owner', { project: 'q' }).grants],
    };
    expect(may(two, { role: 'admin' })).toBe(false);
    expect(may(two, { role: 'admin', project: 'q' })).toBe(true);
  });
});
