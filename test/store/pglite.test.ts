import { expect, it } from 'vitest';
import { createStore } from '../../src/store/store.js';
import { describeStore, patient } from './conformance.js';
import { openPglite } from './pglite-database.js';
import { entry, newProject, snapshot } from './sample.js';

describeStore('store on PGlite', () => openPglite());

it('a store outlives a restart of PGlite and finds what it wrote', async () => {
  await using database = await openPglite();
  const store = createStore({ url: database.url, ...patient });
  await store.migrate();
  const project = newProject();
  await store.write([{ snapshot: snapshot(project, 'a'), entries: [entry('a@1')] }]);

  await database.stop();
  await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await database.start();
  expect(await store.runs.get(project, 'a@1')).toBeDefined();
  await store.close();
}, 60_000);

it('a server without trigrams is taken as well, and searches without them', async () => {
  await using database = await openPglite({});
  const store = createStore({ url: database.url, ...patient });
  await store.migrate();
  const project = newProject();
  await store.write([{ snapshot: snapshot(project, 'a'), entries: [] }]);
  const found = await store.jobs.list({ project, text: 'LOG' }, { limit: 5 });
  expect(found.items.map(({ jobId }) => jobId)).toEqual(['a']);
  await store.close();
}, 60_000);
