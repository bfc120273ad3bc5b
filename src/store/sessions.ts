import type { Kysely } from 'kysely';
import type { Database } from './schema.js';

/** Sessions are with the browsers; the database knows those that were ended before their time. */
export interface SessionStore {
  /**
   * Ends a session for every process of the API. Forgets those that have expired.
   * @param session its id, and the time at which it would have ended by itself
   */
  revoke(session: { id: string; expiresAt: string }, now: string): Promise<void>;
  isRevoked(id: string): Promise<boolean>;
}

export function sessionStore(db: Kysely<Database>): SessionStore {
  return {
    async revoke({ id, expiresAt }, now) {
      await db
        .with('expired', (query) => query.deleteFrom('revoked_sessions').where('expires_at', '<', now))
        .insertInto('revoked_sessions')
        .values({ id, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    },

    async isRevoked(id) {
      const row = await db.selectFrom('revoked_sessions').select('id').where('id', '=', id).executeTakeFirst();
      return row !== undefined;
    },
  };
}
