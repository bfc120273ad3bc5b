import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { CarillonError, isErrorCode } from '../../core/errors.js';
import { type Need, needs } from '../access/needs.js';
import { call } from '../call.js';
import { answerSubmission, isClassicSubmission } from '../classic/submission.js';
import type { Context } from '../context.js';
import { faultOf } from '../fault.js';
import type { HttpPart } from '../http/part.js';
import type { ProcedurePath } from '../router.js';
import { addBodyParsers } from './body.js';
import { asPrecondition, expectedVersion, isNamed, withVersion } from './conditions.js';
import { openStream } from './event-stream.js';
import { inputOf } from './input.js';
import type { Json } from './json.js';
import { type Operation, operations } from './operations.js';
import { own } from './query.js';
import { standingOf } from './resources.js';

/** Every procedure that has a place in REST, below `/v1`. */
export const rest: HttpPart = async (app, { contextOf }) => {
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());
  addBodyParsers(app);
  for (const operation of operations) {
    app.route({
      method: operation.method,
      url: routeOf(operation.path),
      config: {
        procedure: operation.name,
        ...((needs[operation.name] as Need).right === 'anyone' && { public: true as const }),
      },
      exposeHeadRoute: operation.method === 'GET' && operation.type !== 'subscription',
      handler: (request, reply) => {
        const ctx = contextOf(request);
        if (operation.type === 'subscription') return answerEvents(operation, ctx, request, reply, closing.signal);
        // Clients of other schedulers create jobs at the same path.
        const classic = operation.name === 'jobs.create' && isClassicSubmission(request.body);
        return classic ? answerSubmission(ctx, request, reply) : answer(operation, ctx, request, reply);
      },
    });
  }
  for (const [path, taken] of methodsByPath()) {
    const allow = [...taken, 'OPTIONS'].sort().join(', ');
    app.route({
      method: app.supportedMethods.filter((method) => !taken.has(method) && method !== 'OPTIONS') as HTTPMethods[],
      url: routeOf(path),
      exposeHeadRoute: false,
      // The method is wrong whatever the body is.
      onRequest: async (request, reply) => {
        reply.header('allow', allow);
        throw new CarillonError('METHOD_NOT_ALLOWED', `Expected one of ${allow}, got ${request.method}.`, {
          hint: `Use one of ${allow}.`,
        });
      },
      handler: async () => {},
    });
    app.options(routeOf(path), { config: { public: true } }, (_, reply) =>
      reply.status(204).header('allow', allow).send(),
    );
  }
};

async function answer(
  operation: Operation,
  ctx: Context,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const input = inputOf(operation, request);
  const { 'if-none-match': noneMatch } = request.headers;
  const version = await expectedVersion(operation, request.headers, () => currentVersion(operation, ctx, input));
  const output = await call(ctx, operation.name, withVersion(operation, input, version)).catch((error: unknown) => {
    const fault = faultOf(error, input);
    throw version === undefined ? fault : asPrecondition(fault);
  });
  const body = JSON.stringify(output) ?? '';
  const { status = operation.status, location, etag, whole } = standingOf(operation, output, body);
  if (location !== undefined) reply.header('location', location);
  if (etag !== undefined) reply.header('etag', etag);
  reply.header('cache-control', 'private, no-cache');
  const next = (output as Json | undefined)?.nextCursor;
  if (typeof next === 'string') reply.header('link', `<${nextPage(request.url, next)}>; rel="next"`);
  if (whole && etag !== undefined && noneMatch !== undefined && isNamed(etag, noneMatch)) {
    return reply.status(304).send();
  }
  if (status === 204) return reply.status(204).send();
  return reply.status(status).type('application/json; charset=utf-8').send(body);
}

async function answerEvents(
  operation: Operation,
  ctx: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  closing: AbortSignal,
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, closing]);
  const input = inputOf(operation, request);
  const last = request.headers['last-event-id'];
  if (last !== undefined && own(operation.fields.query, 'lastEventId')) input.lastEventId = last;
  try {
    const events = (await call(ctx, operation.name, input, signal)) as AsyncIterable<unknown>;
    const { text } = await openStream(events, signal, request.id);
    return reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      .send(Readable.from(text));
  } catch (error) {
    throw faultOf(error, input);
  }
}

/** The version of what the path names, as its own GET tells it; undefined: there is none. */
async function currentVersion({ path }: Operation, ctx: Context, input: Json): Promise<number | undefined> {
  const reader: [ProcedurePath, string] = path.startsWith('/v1/calendars/')
    ? ['calendars.get', 'revision']
    : ['jobs.get', 'definitionVersion'];
  const { id, name, project } = input;
  const ref = { ...(id !== undefined && { id }), ...(name !== undefined && { name }), project };
  try {
    return ((await call(ctx, reader[0], ref)) as Record<string, number>)[reader[1]];
  } catch (error) {
    const { code } = faultOf(error);
    if (isErrorCode(code) && ['JOB_NOT_FOUND', 'CALENDAR_NOT_FOUND'].includes(code)) return undefined;
    throw error;
  }
}

function methodsByPath(): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  for (const { path, method, type } of operations) {
    const taken = methods.get(path) ?? new Set();
    methods.set(path, taken.add(method));
    if (method === 'GET' && type !== 'subscription') taken.add('HEAD');
  }
  return methods;
}

/** `/v1/jobs/{id}` in the router's own form. */
function routeOf(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

function nextPage(url: string, cursor: string): string {
  const [path, query] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `${path}?${parameters}`;
}
