import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrations } from '../../../src/store/migrations/index.js';
import { createStore } from '../../../src/store/store.js';
import { patient, type TestDatabase } from '../conformance.js';
import { newProject, snapshot } from '../sample.js';

export function describeMigrations(open: () => Promise<TestDatabase>): void {
  describe('migrations', () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await open();
    }, 60_000);
    afterAll(() => database?.[Symbol.asyncDispose](), 60_000);

    it('are missed, applied once by five stores at once, and not again', async () => {
      const stores = Array.from({ length: 5 }, () => createStore({ url: database.url, ...patient }));
      const project = newProject();
      await expect(stores[0]?.write([{ snapshot: snapshot(project, 'a'), entries: [] }])).rejects.toMatchObject({
        code: 'INTERNAL',
        details: { hint: expect.stringContaining('migrations') },
      });

      const applied = await Promise.all(stores.map((store) => store.migrate()));
      expect(applied.flat()).toEqual(Object.keys(migrations));
      expect(await stores[0]?.migrate()).toEqual([]);
      await stores[0]?.write([{ snapshot: snapshot(project, 'a'), entries: [] }]);
      expect(await stores[4]?.jobs.get(project, 'a')).toBeDefined();
      await Promise.all(stores.map((store) => store.close()));
    }, 60_000);

    it('refuse a database that a newer version has migrated', async () => {
      const store = createStore({ url: database.url, ...patient });
      await store.migrate();
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query(`insert into carillon_migrations values ('9999-of-tomorrow', '2099-01-01T00:00:00Z')`);
      await expect(store.migrate()).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('9999-of-tomorrow'),
      });
      await client.end();
      await store.close();
    }, 60_000);
  });
}
