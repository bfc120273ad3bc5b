import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { CarillonError } from '../../core/errors.js';
import { problemOf } from '../http/problem.js';
import { assertTextBounds, assertValueBounds } from './json-bounds.js';

/** Bytes of a body. */
export const bodyLimit = 1024 * 1024;

/** For the server below fastify, with TLS or without: bytes, and milliseconds. */
export const serverBounds = {
  /** Request line and headers together. */
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  /** How often connections are looked at that take longer. */
  connectionsCheckingInterval: 2000,
};

/** For fastify. */
export const fastifyBounds = {
  bodyLimit,
  /** Until a request is there as a whole. */
  requestTimeout: 30_000,
  /** Until a connection is closed on which nothing happens. What is followed shows signs of life more often. */
  connectionTimeout: 120_000,
  clientErrorHandler: answerUnreadable,
};

/** Refuses what is too deep or has too many parts, before anything looks into it. */
export function addRequestBounds(app: FastifyInstance): void {
  app.addHook('preHandler', async ({ body, query }) => {
    if (typeof body === 'string') assertTextBounds(body);
    else if (body !== undefined && body !== null) assertValueBounds(body);
    const { input } = (query ?? {}) as { input?: unknown };
    if (typeof input === 'string') assertTextBounds(input);
  });
}

/** What Node could not read as a request, or not in time. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(unreadableAnswer(error.code));
  socket.destroy(error);
}

function unreadableAnswer(code: string | undefined): string {
  const [line, message] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', `Expected at most ${serverBounds.maxHeaderSize} bytes of headers.`]
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'Expected the request to be sent faster.']
        : ['400 Bad Request', 'Expected a request of HTTP/1.1.'];
  const problem = { ...problemOf(new CarillonError('INPUT_INVALID', message)), status: Number.parseInt(line, 10) };
  const body = JSON.stringify(problem);
  const headers = ['content-type: application/problem+json', `content-length: ${Buffer.byteLength(body)}`];
  return [`HTTP/1.1 ${line}`, ...headers, 'connection: close', '', body].join('\r\n');
}
