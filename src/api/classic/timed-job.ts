import { z } from 'zod';
import type { Schedule } from '../../core/schedule/schema.js';
import { readScheduleText } from '../../core/schedule/text.js';
import { call } from '../call.js';
import type { JobDetailView, JobView } from '../views.js';
import { executionsOf } from './executions.js';
import { type ClassicRoute, type FieldNames, projectQuery, read } from './route.js';
import { fiveExecutionStatuses, fiveJobStatuses } from './statuses.js';
import { taskOf } from './wording.js';

const schedulers = ['cron', 'interval', 'once', 'now'] as const;

const submission = z.strictObject({
  task_id: z.string().min(1).max(100),
  scheduler: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(schedulers))
    .optional(),
  schedule: z.string().optional(),
  execution_start_time: z.string().optional(),
  execution_end_time: z.string().optional(),
  parameters: z.unknown().optional(),
});

const names: FieldNames = {
  task: 'task_id',
  input: 'parameters',
  'schedule.start': 'execution_start_time',
  'schedule.end': 'execution_end_time',
  'schedule.at': 'schedule',
  'schedule.cron': 'schedule',
  'schedule.every': 'schedule',
  from: 'execution_start_time',
  to: 'execution_end_time',
};

const lookup = projectQuery.extend({
  id: z.string(),
  execution_start_time: z.string().optional(),
  execution_end_time: z.string().optional(),
});

/** `/job`: a task with its scheduler, and the executions of a window of time. */
export const timedJobRoutes: ClassicRoute[] = [
  {
    ...{ method: 'POST', url: '/job', status: 201, names },
    async handle(ctx, { body, query }) {
      const given = read(submission, body);
      const tasks = new Set(ctx.registry.list().map(({ name }) => name));
      const created = (await call(ctx, 'jobs.create', {
        ...read(projectQuery, query),
        task: taskOf(given.task_id, (name) => tasks.has(name)),
        input: given.parameters,
        schedule: scheduleOf(given),
      })) as JobView;
      return { id: created.id, status: fiveJobStatuses[created.state] };
    },
  },
  {
    ...{ method: 'GET', url: '/job', names },
    async handle(ctx, { query }) {
      const { id, project, execution_start_time: from, execution_end_time: to } = read(lookup, query);
      const job = (await call(ctx, 'jobs.get', { id, project })) as JobDetailView;
      const { items } = await executionsOf(ctx, { id, project }, { from, to, limit: 500 });
      return {
        ...{ id, task_id: job.definition.task, status: fiveJobStatuses[job.state], next_execution_time: job.nextRunAt },
        executions: items.map((run) => ({
          ...{ id: run.runId, execution_time: run.scheduledAt, status: fiveExecutionStatuses[run.state] },
          ...{ start_time: run.startedAt, end_time: run.finishedAt, error: run.error?.message ?? run.reason },
        })),
      };
    },
  },
];

function scheduleOf(given: z.output<typeof submission>): Schedule {
  const { scheduler, schedule, execution_start_time: start, execution_end_time: end } = given;
  if (scheduler === 'now') return { immediate: true };
  if (schedule === undefined) return start === undefined ? { immediate: true } : { at: start };
  const form = scheduler === undefined ? readScheduleText(schedule) : formOf(scheduler, schedule);
  const once = form.at !== undefined || form.immediate !== undefined;
  return once ? form : { ...form, ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
}

function formOf(scheduler: 'cron' | 'interval' | 'once', text: string): Schedule {
  switch (scheduler) {
    case 'cron':
      return { cron: text };
    case 'interval':
      return { every: text };
    case 'once':
      return { at: text };
  }
}
