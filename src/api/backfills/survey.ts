import type { BackfillRequest } from '../../core/backfill/contract.js';
import { pageOfRange, type Range } from '../../core/backfill/range.js';
import { selectTimes } from '../../core/backfill/selection.js';
import type { JobSnapshot } from '../../core/contract.js';
import { isoTime } from '../../core/ids.js';
import type { InnerContext } from '../context.js';
import type { SurveyView } from './views.js';

/** Occurrences counted before the answer says "or more". */
const counted = 50_000;
const pageCount = 500;
const shown = 10;

/** What a backfill would run, by schedule and ledger as they are now. Writes nothing. */
export async function surveyBackfill(
  { store }: Pick<InnerContext, 'store'>,
  job: JobSnapshot,
  { from, to, rerun, order }: Pick<BackfillRequest, 'from' | 'to' | 'rerun' | 'order'>,
): Promise<SurveyView> {
  const range = { from: Date.parse(from), to: Date.parse(to), order };
  const survey: SurveyView = {
    ...{ total: 0, skipped: 0, excluded: 0, exact: true, first: [], last: [] },
    definitionVersion: job.definitionVersion,
  };
  let seen = 0;
  for await (const { run, skipped, excluded } of selections(range)) {
    survey.total += run.length;
    survey.skipped += skipped.length;
    survey.excluded += excluded.length;
    survey.first.push(...run.slice(0, shown - survey.first.length));
    survey.last = [...survey.last, ...run].slice(-shown);
    seen += run.length + skipped.length + excluded.length;
    if (seen < counted) continue;
    survey.exact = false;
    survey.last = await lastOf();
    break;
  }
  return survey;

  /** Page by page; between two the process attends to others. */
  async function* selections(of: Range) {
    for (let cursor: number | undefined, done = false; !done; ) {
      const page = pageOfRange(job.definition.schedule, of, cursor, pageCount);
      const times = rerun === 'all' ? [] : page.occurrences.map(({ at }) => isoTime(at));
      const last = await store.backfills.lastRuns(job.project, job.jobId, times);
      if (times.length === 0) await new Promise(setImmediate);
      yield selectTimes(page.occurrences, last, rerun);
      ({ cursor, done } = page);
    }
  }

  /** The other end of a range too long to be gone through. */
  async function lastOf(): Promise<string[]> {
    const found: string[] = [];
    let looked = 0;
    for await (const { run, skipped, excluded } of selections({
      ...range,
      order: order === 'oldest' ? 'newest' : 'oldest',
    })) {
      found.push(...run);
      looked += run.length + skipped.length + excluded.length;
      if (found.length >= shown || looked >= counted) break;
    }
    return found.slice(0, shown).reverse();
  }
}
