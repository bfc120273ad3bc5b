import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CarillonError, type ErrorCode } from '../../core/errors.js';
import type { KeptAnswer } from '../../store/store.js';
import { type KeyedRequest, readIdempotencyKey, requestDigest, requestId } from './idempotency-key.js';
import { fillRepeatFields, isMutation, isRepeatable } from './repeat.js';
import type { Claim, RequestBook } from './request-book.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request that is carried out with an idempotency key. */
    keyed?: { key: string; claim?: Claim };
  }
  interface FastifyContextConfig {
    /** The procedure that the route calls. */
    procedure?: string;
  }
}

const safe = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];
/** Procedures whose answer is to be seen once, and so is not kept. */
const shownOnce = ['keys.create'];
/** What an answer is repeated with, beside its body. */
const keptHeaders = ['content-type', 'location', 'etag'];
/** The database is away, or what it keeps was sealed with a key that is no longer there. */
const untold: ErrorCode[] = ['STORE_UNAVAILABLE', 'ENCRYPTION_KEY_UNKNOWN'];
/** Nothing was carried out, and the same request may fare better later. */
const passing = [401, 403, 429];

/** Answers repeated requests that carry the same `Idempotency-Key` by the first one's answer. */
export function addIdempotency(app: FastifyInstance, book: RequestBook): void {
  app.decorateRequest('keyed');

  app.addHook('preHandler', async (request, reply) => {
    const header = request.headers['idempotency-key'];
    if (header === undefined || safe.includes(request.method) || request.routeOptions.config?.public) return;
    const procedures = proceduresOf(request);
    // Queries may be sent by POST as well.
    if (procedures?.every((path) => !isMutation(path))) return;
    if (procedures && procedures.length > 1) throw ofBatch();
    if (shownOnce.includes(procedures?.[0] ?? request.routeOptions.config?.procedure ?? '')) throw notKept();
    const key = readIdempotencyKey(String(header));
    const keyed = keyedRequest(request, key);
    if (!keyed) return;
    request.keyed = { key };
    try {
      const begun = await book.begin(requestId(keyed), requestDigest(keyed));
      if ('end' in begun) request.keyed.claim = begun;
      else return repeat(reply, begun);
    } catch (error) {
      if (!(error instanceof CarillonError)) throw error;
      if (error.code === 'IDEMPOTENCY_IN_FLIGHT') reply.header('retry-after', '1');
      // The answer cannot be told; what knows by itself that it was done may go on.
      const path = procedures?.[0] ?? request.routeOptions.config?.procedure;
      if (untold.includes(error.code) && path !== undefined && isRepeatable(path)) return;
      throw error;
    }
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const claim = request.keyed?.claim;
    if (!claim) return payload;
    const body = await bytesOf(payload, reply).catch(async (error: unknown) => {
      await claim.end(undefined);
      throw error;
    });
    const status = reply.statusCode;
    const keeps = status < 500 && !passing.includes(status);
    await claim.end(keeps ? { status, headers: headersOf(reply), body } : undefined);
    return body;
  });
}

/** What makes calls of this request known when it is carried out again. */
export function repeatOf(request: FastifyRequest): ((path: string, input: unknown) => unknown) | undefined {
  const { keyed, caller } = request;
  return keyed && ((path, input) => fillRepeatFields(path, input, { callerId: caller.id, key: keyed.key }));
}

/** The procedures a request over tRPC calls; undefined for any other. */
function proceduresOf(request: FastifyRequest): string[] | undefined {
  if (!request.url.startsWith('/trpc/')) return undefined;
  return (request.params as { path?: string }).path?.split(',') ?? [];
}

/** Undefined: the body cannot be read, and the request will be refused. */
function keyedRequest(request: FastifyRequest, key: string): KeyedRequest | undefined {
  const { body, method, url, caller } = request;
  try {
    // What tRPC is given is not parsed.
    const parsed: unknown = typeof body === 'string' && url.startsWith('/trpc/') ? JSON.parse(body) : body;
    return { key, method, url, callerId: caller.id, body: parsed };
  } catch {
    return undefined;
  }
}

function repeat(reply: FastifyReply, { status, headers, body }: KeptAnswer): FastifyReply {
  return reply.status(status).headers(headers).header('idempotent-replayed', 'true').send(Buffer.from(body));
}

/** The answer's body; its status and headers are moved to the reply when they are not there yet. */
async function bytesOf(payload: unknown, reply: FastifyReply): Promise<Buffer> {
  if (payload instanceof Response) {
    reply.status(payload.status);
    for (const [name, value] of payload.headers) reply.header(name, value);
    return Buffer.from(await payload.arrayBuffer());
  }
  if (payload === undefined || payload === null) return Buffer.alloc(0);
  if (typeof payload === 'string' || payload instanceof Uint8Array) return Buffer.from(payload as string);
  const pieces: Uint8Array[] = [];
  for await (const piece of payload as AsyncIterable<Uint8Array | string>) pieces.push(Buffer.from(piece as string));
  return Buffer.concat(pieces);
}

function headersOf(reply: FastifyReply): Record<string, string> {
  const given = keptHeaders.flatMap((name) => {
    const value = reply.getHeader(name);
    return value === undefined ? [] : [[name, String(value)]];
  });
  return Object.fromEntries(given);
}

function notKept(): CarillonError {
  return new CarillonError('INPUT_INVALID', 'Expected no `Idempotency-Key`: the answer holds a key, and is not kept.', {
    field: 'Idempotency-Key',
    hint: 'Leave it out. If no answer came, revoke the key that nobody has seen, and create another.',
  });
}

function ofBatch(): CarillonError {
  return new CarillonError('INPUT_INVALID', 'Expected one call with `Idempotency-Key`, got a batch of several.', {
    field: 'Idempotency-Key',
    hint: 'Send each call by itself, with a key of its own.',
  });
}
