import { expect, test } from 'vitest';
import { LedgerReader, type LedgerReaderOptions } from '../../../src/activities/ledger-reader.js';
import type { RunSummary } from '../../../src/core/contract.js';
import { CarillonError } from '../../../src/core/errors.js';

const summary = (runId: string, state: RunSummary['state'] = 'succeeded') => ({ runId, state }) as RunSummary;
const run = (runId: string, project = 'p') => ({ project, runId });

/** A ledger of these runs, and what it was asked, as `project/run`. */
function ledgerOf(ended: Awaited<ReturnType<LedgerReaderOptions['store']['runs']['ended']>>, away = false) {
  const asked: string[][] = [];
  const store = {
    runs: {
      ended: async (runs: { project: string; runId: string }[]) => {
        asked.push(runs.map(({ project, runId }) => `${project}/${runId}`));
        return ended;
      },
    },
  };
  return { asked, reader: new LedgerReader({ store, ledger: { away } }) };
}

test('runs that are asked for together are looked for together, each in its own project', async () => {
  const { asked, reader } = ledgerOf([
    { project: 'p', summary: summary('b@1') },
    { project: 'q', summary: summary('b@1', 'failed') },
  ]);
  const answers = await Promise.all(
    [run('a@1'), run('b@1'), run('b@1', 'q'), run('c@1')].map((one) => reader.ended(one)),
  );
  expect(answers.map((answer) => answer?.state)).toEqual([undefined, 'succeeded', 'failed', undefined]);
  expect(asked).toEqual([['p/a@1'], ['p/b@1', 'q/b@1', 'p/c@1']]);
});

test('a database that is away is not asked, and one that fails knows nothing', async () => {
  const { asked, reader } = ledgerOf([{ project: 'p', summary: summary('a@1') }], true);
  expect(await reader.ended(run('a@1'))).toBeUndefined();
  expect(asked).toEqual([]);
  const ended = () => Promise.reject(new CarillonError('STORE_UNAVAILABLE', 'away'));
  expect(
    await new LedgerReader({ store: { runs: { ended } }, ledger: { away: false } }).ended(run('a@1')),
  ).toBeUndefined();
});
