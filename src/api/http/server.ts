import type { AddressInfo } from 'node:net';
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { CarillonError } from '../../core/errors.js';
import type { TaskRegistry } from '../../core/task/registry.js';
import type { TaskSettings } from '../../core/task/services.js';
import { KeyRing } from '../../keyring/key-ring.js';
import { openObjectStore } from '../../objects/open.js';
import type { Store } from '../../store/store.js';
import { type Caller, type Directory, nobody, openCaller } from '../access/caller.js';
import { MemberDirectory } from '../access/directory.js';
import { recordRefusal } from '../audit/record.js';
import { AuditTrail } from '../audit/trail.js';
import { authenticate, noCredentials } from '../auth/authenticate.js';
import type { Authenticator } from '../auth/authenticator.js';
import { createOidc } from '../auth/oidc/oidc.js';
import type { OidcSettings } from '../auth/oidc/settings.js';
import { whoAmI } from '../auth/who-am-i.js';
import { randomText } from '../base32.js';
import { Replanner } from '../calendars/replanner.js';
import { classicPart } from '../classic/part.js';
import { codecPart } from '../codec/codec.js';
import type { Consoles, Context, InnerContext } from '../context.js';
import { ChangeFeeds } from '../events/change-feed.js';
import { faultOf } from '../fault.js';
import { JobCounting } from '../jobs/count.js';
import { addTurns, CallerTurns } from '../limits/caller-turns.js';
import { addIdempotency, repeatOf } from '../limits/idempotency.js';
import { ProjectQuota } from '../limits/project-quota.js';
import { noLimits, type RateLimitSettings, RateLimits, usualLimits } from '../limits/rate-limits.js';
import { RequestBook } from '../limits/request-book.js';
import { addRequestBounds, bodyLimit, fastifyBounds, serverBounds } from '../limits/request-bounds.js';
import type { Log } from '../log.js';
import { OperationRunner } from '../operations/runner.js';
import { Projection } from '../projection.js';
import { KnownProjects } from '../projects/known-projects.js';
import { docs } from '../rest/docs.js';
import { rest } from '../rest/rest.js';
import { type AppRouter, createRouter } from '../router.js';
import { LogFeeds } from '../runs/log-feed.js';
import type { Gateway } from '../temporal/gateway.js';
import { errorShape } from '../trpc.js';
import { assertLocalRequest, assertMayListen, trustsProxy } from './listening.js';
import type { HttpPart } from './part.js';
import { sendProblem } from './problem.js';
import type { Tls } from './tls.js';
import { addTrace } from './trace.js';

/** Calls in one batch. */
const maxBatchSize = 20;
/** What the API offers beside tRPC. */
const parts: HttpPart[] = [whoAmI, rest, docs, classicPart, codecPart];

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** Nobody is asked who they are. */
    public?: true;
  }
}

export interface ApiServerOptions {
  store: Store;
  gateway: Gateway;
  registry: TaskRegistry;
  consoles: Consoles;
  version: string;
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Absent: plain http. */
  tls?: Tls;
  /** A proxy before the API does TLS, and says in `X-Forwarded-For` who asks. */
  tlsByProxy?: boolean;
  log: Log;
  now: () => number;
  /** What the configuration says of the object store. */
  settings?: Pick<TaskSettings, 'objects'>;
  /** Absent: authentication is off, and everybody who reaches the API may do everything. */
  authenticators?: readonly Authenticator[];
  /** What authenticators look members up in, so that it learns of changes. Default: one of its own. */
  directory?: Directory;
  /** An identity provider whose users may call; it switches authentication on. */
  oidc?: OidcSettings;
  /** Signs and seals. Default: one that ends with the process. */
  keyRing?: KeyRing;
  /** In place of the usual limits; there are none while authentication is off. */
  rateLimits?: RateLimitSettings;
}

export interface ApiServer {
  /** Base address, such as `http://127.0.0.1:7070`. */
  url: string;
  /** Goes on with bulk operations at which nobody works. */
  sweepOperations(): Promise<void>;
  /** Answers what was asked, then stops. Store and gateway stay open: they belong to the caller. */
  close(): Promise<void>;
}

/**
 * Serves the API at `/trpc`.
 * @throws CarillonError CONFIG_INVALID when it may not listen on the host, see {@link assertMayListen}, or the port is taken
 */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, gateway, registry, consoles, version, host, port, log, now, tls } = options;
  const encrypted = tls ? 'own' : options.tlsByProxy ? 'proxy' : undefined;
  assertMayListen({ host, authenticated: (options.authenticators ?? options.oidc) !== undefined, tls: encrypted });
  const projection = new Projection(store, log);
  const replanner = new Replanner({ store, gateway, registry, log, now });
  const operations = new OperationRunner(randomText(16));
  const { url: objectsUrl, resultLocations } = options.settings?.objects ?? {};
  const objects = objectsUrl === undefined ? undefined : openObjectStore(objectsUrl);
  const feeds = new LogFeeds({ objects, runs: store.runs });
  const changeFeeds = new ChangeFeeds({ changes: store.changes, log });
  const inner: InnerContext = {
    ...{ store, gateway, projection, replanner, operations, registry, consoles, version, log, now, randomText },
    ...{ objects, resultLocations, feeds, changeFeeds, jobCounting: new JobCounting(store.jobCounts, upTime) },
    projects: new KnownProjects(store.projects, log, now),
    directory: options.directory ?? new MemberDirectory(store.members, now),
    keyRing: options.keyRing ?? KeyRing.random(),
    quota: new ProjectQuota({ store: store.quotas, now }),
    audit: new AuditTrail({ audit: store.audit, log }),
  };
  const { directory } = inner;
  const oidc =
    options.oidc &&
    createOidc({
      ...{ settings: options.oidc, directory, sessions: store.sessions },
      ...{ keyRing: inner.keyRing, log, now, randomText },
    });
  const authenticators = oidc ? [...(options.authenticators ?? []), ...oidc.authenticators] : options.authenticators;
  const contextOf = (request: FastifyRequest): Context => ({
    ...inner,
    requestId: request.id,
    caller: request.caller,
    address: request.ip,
    repeat: repeatOf(request),
  });

  const app = fastify({
    ...fastifyBounds,
    http: serverBounds,
    genReqId: () => randomText(12),
    routerOptions: { maxParamLength: 2000 },
    forceCloseConnections: 'idle',
    trustProxy: encrypted === 'proxy' && trustsProxy,
    ...(tls && { https: tls }),
    // An address that cannot be decoded never reaches a route.
    frameworkErrors: (error, request, reply) => void sendProblem(request, reply, transportFault(error)),
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  addTrace(app);
  const settings = { ...(authenticators ? usualLimits : noLimits), ...options.rateLimits };
  const limits = new RateLimits({ settings, store: store.rateBuckets, now });
  app.addHook('onRequest', async (request, reply) => limits.checkAddress(request, reply));
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request, reply) => {
    request.caller = authenticators ? nobody : openCaller;
    if (!authenticators) assertLocalRequest(request.headers);
    if (!authenticators || request.routeOptions.config?.public) return;
    request.caller = await limits.watch(request, reply, authenticate(authenticators, request));
    // Procedures say themselves what they need.
    if (request.caller.kind === 'nobody' && !isTrpc(request)) throw noCredentials();
  });
  app.addHook('onRequest', (request, reply) => limits.checkCaller(request, reply));
  addTurns(app, new CallerTurns(upTime));
  addRequestBounds(app);
  addIdempotency(
    app,
    new RequestBook({ store: store.idempotency, keyRing: inner.keyRing, holder: randomText(16), log }),
  );
  const report = ({ id, traceparent }: FastifyRequest, error: unknown, path?: string) =>
    log('error', 'A request failed in a way nobody foresaw.', {
      ...{ requestId: id, traceparent, path, error: causes(error) },
    });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const fault = transportFault(error);
    if (fault.code === 'INTERNAL') report(request, error, request.routeOptions.url);
    recordRefusal(contextOf(request), fault, { action: `${request.method} ${request.routeOptions.url ?? '*'}` });
    return sendFault(request, reply, fault);
  });
  app.setNotFoundHandler((request, reply) => sendFault(request, reply, noSuchPath(request.url)));
  await app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: createRouter(),
      maxBatchSize,
      allowMethodOverride: true,
      createContext: ({ req }): Context => contextOf(req),
      onError: ({ error, path, req }) => {
        if (faultOf(error).code === 'INTERNAL') report(req, error, path);
      },
    } satisfies FastifyTRPCPluginOptions<AppRouter>['trpcOptions'],
  });
  for (const part of [...parts, ...(oidc?.parts ?? [])])
    await app.register(async (scope) => part(scope, { inner, contextOf }));
  await listen(app, host, port);
  const address = app.server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    sweepOperations: () => operations.sweep(inner),
    async close() {
      // Who follows something would keep the server open.
      feeds.close();
      changeFeeds.close();
      await app.close();
      await operations.close();
      objects?.close();
      await replanner.close();
      await inner.audit.close();
      projection.close();
    },
  };
}

/** Milliseconds that never go back. */
function upTime(): number {
  return performance.now();
}

function isTrpc({ url }: FastifyRequest): boolean {
  return url.startsWith('/trpc');
}

/** In tRPC's shape on its paths, as a problem elsewhere. */
function sendFault(request: FastifyRequest, reply: FastifyReply, fault: CarillonError): FastifyReply {
  if (!isTrpc(request)) return sendProblem(request, reply, fault);
  const shape = errorShape(fault, { requestId: request.id });
  return reply.status(shape.data.httpStatus).send({ error: shape });
}

async function listen(app: ReturnType<typeof fastify>, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const code = (cause as { code?: string }).code;
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw cause;
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected ${host}:${port} to be free to listen on, got ${code}.`,
      { field: 'CARILLON_API_PORT', value: port, hint: 'Choose another port, or end what listens there.' },
      { cause },
    );
  }
}

/** What fastify refuses before a procedure sees the request. */
function transportFault(error: FastifyError | CarillonError): CarillonError {
  if (error instanceof CarillonError) return error;
  const hint = 'Send JSON of at most 1 MB with content-type application/json.';
  if (error.statusCode === 413) {
    return new CarillonError('PAYLOAD_TOO_LARGE', `Expected a request of at most ${bodyLimit} bytes.`, {
      hint: 'Store large data elsewhere and pass its address.',
    });
  }
  if (error.statusCode === 415) {
    return new CarillonError('MEDIA_TYPE_UNSUPPORTED', 'Expected content-type application/json.', {
      field: 'Content-Type',
      hint,
    });
  }
  if (error.statusCode && error.statusCode < 500) return new CarillonError('INPUT_INVALID', error.message, { hint });
  return faultOf(error);
}

function noSuchPath(path: string): CarillonError {
  return new CarillonError('PROCEDURE_NOT_FOUND', `Expected a path of the API, got ${path.split('?')[0]}.`, {
    field: 'path',
    hint: 'REST is below /v1, see /openapi.json; procedures are called at /trpc/<name>, see docs/api.md.',
  });
}

function causes(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  return { message: error.message, stack: error.stack, cause: error.cause && causes(error.cause) };
}
