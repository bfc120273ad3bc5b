import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** W3C trace context of the answer: the caller's trace with a span of the API's own, else a new one. */
    traceparent: string;
  }
}

const form = /^(?<version>[0-9a-f]{2})-(?<trace>[0-9a-f]{32})-[0-9a-f]{16}-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/;
const noParent = /^..-(0{32}-|[0-9a-f]{32}-0{16}-)/;

/**
 * Continues the trace of a `traceparent`, or begins one where there is none that is valid.
 * @see https://www.w3.org/TR/trace-context/
 */
export function continueTrace(given: string | undefined, randomHex: (bytes: number) => string): string {
  const { version, trace, flags, more } = form.exec(given ?? '')?.groups ?? {};
  const valid = version !== 'ff' && !(version === '00' && more) && !noParent.test(given ?? '');
  if (!trace || !flags || !valid) return `00-${randomHex(16)}-${randomHex(8)}-00`;
  // Of the flags version 00 knows the one for sampling.
  const sampled = Number.parseInt(flags, 16) & 1;
  return `00-${trace}-${randomHex(8)}-0${sampled}`;
}

/** Every answer says which trace it belongs to. */
export function addTrace(app: FastifyInstance): void {
  app.decorateRequest('traceparent', '');
  app.addHook('onRequest', async (request, reply) => {
    const { traceparent } = request.headers;
    const given = typeof traceparent === 'string' ? traceparent : undefined;
    request.traceparent = continueTrace(given, (bytes) => randomBytes(bytes).toString('hex'));
    reply.header('traceparent', request.traceparent);
  });
}
