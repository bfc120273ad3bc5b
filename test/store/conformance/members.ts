import { describe, expect, it } from 'vitest';
import type { Role } from '../../../src/core/access.js';
import type { Bench } from '../conformance.js';
import { newProject } from '../sample.js';

const at = '2026-11-21T09:00:00Z';

export function describeMembers(bench: Bench): void {
  describe('projects', () => {
    it('are made once, changed field by field, and listed by name', async () => {
      const { projects } = bench.store;
      const name = newProject();
      const row = { name, description: 'a "project"', createdAt: at, createdBy: 'ada', quotas: { jobs: 10 } };
      expect(await projects.create(row)).toEqual(row);
      expect(await projects.create({ ...row, description: 'another' })).toBeUndefined();
      await projects.ensure({ name, createdAt: at, createdBy: 'eve' });
      expect(await projects.get(name)).toEqual(row);
      const changed = { ...row, quotas: { jobs: 10, runsPerDay: 5, payloadBytes: 2 ** 40 } };
      expect(await projects.update(name, { quotas: { runsPerDay: 5, payloadBytes: 2 ** 40 } })).toEqual(changed);
      expect(await projects.update(name, {})).toEqual(changed);
      const { description: _, ...bare } = row;
      const without = { description: null, quotas: { jobs: null, runsPerDay: null, payloadBytes: null } };
      expect(await projects.update(name, without)).toEqual({ ...bare, quotas: {} });
      expect(await projects.update(newProject(), { description: 'x' })).toBeUndefined();
    });

    it('are listed in pages among those that are named', async () => {
      const { projects } = bench.store;
      const names = Array.from({ length: 3 }, newProject).sort();
      for (const name of names) await projects.ensure({ name, createdAt: at });
      const among = [...names, newProject()];
      const first = await projects.list(among, { limit: 2 });
      expect(first.items.map(({ name }) => name)).toEqual(names.slice(0, 2));
      const rest = await projects.list(among, { limit: 2, after: first.next });
      expect(rest).toMatchObject({ items: [{ name: names[2] }], next: null });
      expect(await projects.list([], { limit: 2 })).toEqual({ items: [], next: null });
      expect((await projects.list(undefined, { limit: 500 })).items.length).toBeGreaterThanOrEqual(3);
    });
  });

  describe('members', () => {
    const add = (project: string, subject: string, role: Role, lastOwner: 'keep' | 'allow' = 'keep') =>
      bench.store.members.put({ project, subject, role, payloads: false, addedAt: at, addedBy: 'ada' }, lastOwner);

    it('are added, changed and found by any of their subjects', async () => {
      const { members } = bench.store;
      const project = newProject();
      const [user, group] = [`user:${project}`, `group:${project}`];
      const row = { project, subject: user, role: 'viewer' as const, payloads: false, addedAt: at, addedBy: 'ada' };
      expect(await add(project, user, 'viewer')).toEqual(row);
      const changed = { ...row, role: 'admin' as const, payloads: true };
      expect(await members.put({ ...changed, addedAt: '2027-01-01T00:00:00Z', addedBy: 'eve' }, 'keep')).toEqual(
        changed,
      );
      await add('*', group, 'operator');
      expect(await members.grantsOf([user, group, 'user:nobody'])).toEqual([
        { project: '*', role: 'operator', payloads: false },
        { project, role: 'admin', payloads: true },
      ]);
      expect(await members.grantsOf([])).toEqual([]);
      expect(await members.list(project, { limit: 5 })).toEqual({ items: [changed], next: null });
      expect(await members.delete(project, user, 'keep')).toBe('deleted');
      expect(await members.delete(project, user, 'keep')).toBe('absent');
      expect(await members.delete('*', group, 'keep')).toBe('deleted');
      expect(await members.get(project, user)).toBeUndefined();
    });

    it('include an owner for as long as they are to', async () => {
      const { members } = bench.store;
      const project = newProject();
      expect(await members.hasOwner(project)).toBe(false);
      await add(project, 'user:a', 'owner');
      await add(project, 'user:b', 'admin');
      expect(await members.hasOwner(project)).toBe(true);
      expect(await members.delete(project, 'user:a', 'keep')).toBe('last_owner');
      expect(await add(project, 'user:a', 'viewer')).toBe('last_owner');
      expect(await members.get(project, 'user:a')).toMatchObject({ role: 'owner' });
      await add(project, 'user:b', 'owner');
      expect(await add(project, 'user:a', 'viewer')).toMatchObject({ role: 'viewer' });
      expect(await members.delete(project, 'user:b', 'allow')).toBe('deleted');
    });

    it('keep one of two owners who leave at once', async () => {
      const { members } = bench.store;
      for (let round = 0; round < 5; round++) {
        const project = newProject();
        await add(project, 'user:a', 'owner');
        await add(project, 'user:b', 'owner');
        const left = await Promise.all(['user:a', 'user:b'].map((one) => members.delete(project, one, 'keep')));
        expect(left.sort()).toEqual(['deleted', 'last_owner']);
      }
    });
  });
}
