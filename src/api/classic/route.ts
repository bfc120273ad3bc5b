import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CarillonError } from '../../core/errors.js';
import { schemaFault } from '../../core/schema-fault.js';
import type { Context } from '../context.js';
import { faultOf } from '../fault.js';
import type { HttpPartOptions } from '../http/part.js';
import { sendProblem } from '../http/problem.js';

/** Our field, by its dotted path, and what the route calls it. */
export type FieldNames = Record<string, string>;

/** One route in the words of other schedulers, answered by procedures. */
export interface ClassicRoute {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  /** Of an answer that is good. Default 200. */
  status?: 200 | 201;
  names?: FieldNames;
  handle(ctx: Context, request: FastifyRequest): Promise<unknown>;
}

/** Every route takes the project in its query. */
export const projectQuery = z.strictObject({ project: z.string().optional() });
export const idParams = z.strictObject({ id: z.string() });

/** The value, if it fits. @throws CarillonError INPUT_INVALID */
export function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw schemaFault(parsed.error, value);
}

/** The project of the query and the id of the path, as procedures take them. */
export function refOf({ query, params }: FastifyRequest): { id: string; project?: string } {
  return { ...read(projectQuery, query), ...read(idParams, params) };
}

export function addRoutes(app: FastifyInstance, { contextOf }: HttpPartOptions, routes: readonly ClassicRoute[]): void {
  for (const { method, url, ...route } of routes) {
    const answer = answerOf(route);
    app.route({ method, url, handler: (request, reply) => answer(contextOf(request), request, reply) });
  }
}

/** Answers a request by a route, errors in the words of its client. */
export function answerOf({ status = 200, names = {}, handle }: Pick<ClassicRoute, 'status' | 'names' | 'handle'>) {
  return async (ctx: Context, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    try {
      const answer = await handle(ctx, request);
      return reply.status(status).send(answer);
    } catch (error) {
      return sendProblem(request, reply, inTheirWords(faultOf(error), names));
    }
  };
}

/** The error about their fields in place of ours. */
export function inTheirWords(error: CarillonError, names: FieldNames): CarillonError {
  const ours = Object.keys(names).sort((a, b) => b.length - a.length);
  const renamed = (field: string) => {
    const found = ours.find((name) => field === name || field.startsWith(`${name}.`));
    return found === undefined ? field : `${names[found]}${field.slice(found.length)}`;
  };
  const said = (text: string) => text.replace(/`([\w.]+)`/g, (_, field: string) => `\`${renamed(field)}\``);
  const { field, faults, ...details } = error.details;
  return new CarillonError(
    error.code,
    said(error.message),
    {
      ...details,
      ...(field !== undefined && { field: renamed(field) }),
      ...(faults && {
        faults: faults.map((fault) => ({ ...fault, field: renamed(fault.field), message: said(fault.message) })),
      }),
    },
    { cause: error.cause },
  );
}
