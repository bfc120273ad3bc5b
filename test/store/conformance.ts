import { afterAll, beforeAll, describe } from 'vitest';
import { createStore, type Store } from '../../src/store/store.js';
import { describeBackfills } from './conformance/backfills.js';
import { describeCalendars } from './conformance/calendars.js';
import { describeChanges } from './conformance/changes.js';
import { describeFilters } from './conformance/filters.js';
import { describeKeys } from './conformance/keys.js';
import { describeLedger } from './conformance/ledger.js';
import { describeLimits } from './conformance/limits.js';
import { describeMembers } from './conformance/members.js';
import { describeMigrations } from './conformance/migrations.js';
import { describeOperations } from './conformance/operations.js';
import { describeOutages } from './conformance/outages.js';
import { describePages } from './conformance/pages.js';
import { describeRoundTrips } from './conformance/round-trips.js';
import { describeSearch } from './conformance/search.js';
import { describeSessions } from './conformance/sessions.js';

/** An empty database of its own. */
export interface TestDatabase extends AsyncDisposable {
  url: string;
}

/** What each part of the suite works with: a migrated database that all parts share, each test in its own project. */
export interface Bench {
  readonly url: string;
  readonly store: Store;
}

/** A second store is patient: on a busy machine a slow answer is not what these tests are about. */
export const patient = { timeoutMs: 20_000 };

/** Everything the store promises, on whatever database `open` makes. */
export function describeStore(name: string, open: () => Promise<TestDatabase>): void {
  describe(name, () => {
    let database: TestDatabase;
    let store: Store;
    const bench: Bench = {
      get url() {
        return database.url;
      },
      get store() {
        return store;
      },
    };

    beforeAll(async () => {
      database = await open();
      store = createStore({ url: database.url, ...patient });
      await store.migrate();
    }, 60_000);

    afterAll(async () => {
      await store?.close();
      await database?.[Symbol.asyncDispose]();
    }, 60_000);

    describeRoundTrips(bench);
    describeLedger(bench);
    describeFilters(bench);
    describePages(bench);
    describeCalendars(bench);
    describeBackfills(bench);
    describeMembers(bench);
    describeSessions(bench);
    describeKeys(bench);
    describeChanges(bench);
    describeOperations(bench);
    describeLimits(bench);
    describeSearch(bench);
    describeOutages(bench);
    describeMigrations(open);
  });
}
