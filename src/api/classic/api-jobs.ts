import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { DefinitionInput } from '../../core/definition.js';
import { call } from '../call.js';
import type { Context } from '../context.js';
import type { CommandView, JobDetailView, JobView, SourceView, StatusView } from '../views.js';
import { lastLog } from './executions.js';
import { jobsOfPage } from './page-numbers.js';
import { type ClassicRoute, type FieldNames, projectQuery, read, refOf } from './route.js';
import { executionStatuses, jobStatuses } from './statuses.js';
import { priority, scheduleOf, taskOf } from './wording.js';

const job = z.strictObject({
  jobName: z.string().min(1).max(1000).optional(),
  jobType: z.string().min(1).max(100),
  executionTime: z.string().optional(),
  frequency: z.string().optional(),
  priority: priority.optional(),
  payload: z.unknown().optional(),
});

const names: FieldNames = {
  task: 'jobType',
  input: 'payload',
  description: 'jobName',
  'schedule.at': 'executionTime',
  'schedule.start': 'executionTime',
  'schedule.anchor': 'executionTime',
  'schedule.cron': 'frequency',
  'schedule.every': 'frequency',
  schedule: 'frequency',
};

/** `/api/jobs`: jobs with a name, a type, an execution time and a frequency. */
export const apiJobRoutes: ClassicRoute[] = [
  {
    ...{ method: 'POST', url: '/api/jobs', status: 201, names },
    async handle(ctx, { body, query }) {
      const given = read(job, body);
      const schedule = scheduleOf(given.executionTime, given.frequency);
      const fields = { ...definitionOf(ctx, given), schedule, ...read(projectQuery, query) };
      const created = (await call(ctx, 'jobs.create', fields)) as JobView;
      return { jobId: created.id, status: jobStatuses[created.state] };
    },
  },
  {
    ...{ method: 'GET', url: '/api/jobs' },
    handle: (ctx, { query }) => jobsOfPage(ctx, query),
  },
  {
    ...{ method: 'GET', url: '/api/jobs/:id' },
    async handle(ctx, request) {
      const found = (await call(ctx, 'jobs.get', refOf(request))) as JobDetailView;
      const { definition, nextRunAt } = found;
      return {
        ...{ jobId: found.id, jobName: definition.description, jobType: definition.task },
        ...{ status: jobStatuses[found.state], priority: definition.priority },
        ...{ executionTime: nextRunAt, frequency: found.words, payload: definition.input, createdAt: found.createdAt },
      };
    },
  },
  {
    ...{ method: 'PUT', url: '/api/jobs/:id', names },
    async handle(ctx, request) {
      const ref = refOf(request);
      const changed = read(job.partial(), request.body);
      const { definition } = (await call(ctx, 'jobs.source', ref)) as SourceView;
      const { executionTime: time, frequency } = changed;
      const planned = time !== undefined || frequency !== undefined;
      const schedule = planned ? scheduleOf(time, frequency) : definition.schedule;
      const whole = { ...definition, ...definitionOf(ctx, changed), schedule, ...ref };
      return commanded((await call(ctx, 'jobs.update', whole)) as CommandView, ref.id);
    },
  },
  {
    ...{ method: 'DELETE', url: '/api/jobs/:id' },
    async handle(ctx, request) {
      const ref = refOf(request);
      await call(ctx, 'jobs.delete', ref);
      return { jobId: ref.id, status: 'DELETED' };
    },
  },
  {
    ...{ method: 'GET', url: '/api/jobs/:id/status' },
    async handle(ctx, request) {
      const status = (await call(ctx, 'jobs.status', refOf(request))) as StatusView;
      const last = status.running[0] ?? status.recent[0];
      return {
        ...{ jobId: status.id, status: jobStatuses[status.state], nextExecutionTime: status.nextTimes[0] ?? null },
        lastExecution: last
          ? { executionId: last.runId, status: executionStatuses[last.state], executionTime: last.scheduledAt }
          : null,
      };
    },
  },
  {
    ...{ method: 'GET', url: '/api/jobs/:id/logs' },
    async handle(ctx, request) {
      const ref = refOf(request);
      const { execution, lines } = await lastLog(ctx, ref);
      return {
        ...{ jobId: ref.id, executionId: execution?.runId ?? null },
        logs: lines.map(({ time, level, message }) => ({ time, level, message })),
      };
    },
  },
  ...(['pause', 'resume'] as const).map(
    (command): ClassicRoute => ({
      ...{ method: 'POST', url: `/api/jobs/:id/${command}` },
      async handle(ctx: Context, request: FastifyRequest) {
        const ref = refOf(request);
        return commanded((await call(ctx, `jobs.${command}`, ref)) as CommandView, ref.id);
      },
    }),
  ),
];

function commanded({ job: after, confirmed }: CommandView, jobId: string) {
  return { jobId, status: after ? jobStatuses[after.state] : null, confirmed };
}

/** What was given of a job, but for its schedule, as fields of a definition. */
function definitionOf({ registry }: Context, given: Partial<z.output<typeof job>>): Partial<DefinitionInput> {
  const { jobName, jobType, payload } = given;
  const tasks = new Set(registry.list().map(({ name }) => name));
  return {
    ...(jobType !== undefined && { task: taskOf(jobType, (name) => tasks.has(name)) }),
    ...(jobName !== undefined && { description: jobName }),
    ...(payload !== undefined && { input: payload }),
    ...(given.priority !== undefined && { priority: given.priority }),
  };
}
