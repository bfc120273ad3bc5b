import { ApplicationFailure } from '@temporalio/activity';
import type { BackfillActivities, BackfillPage, BackfillPageRequest } from '../core/backfill/contract.js';
import { pageOfRange } from '../core/backfill/range.js';
import { selectTimes } from '../core/backfill/selection.js';
import { CarillonError } from '../core/errors.js';
import { isoTime } from '../core/ids.js';
import type { Store } from '../store/store.js';
import type { RunDependencies } from './execute-run.js';

/** How long a sync waits for the database before it fails and is retried. */
const syncPatienceMs = 10_000;
/** Occurrences looked at in one go. */
const stepCount = 500;
/** Occurrences one call looks at before it reports how far it got: a stretch that ran before is passed in steps. */
const callCount = 10_000;

/** What a backfill's workflow needs of a worker, beside the execution of runs. */
export function createBackfillActivities({ store, ledger }: RunDependencies): BackfillActivities {
  return {
    planBackfill: (request) => orRetried(() => planBackfill(store, request)),

    async syncBackfill({ snapshot, job, outbox }) {
      const written = outbox.length === 0 || (await ledger.write({ snapshot: job, entries: outbox }, syncPatienceMs));
      if (!written) throw away();
      await orRetried(() => store.backfills.save(snapshot));
      return { ackedSeq: outbox.at(-1)?.seq ?? 0 };
    },
  };
}

async function planBackfill(store: Pick<Store, 'backfills'>, request: BackfillPageRequest): Promise<BackfillPage> {
  const { project, jobId, schedule, rerun, order, count } = request;
  const range = { from: Date.parse(request.from), to: Date.parse(request.to), order };
  const page: BackfillPage = { times: [], skipped: 0, excluded: 0, cursor: request.cursor, done: false };
  for (let seen = 0; 2 * page.times.length < count && !page.done && seen < callCount; ) {
    const cursor = page.cursor === null ? undefined : Date.parse(page.cursor);
    const part = pageOfRange(schedule, range, cursor, Math.min(stepCount, count));
    const times = part.occurrences.map(({ at }) => isoTime(at));
    const last = await store.backfills.lastRuns(project, jobId, rerun === 'all' ? [] : times);
    const { run, skipped, excluded } = selectTimes(part.occurrences, last, rerun);
    page.times.push(...run);
    page.skipped += skipped.length;
    page.excluded += excluded.length;
    page.cursor = isoTime(part.cursor);
    page.done = part.done;
    seen += part.occurrences.length;
  }
  return page;
}

async function orRetried<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CarillonError && error.code === 'STORE_UNAVAILABLE') throw away();
    throw error;
  }
}

function away(): ApplicationFailure {
  return ApplicationFailure.retryable(
    'The database does not answer; the backfill goes on when it does.',
    'STORE_UNAVAILABLE',
  );
}
