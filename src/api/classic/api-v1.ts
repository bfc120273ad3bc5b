import type { FastifyInstance } from 'fastify';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { jobId } from '../../core/definition.js';
import { CarillonError } from '../../core/errors.js';
import { jobDocumentSchema } from '../../core/job-schema.js';
import { call } from '../call.js';
import type { HttpPartOptions } from '../http/part.js';
import { sendProblem } from '../http/problem.js';
import type { JobView, StatusView } from '../views.js';
import { executionsOf, lastLog } from './executions.js';
import { type ClassicRoute, idParams, projectQuery, read } from './route.js';
import { executionStatuses, jobStatuses } from './statuses.js';

export const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];

/** A job as in a job file, but that the API may choose the id. */
const submitted = jobDocumentSchema.extend({ id: jobId.optional() });
/** The key is the password; a user name means nothing here. */
const login = z.strictObject({
  username: z.string().optional(),
  password: z.string().min(1).max(10_000).optional(),
  api_key: z.string().min(1).max(10_000).optional(),
});
const historyQuery = projectQuery.extend({
  limit: z.coerce.number().int().min(1).max(500).optional(),
  cursor: z.string().optional(),
});

/** `/api/v1`: jobs submitted as YAML, and what became of them. */
export const apiV1Routes: ClassicRoute[] = [
  {
    ...{ method: 'POST', url: '/api/v1/submit_job', status: 201 },
    async handle(ctx, { body, query }) {
      const document = typeof body === 'string' ? plainOf(body) : body;
      // Checked here for its fields; the procedure takes it as it was written.
      read(submitted, document);
      const created = (await call(ctx, 'jobs.create', {
        ...read(projectQuery, query),
        ...(document as object),
      })) as JobView;
      return { job_id: created.id, status: jobStatuses[created.state] };
    },
  },
  {
    ...{ method: 'GET', url: '/api/v1/retrieve_history_execution/:id' },
    async handle(ctx, { params, query }) {
      const { id } = read(idParams, params);
      const { project, ...page } = read(historyQuery, query);
      const { items, nextCursor } = await executionsOf(ctx, { id, project }, page);
      return {
        job_id: id,
        executions: items.map((run) => ({
          ...{ execution_id: run.runId, status: executionStatuses[run.state], scheduled_time: run.scheduledAt },
          ...{ start_time: run.startedAt, end_time: run.finishedAt, error: run.error?.message ?? run.reason },
        })),
        next_cursor: nextCursor,
      };
    },
  },
  {
    ...{ method: 'GET', url: '/api/v1/last_execution_logs/:id' },
    async handle(ctx, { params, query }) {
      const { id } = read(idParams, params);
      const { execution, lines } = await lastLog(ctx, { id, ...read(projectQuery, query) });
      return {
        ...{ job_id: id, execution_id: execution?.runId ?? null },
        logs: lines.map(({ time, level, message }) => `${time} ${level} ${message}`),
      };
    },
  },
  {
    ...{ method: 'GET', url: '/api/v1/job_status/:id' },
    async handle(ctx, { params, query }) {
      const ref = { ...read(idParams, params), ...read(projectQuery, query) };
      const { id, state } = (await call(ctx, 'jobs.status', ref)) as StatusView;
      return { job_id: id, status: jobStatuses[state] };
    },
  },
];

/**
 * `POST /api/v1/login`: looks whether the key is good, and gives it back as the bearer token it is. Nothing else is
 * issued, so that a key that is revoked is of no use from then on.
 */
export function addLogin(app: FastifyInstance, _options: HttpPartOptions): void {
  app.post('/api/v1/login', { config: { public: true } }, async (request, reply) => {
    try {
      const { password, api_key: token = password } = read(login, request.body);
      if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) throw notGood();
      // As any request with this key would be asked who it is from.
      const { statusCode } = await app.inject({
        ...{ method: 'GET', url: '/trpc/tasks.list', remoteAddress: request.ip },
        headers: { authorization: `Bearer ${token}` },
      });
      if (statusCode === 401) throw notGood();
      if (statusCode === 429) throw new CarillonError('RATE_LIMITED', 'Too many requests; try again later.');
      if (statusCode !== 200) throw new CarillonError('INTERNAL', `Expected to learn of the key, got ${statusCode}.`);
      return reply.header('cache-control', 'no-store').send({ token, token_type: 'Bearer' });
    } catch (error) {
      return sendProblem(request, reply, error);
    }
  });
}

function notGood(): CarillonError {
  return new CarillonError('UNAUTHENTICATED', 'Expected `api_key` to be an API key that is good.', {
    field: 'api_key',
    hint: 'Send it as `api_key`, or as `password` with any `username`.',
  });
}

function plainOf(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false });
  const [fault] = document.errors;
  if (fault) throw unreadable(fault.message);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw unreadable(String(error));
  }
}

function unreadable(message: string): CarillonError {
  return new CarillonError('FILE_INVALID', `Expected the body to be one job in YAML: ${message}`, {
    hint: 'One document, as in a job file; see docs/jobs-as-code.md.',
  });
}
