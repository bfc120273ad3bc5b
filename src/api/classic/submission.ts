import { z } from 'zod';
import { call } from '../call.js';
import type { Context } from '../context.js';
import type { JobView } from '../views.js';
import { answerOf, type FieldNames, projectQuery, read } from './route.js';
import { jobStatuses } from './statuses.js';
import { scheduleOf, taskOf } from './wording.js';

const submission = z.strictObject({
  job_type: z.string().min(1).max(100),
  schedule_time: z.string().optional(),
  payload: z.unknown().optional(),
  retries: z.number().int().min(0).max(999).optional(),
});

const submissionNames: FieldNames = {
  task: 'job_type',
  input: 'payload',
  'schedule.at': 'schedule_time',
  'retry.maximumAttempts': 'retries',
};

/** Whether the body of `POST /v1/jobs` is in the classic form: it has a `job_type`. */
export function isClassicSubmission(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'job_type' in body;
}

/** @param query of the request: it may name the project */
async function submitClassic(ctx: Context, body: unknown, query: unknown) {
  const { job_type: jobType, schedule_time: time, payload, retries } = read(submission, body);
  const tasks = new Set(ctx.registry.list().map(({ name }) => name));
  const created = (await call(ctx, 'jobs.create', {
    ...read(projectQuery, query),
    task: taskOf(jobType, (name) => tasks.has(name)),
    input: payload,
    schedule: scheduleOf(time, undefined),
    ...(retries !== undefined && { retry: { maximumAttempts: retries + 1 } }),
  })) as JobView;
  return { job_id: created.id, status: jobStatuses[created.state] };
}

/** Answers `POST /v1/jobs` with a `job_type`: the path is REST's own. */
export const answerSubmission = answerOf({
  ...{ status: 201, names: submissionNames },
  handle: (ctx, { body, query }) => submitClassic(ctx, body, query),
});
