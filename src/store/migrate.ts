import { type Kysely, Migrator } from 'kysely';
import { CarillonError } from '../core/errors.js';
import { migrations } from './migrations/index.js';
import type { Database } from './schema.js';

/**
 * Brings the schema up to date, in one transaction. Safe when several processes start at once: one migrates, the others
 * wait for it and find nothing left to do.
 * @returns names of the migrations applied by this call
 */
export async function migrate(db: Kysely<Database>): Promise<string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: 'carillon_migrations',
    migrationLockTableName: 'carillon_migrations_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error instanceof CarillonError) throw error;
  if (error) {
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected a database whose schema this version knows, got: ${error instanceof Error ? error.message : error}`,
      { hint: 'The database was probably migrated by a newer version: start that version, or name another database.' },
      { cause: error },
    );
  }
  return (results ?? []).map((result) => result.migrationName);
}
