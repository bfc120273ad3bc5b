import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import fastify, { type FastifyError, type FastifyRequest } from 'fastify';
import { CarillonError } from '../core/errors.js';
import type { TaskRegistry } from '../core/task/registry.js';
import type { TaskSettings } from '../core/task/services.js';
import { KeyRing } from '../keyring/key-ring.js';
import { openObjectStore } from '../objects/open.js';
import type { Store } from '../store/store.js';
import { type Caller, nobody, openCaller } from './access/caller.js';
import { recordRefusal } from './audit/record.js';
import { AuditTrail } from './audit/trail.js';
import { authenticate, noCredentials } from './auth/authenticate.js';
import type { Authenticator } from './auth/authenticator.js';
import { base32 } from './base32.js';
import { Replanner } from './calendars/replanner.js';
import { codecPart } from './codec/codec.js';
import type { Consoles, Context, InnerContext } from './context.js';
import { faultOf } from './fault.js';
import type { Gateway } from './gateway.js';
import type { HttpPart } from './http-part.js';
import type { Log } from './log.js';
import { assertLoopback } from './loopback.js';
import { sendProblem } from './problem.js';
import { Projection } from './projection.js';
import { type AppRouter, createRouter } from './router.js';
import { LogFeeds } from './runs/log-feed.js';
import { errorShape } from './trpc.js';

/** Largest request, in bytes. */
const bodyLimit = 1024 * 1024;
/** Calls in one batch. */
const maxBatchSize = 20;
/** What the API offers beside tRPC. */
const parts: HttpPart[] = [codecPart];

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
  /** Listen on an address that other machines reach, knowing that nobody is asked who they are. */
  insecureHost?: boolean;
  log: Log;
  now: () => number;
  /** What the configuration says of the object store. */
  settings?: Pick<TaskSettings, 'objects'>;
  /** Absent: authentication is off, and everybody who reaches the API may do everything. */
  authenticators?: readonly Authenticator[];
  /** Signs and seals. Default: one that ends with the process. */
  keyRing?: KeyRing;
}

export interface ApiServer {
  /** Base address, such as `http://127.0.0.1:7070`. */
  url: string;
  /** Answers what was asked, then stops. Store and gateway stay open: they belong to the caller. */
  close(): Promise<void>;
}

/**
 * Serves the API at `/trpc`.
 * @throws CarillonError CONFIG_INVALID when the host is not a loopback address or the port is taken
 */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, gateway, registry, consoles, version, host, port, log, now } = options;
  if (!options.insecureHost) assertLoopback(host);
  const projection = new Projection(store, log);
  const randomText = (length: number) => base32(randomBytes(length)).slice(0, length);
  const replanner = new Replanner({ store, gateway, registry, log, now });
  const { url: objectsUrl, resultLocations } = options.settings?.objects ?? {};
  const objects = objectsUrl === undefined ? undefined : openObjectStore(objectsUrl);
  const feeds = new LogFeeds({ objects, runs: store.runs });
  const inner: InnerContext = {
    ...{ store, gateway, projection, replanner, registry, consoles, version, log, now, randomText },
    ...{ objects, resultLocations, feeds },
    keyRing: options.keyRing ?? KeyRing.random(),
    audit: new AuditTrail({ audit: store.audit, log }),
  };
  const contextOf = (request: FastifyRequest): Context => ({
    ...inner,
    requestId: request.id,
    caller: request.caller,
    address: request.ip,
  });

  const app = fastify({
    bodyLimit,
    genReqId: () => randomText(12),
    routerOptions: { maxParamLength: 2000 },
    forceCloseConnections: 'idle',
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  const { authenticators } = options;
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request) => {
    request.caller = authenticators ? nobody : openCaller;
    if (!authenticators || request.routeOptions.config?.public) return;
    request.caller = await authenticate(authenticators, request);
    // Procedures say themselves what they need.
    if (request.caller.kind === 'nobody' && !isTrpc(request)) throw noCredentials();
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const fault = transportFault(error);
    recordRefusal(contextOf(request), fault, { action: `${request.method} ${request.routeOptions.url ?? '*'}` });
    if (!isTrpc(request)) return sendProblem(request, reply, fault);
    const shape = errorShape(fault, { requestId: request.id });
    return reply.status(shape.data.httpStatus).send({ error: shape });
  });
  app.setNotFoundHandler((request, reply) => {
    if (!isTrpc(request)) return sendProblem(request, reply, noSuchPath(request.url));
    const shape = errorShape(noSuchPath(request.url), { requestId: request.id });
    return reply.status(shape.data.httpStatus).send({ error: shape });
  });
  await app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: createRouter(),
      maxBatchSize,
      allowMethodOverride: true,
      createContext: ({ req }): Context => contextOf(req),
      onError: ({ error, path, req }) => {
        const fault = faultOf(error);
        if (fault.code !== 'INTERNAL') return;
        log('error', 'A request failed in a way nobody foresaw.', { requestId: req.id, path, error: causes(error) });
      },
    } satisfies FastifyTRPCPluginOptions<AppRouter>['trpcOptions'],
  });
  for (const part of parts) await app.register(async (scope) => part(scope, { inner, contextOf }));
  await listen(app, host, port);
  const address = app.server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    async close() {
      // Who follows a log would keep the server open.
      feeds.close();
      await app.close();
      objects?.close();
      await replanner.close();
      await inner.audit.close();
      projection.close();
    },
  };
}

function isTrpc({ url }: FastifyRequest): boolean {
  return url.startsWith('/trpc');
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
  if (error.statusCode && error.statusCode < 500) return new CarillonError('INPUT_INVALID', error.message, { hint });
  return faultOf(error);
}

function noSuchPath(path: string): CarillonError {
  return new CarillonError('PROCEDURE_NOT_FOUND', `Expected a path of the API, got ${path.split('?')[0]}.`, {
    field: 'path',
    hint: 'Procedures are called at /trpc/<name>, such as /trpc/jobs.list; see docs/api.md.',
  });
}

function causes(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  return { message: error.message, stack: error.stack, cause: error.cause && causes(error.cause) };
}
