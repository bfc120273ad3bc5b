import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Context, InnerContext } from '../context.js';

/** What a part of the HTTP surface is given. */
export interface HttpPartOptions {
  inner: InnerContext;
  /** The context of a request, its caller included. */
  contextOf(request: FastifyRequest): Context;
}

/** A part of the HTTP surface beside tRPC: it adds its routes, in a scope of its own. */
export type HttpPart = (app: FastifyInstance, options: HttpPartOptions) => Promise<void>;
