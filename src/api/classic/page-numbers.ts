import { z } from 'zod';
import { CarillonError } from '../../core/errors.js';
import type { JobState } from '../../core/states.js';
import { call } from '../call.js';
import type { Context } from '../context.js';
import type { JobItemView } from '../views.js';
import { projectQuery, read } from './route.js';
import { type ClassicStatus, jobStatuses } from './statuses.js';
import { priority, taskOf } from './wording.js';

/** Jobs that are counted off before a page begins, at most; whoever wants more follows cursors. */
const deepest = 10_000;
const longestPage = 500;

const statuses = Object.values(jobStatuses) as [ClassicStatus, ...ClassicStatus[]];
const states = Object.fromEntries(Object.entries(jobStatuses).map(([state, status]) => [status, state])) as Record<
  ClassicStatus,
  JobState
>;
const number = z.coerce.number().int().min(1);

const listQuery = projectQuery.extend({
  status: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(z.enum(statuses))
    .optional(),
  type: z.string().min(1).max(100).optional(),
  priority: priority.optional(),
  page: number.default(1),
  limit: number.max(longestPage).default(20),
});

interface JobPage {
  items: JobItemView[];
  nextCursor: string | null;
}

/** A page by its number: the jobs before it are gone through, as the lists know no numbers. */
export async function jobsOfPage(ctx: Context, query: unknown) {
  const { status, type, page, limit, ...rest } = read(listQuery, query);
  const before = (page - 1) * limit;
  if (before > deepest) {
    throw new CarillonError('INPUT_INVALID', `Expected \`page\` to begin within the first ${deepest} jobs.`, {
      field: 'page',
      value: page,
      hint: 'Narrow the filter, or follow `nextCursor` of GET /v1/jobs.',
    });
  }
  const tasks = new Set(ctx.registry.list().map(({ name }) => name));
  const filter = {
    ...rest,
    ...(status !== undefined && { state: [states[status]] }),
    ...(type !== undefined && { task: taskOf(type, (name) => tasks.has(name)) }),
  };
  const pageAfter = (cursor: string | undefined, count: number) =>
    call(ctx, 'jobs.list', { ...filter, limit: count, cursor }) as Promise<JobPage>;
  let cursor: string | undefined;
  for (let left = before; left > 0; left -= longestPage) {
    const passed = await pageAfter(cursor, Math.min(left, longestPage));
    if (passed.nextCursor === null) return { jobs: [], page, limit, hasMore: false };
    cursor = passed.nextCursor;
  }
  const { items, nextCursor } = await pageAfter(cursor, limit);
  return { jobs: items.map(viewItem), page, limit, hasMore: nextCursor !== null };
}

function viewItem({ id, description, task, state, priority: urgency, nextRunAt, words, createdAt }: JobItemView) {
  return {
    ...{ jobId: id, jobName: description, jobType: task, status: jobStatuses[state], priority: urgency },
    ...{ executionTime: nextRunAt, frequency: words, createdAt },
  };
}
