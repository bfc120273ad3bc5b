import { describe, expect, it } from 'vitest';
import type { Bench } from '../conformance.js';
import { newProject } from '../sample.js';

export function describeSessions(bench: Bench): void {
  describe('sessions', () => {
    it('stay revoked until they would have ended by themselves', async () => {
      const { sessions } = bench.store;
      const [id, other] = [newProject(), newProject()];
      expect(await sessions.isRevoked(id)).toBe(false);
      await sessions.revoke({ id, expiresAt: '2026-11-21T10:00:00Z' }, '2026-11-21T09:00:00Z');
      await sessions.revoke({ id, expiresAt: '2026-11-21T10:00:00Z' }, '2026-11-21T10:00:00Z');
      expect(await sessions.isRevoked(id)).toBe(true);
      await sessions.revoke({ id: other, expiresAt: '2026-11-21T12:00:00Z' }, '2026-11-21T10:00:01Z');
      expect([await sessions.isRevoked(id), await sessions.isRevoked(other)]).toEqual([false, true]);
    });
  });
}
