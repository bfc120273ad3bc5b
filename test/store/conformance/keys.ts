import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KeyPlace, NewKey, Page } from '../../../src/store/store.js';
import type { Bench } from '../conformance.js';
import { newProject } from '../sample.js';

function key(project: string, changes: Partial<NewKey> = {}): NewKey {
  return {
    ...{ keyId: randomUUID(), project, name: 'robot "1"', role: 'viewer', payloads: false, owns: ['robot', 'team'] },
    ...{ prefix: 'car_12345678', mac: randomUUID(), createdAt: '2026-11-21T09:00:00Z', createdBy: 'ada' },
    ...changes,
  };
}

export function describeKeys(bench: Bench): void {
  describe('keys', () => {
    it('come back as they were added, by any of their hashes; a hash is taken once', async () => {
      const project = newProject();
      const plain = key(project);
      const full = key(project, { scopes: ['jobs:read'], expiresAt: '2027-01-01T00:00:00Z', payloads: true });
      for (const one of [plain, full]) {
        expect(await bench.store.keys.add(one)).toBe(true);
        expect(await bench.store.keys.find(['other', one.mac])).toEqual(one);
        expect(await bench.store.keys.get(project, one.keyId)).toEqual(one);
      }
      const same = key(project, { mac: plain.mac, role: 'owner' });
      expect(await Promise.all([bench.store.keys.add(same), bench.store.keys.add(same)])).toEqual([false, false]);
      expect(await bench.store.keys.find([plain.mac])).toEqual(plain);
      expect(await bench.store.keys.find(['other'])).toBeUndefined();
      expect(await bench.store.keys.get(newProject(), plain.keyId)).toBeUndefined();
    });

    it('are listed with the newest first, page by page, and those alone that are usable', async () => {
      const project = newProject();
      const made = ['09:00', '09:01', '09:01', '09:02'].map((time, index) =>
        key(project, {
          createdAt: `2026-11-21T${time}:00Z`,
          ...(index === 0 && { expiresAt: '2026-11-21T10:00:00Z' }),
        }),
      );
      for (const one of made) await bench.store.keys.add(one);
      await bench.store.keys.revoke(project, made[3]?.keyId ?? '', '2026-11-21T09:30:00Z', 'ada');
      const ids: string[] = [];
      let page: Page<NewKey, KeyPlace> | undefined;
      do {
        page = await bench.store.keys.list(project, { limit: 1, after: page?.next });
        ids.push(...page.items.map(({ keyId }) => keyId));
      } while (page.next);
      const [oldest, ...middle] = made.slice(0, 3).map(({ keyId }) => keyId);
      expect(ids).toEqual([made[3]?.keyId, ...middle.sort().reverse(), oldest]);
      const usableAt = async (time: string) =>
        (await bench.store.keys.list(project, { limit: 10 }, time)).items.map(({ keyId }) => keyId);
      expect(await usableAt('2026-11-21T09:59:59Z')).toEqual([...middle, oldest]);
      expect(await usableAt('2026-11-21T10:00:00Z')).toEqual(middle);
    });

    it('are revoked once, in their own project; among several hashes a revoked one is found first', async () => {
      const project = newProject();
      const [one, other] = [key(project), key(project)];
      for (const made of [one, other]) await bench.store.keys.add(made);
      const ended = { revokedAt: '2026-11-21T10:00:00Z', revokedBy: 'ada' };
      expect(await bench.store.keys.revoke(newProject(), other.keyId, ended.revokedAt, 'eve')).toBeUndefined();
      expect(await bench.store.keys.revoke(project, other.keyId, ended.revokedAt, 'ada')).toEqual({
        ...other,
        ...ended,
      });
      const again = await bench.store.keys.revoke(project, other.keyId, '2026-11-21T11:00:00Z', 'bob');
      expect(again).toEqual({ ...other, ...ended });
      expect(await bench.store.keys.find([one.mac, other.mac])).toMatchObject({ keyId: other.keyId });
    });

    it('remember their last use, and are hashed anew unless another has that hash', async () => {
      const project = newProject();
      const [one, other] = [key(project), key(project)];
      for (const made of [one, other]) await bench.store.keys.add(made);
      await bench.store.keys.used([]);
      const mac = randomUUID();
      await bench.store.keys.used([
        { keyId: one.keyId, usedAt: '2026-11-21T10:00:00Z', mac },
        { keyId: other.keyId, usedAt: '2026-11-21T10:00:00Z' },
        { keyId: 'of nobody', usedAt: '2026-11-21T10:00:00Z' },
      ]);
      expect(await bench.store.keys.find([mac])).toEqual({ ...one, mac, lastUsedAt: '2026-11-21T10:00:00Z' });
      await bench.store.keys.used([{ keyId: other.keyId, usedAt: '2026-11-21T09:00:00Z', mac }]);
      expect(await bench.store.keys.get(project, other.keyId)).toEqual({
        ...other,
        lastUsedAt: '2026-11-21T10:00:00Z',
      });
    });
  });
}
