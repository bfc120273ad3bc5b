import type { z } from 'zod';
import type { AnyTask } from '../../core/task/task.js';
import type { JobFilter, JobKey } from '../../store/store.js';
import { withOwner } from '../access/ownership.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import {
  cancelInput,
  createInput,
  deleteInput,
  ensureInput,
  jobCountInput,
  jobListInput,
  jobRef,
  nextInput,
  patchInput,
  pauseInput,
  rescheduleInput,
  resumeInput,
  rollbackInput,
  triggerInput,
  updateInput,
  validateInput,
  versionListInput,
  versionRef,
} from '../inputs.js';
import { commandJob, triggerJob } from '../jobs/command.js';
import { createJob } from '../jobs/create.js';
import { deleteJob } from '../jobs/delete.js';
import { ensureJob, validateJob } from '../jobs/ensure.js';
import { patchJob } from '../jobs/patch.js';
import { readJob } from '../jobs/read.js';
import { currentDefinition, prepareReschedule, prepareSuccessor } from '../jobs/redefine.js';
import { readSource } from '../jobs/source.js';
import { jobStatus } from '../jobs/status.js';
import { nextTimes, previewJob } from '../jobs/times.js';
import { listVersions, readVersion, rollbackJob, viewVersion } from '../jobs/versions.js';
import { viewJob, viewJobItem } from '../jobs/view.js';
import type { CreateInput, EnsureInput, UpdateInput, ValidateInput } from '../tasks/typed-input.js';
import { procedure, router } from '../trpc.js';
import {
  commandView,
  countView,
  deletedView,
  ensureView,
  jobDetailView,
  jobPage,
  jobView,
  previewView,
  sourceView,
  statusView,
  triggerView,
  validationView,
  versionPage,
  versionView,
} from '../views.js';

/** The same schema at run time, with the input's type as a client that knows its tasks sees it. */
function typed<Input, Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema>, Input> {
  return schema as unknown as z.ZodType<z.output<Schema>, Input>;
}

export function jobsRouter<const Tasks extends readonly AnyTask[]>() {
  return router({
    create: procedure
      .meta({
        summary: 'Create a job; with an idempotency key, at most once.',
        rest: { method: 'POST', path: '/jobs', status: 201 },
      })
      .input(typed<CreateInput<Tasks>, typeof createInput>(createInput))
      .output(jobView)
      .mutation(async ({ ctx, input }) => viewJob(await createJob(ctx, input), ctx.consoles)),

    validate: procedure
      .meta({
        summary: 'Check a definition and tell what jobs.ensure would do, doing nothing.',
        rest: { method: 'POST', path: '/jobs/{id}/validate' },
      })
      .input(typed<ValidateInput<Tasks>, typeof validateInput>(validateInput))
      .output(validationView)
      .mutation(({ ctx, input }) => validateJob(ctx, input)),

    ensure: procedure
      .meta({
        summary: 'Create the job if there is none, change it if its definition differs.',
        rest: { method: 'PUT', path: '/jobs/{id}' },
      })
      .input(typed<EnsureInput<Tasks>, typeof ensureInput>(ensureInput))
      .output(ensureView)
      .mutation(({ ctx, input }) => ensureJob(ctx, input)),

    get: procedure
      .meta({ summary: 'A job with its definition.', rest: { method: 'GET', path: '/jobs/{id}' } })
      .input(jobRef)
      .output(jobDetailView)
      .query(async ({ ctx, input }) => {
        const job = await readJob(ctx, { project: input.project, jobId: input.id });
        return { ...viewJob(job, ctx.consoles), next: nextTimes(job, 5, ctx.now()) };
      }),

    source: procedure
      .meta({
        summary: 'The definition of a job as it can be submitted again, without what is default.',
        rest: { method: 'GET', path: '/jobs/{id}/source' },
      })
      .input(jobRef)
      .output(sourceView)
      .query(({ ctx, input }) => readSource(ctx, { project: input.project, jobId: input.id })),

    list: procedure
      .meta({
        summary: 'Jobs, newest first; with a window of next runs, the next one first.',
        rest: { method: 'GET', path: '/jobs' },
      })
      .input(jobListInput)
      .output(jobPage)
      .query(async ({ ctx, input: { limit, cursor, ...filter } }) => {
        const query = { list: 'jobs', ...filter };
        const after = cursor === undefined ? undefined : decodeCursor<JobKey>(ctx.keyRing, query, cursor);
        const page = await ctx.store.jobs.list(filter satisfies JobFilter, { limit, after });
        return {
          items: page.items.map(viewJobItem),
          nextCursor: page.next && encodeCursor(ctx.keyRing, query, page.next),
        };
      }),

    count: procedure
      .meta({
        summary: 'The number of jobs, by state, with the filters of a list.',
        rest: { method: 'GET', path: '/job-counts' },
      })
      .input(jobCountInput)
      .output(countView)
      .query(({ ctx, input }) => ctx.jobCounting.count(input satisfies JobFilter)),

    update: procedure
      .meta({ summary: "Replace a job's definition.", rest: { method: 'POST', path: '/jobs/{id}/update' } })
      .input(typed<UpdateInput<Tasks>, typeof updateInput>(updateInput))
      .output(commandView)
      .mutation(async ({ ctx, input: { id, project, commandId, by, ifVersion, ...written } }) => {
        const ref = { project, jobId: id };
        await ctx.quota.assertPayload(project, written.input);
        const current = await currentDefinition(ctx, ref);
        const definition = withOwner(ctx.caller, project, written, current.definition);
        const prepared = await prepareSuccessor(ctx, ref, definition, current.definition);
        return commandJob(ctx, ref, 'update', { commandId, by, ifVersion, definition, prepared });
      }),

    patch: procedure
      .meta({
        summary: "Change parts of a job's definition, by JSON merge patch.",
        rest: { method: 'PATCH', path: '/jobs/{id}', body: 'patch' },
      })
      .input(patchInput)
      .output(commandView)
      .mutation(({ ctx, input: { id, project, ...patch } }) => patchJob(ctx, { project, jobId: id }, patch)),

    versions: procedure
      .meta({
        summary: 'The definitions a job has had, newest first: when, and from whom.',
        rest: { method: 'GET', path: '/jobs/{id}/versions' },
      })
      .input(versionListInput)
      .output(versionPage)
      .query(({ ctx, input: { id, project, ...page } }) => listVersions(ctx, { project, jobId: id }, page)),

    version: procedure
      .meta({
        summary: 'One definition a job has had.',
        rest: { method: 'GET', path: '/jobs/{id}/versions/{version}' },
      })
      .input(versionRef)
      .output(versionView)
      .query(async ({ ctx, input: { project, id, version } }) =>
        viewVersion(await readVersion(ctx, { project, jobId: id }, version)),
      ),

    rollback: procedure
      .meta({
        summary: "Make an earlier definition the job's own again, as a new version.",
        rest: { method: 'POST', path: '/jobs/{id}/rollback' },
      })
      .input(rollbackInput)
      .output(commandView)
      .mutation(({ ctx, input: { id, project, ...rollback } }) => rollbackJob(ctx, { project, jobId: id }, rollback)),

    reschedule: procedure
      .meta({ summary: "Replace a job's schedule.", rest: { method: 'POST', path: '/jobs/{id}/reschedule' } })
      .input(rescheduleInput)
      .output(commandView)
      .mutation(async ({ ctx, input: { id, project, schedule, ...meta } }) => {
        const ref = { project, jobId: id };
        const current = await currentDefinition(ctx, ref);
        const prepared = await prepareReschedule(ctx, ref, schedule, current.definition);
        return commandJob(ctx, ref, 'reschedule', { ...meta, schedule, prepared });
      }),

    pause: procedure
      .meta({
        summary: 'Let no run start until the job is resumed.',
        rest: { method: 'POST', path: '/jobs/{id}/pause' },
      })
      .input(pauseInput)
      .output(commandView)
      .mutation(({ ctx, input: { id, project, ...pause } }) => commandJob(ctx, { project, jobId: id }, 'pause', pause)),

    resume: procedure
      .meta({ summary: 'End a pause.', rest: { method: 'POST', path: '/jobs/{id}/resume' } })
      .input(resumeInput)
      .output(commandView)
      .mutation(({ ctx, input: { id, project, ...resume } }) =>
        commandJob(ctx, { project, jobId: id }, 'resume', resume),
      ),

    cancel: procedure
      .meta({ summary: 'End a job, and the runs in progress.', rest: { method: 'POST', path: '/jobs/{id}/cancel' } })
      .input(cancelInput)
      .output(commandView)
      .mutation(({ ctx, input: { id, project, ...cancel } }) =>
        commandJob(ctx, { project, jobId: id }, 'cancel', cancel),
      ),

    delete: procedure
      .meta({
        summary: 'End a job and the runs in progress, and take it out of every list; its history stays.',
        rest: { method: 'DELETE', path: '/jobs/{id}' },
      })
      .input(deleteInput)
      .output(deletedView)
      .mutation(({ ctx, input: { id, project, ...command } }) => deleteJob(ctx, { project, jobId: id }, command)),

    trigger: procedure
      .meta({
        summary: 'Start a run now, beside the schedule.',
        rest: { method: 'POST', path: '/jobs/{id}/trigger', status: 202 },
      })
      .input(triggerInput)
      .output(triggerView)
      .mutation(({ ctx, input: { id, project, ...trigger } }) => triggerJob(ctx, { project, jobId: id }, trigger)),

    status: procedure
      .meta({ summary: 'What the job is doing now.', rest: { method: 'GET', path: '/jobs/{id}/status' } })
      .input(jobRef)
      .output(statusView)
      .query(({ ctx, input }) => jobStatus(ctx, { project: input.project, jobId: input.id })),

    next: procedure
      .meta({
        summary: 'The next times of a job, and what there is to say of them.',
        rest: { method: 'GET', path: '/jobs/{id}/next' },
      })
      .input(nextInput)
      .output(previewView)
      .query(async ({ ctx, input }) => {
        const job = await readJob(ctx, { project: input.project, jobId: input.id });
        return previewJob(job, { ...input, after: ctx.now() });
      }),
  });
}
