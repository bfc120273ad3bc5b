import { describe, expect, it } from 'vitest';
import { createStore } from '../../../src/store/store.js';
import { type Bench, patient } from '../conformance.js';
import { type GateMode, openGate } from '../gate.js';
import { entry, newProject, snapshot } from '../sample.js';

const unavailable = { code: 'STORE_UNAVAILABLE' };
const timeoutMs = 1000;
/** What a caller may have to wait: for a connection and then for an answer, and some for a busy machine. */
const boundMs = 5000;

async function expectOutage(attempt: () => Promise<unknown>): Promise<void> {
  const begin = Date.now();
  await expect(attempt()).rejects.toMatchObject(unavailable);
  expect(Date.now() - begin).toBeLessThan(boundMs);
}

export function describeOutages(bench: Bench): void {
  describe('outages', () => {
    it('a database that is gone fails every method at once, and serves the same store again when it is back', async () => {
      await using gate = await openGate(bench.url);
      const store = createStore({ url: gate.url, timeoutMs });
      const project = newProject();
      const batch = { snapshot: snapshot(project, 'a'), entries: [entry('a@1')] };
      await store.ping();
      await gate.cut();

      await expectOutage(() => store.ping());
      await expectOutage(() => store.write([batch]));
      await expectOutage(() => store.jobs.get(project, 'a'));
      await expectOutage(() => store.jobs.list({ project }, { limit: 1 }));
      await expectOutage(() => store.jobs.ids());
      await expectOutage(() => store.runs.list({ project }, { limit: 1 }));
      await expectOutage(() => store.versions.list(project, 'a', { limit: 10 }));
      await expectOutage(() => store.migrate());

      await gate.mend();
      await store.write([batch]);
      expect(await store.runs.get(project, 'a@1')).toBeDefined();
      await store.close();
    });

    it.each<GateMode>(['silent', 'mute'])(
      'a database that is %s fails open and new connections in time',
      async (mode) => {
        await using gate = await openGate(bench.url);
        const store = createStore({ url: gate.url, timeoutMs, poolSize: 2 });
        await store.ping();
        gate.mode = mode;
        await expectOutage(() => store.ping());
        await expectOutage(() => store.ping());
        // More callers than connections: none waits behind another's timeout.
        await Promise.all(Array.from({ length: 10 }, () => expectOutage(() => store.ping())));

        gate.mode = 'open';
        await store.ping();
        expect(gate.connections()).toBeLessThanOrEqual(2);
        await store.close();
      },
    );

    it('a connection that breaks in mid-statement fails that statement and nothing else', async () => {
      await using gate = await openGate(bench.url);
      const store = createStore({ url: gate.url, ...patient });
      await store.ping();
      gate.mode = 'silent';
      const broken = expect(store.ping()).rejects.toMatchObject(unavailable);
      await gate.cut();
      await broken;
      gate.mode = 'open';
      await gate.mend();
      await store.ping();
      await store.close();
    });

    it('a write whose answer was lost may be repeated', async () => {
      await using gate = await openGate(bench.url);
      const store = createStore({ url: gate.url, timeoutMs });
      const project = newProject();
      const batch = { snapshot: snapshot(project, 'a'), entries: [entry('a@1'), entry('a@2')] };
      await store.ping();
      gate.mode = 'mute';
      await expectOutage(() => store.write([batch]));
      gate.mode = 'open';
      await expect.poll(() => bench.store.jobs.get(project, 'a')).toBeDefined();

      await store.write([batch]);
      expect((await store.runs.list({ project }, { limit: 10 })).items).toHaveLength(2);
      await store.close();
    });

    it('closes although the database does not answer', async () => {
      await using gate = await openGate(bench.url);
      const store = createStore({ url: gate.url, timeoutMs });
      await store.ping();
      gate.mode = 'frozen';
      await store.close();
    });

    it.each(['nonsense', 'http://localhost/x', ''])('refuses the address %j', (url) => {
      expect(() => createStore({ url })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    });
  });
}
