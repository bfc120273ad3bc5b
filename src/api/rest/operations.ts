import { z } from 'zod';
import { createRouter, type ProcedurePath } from '../router.js';
import type { ProcedureMeta, RestPlace } from '../trpc.js';

export type Json = Record<string, unknown>;
export type Fields = Record<string, Json>;

/** A procedure as REST has it. */
export interface Operation {
  name: ProcedurePath;
  type: 'query' | 'mutation' | 'subscription';
  summary: string;
  method: RestPlace['method'];
  /** Below the host: `/v1/jobs/{id}`. */
  path: string;
  /** Of an answer that is good, unless the answer says otherwise. */
  status: number;
  /** The field that the body is as a whole. */
  body?: string;
  /** JSON Schema of each field of the input, by where it comes. */
  fields: { path: Fields; query: Fields; body: Fields };
  /** Fields that must be there. */
  required: ReadonlySet<string>;
  input: z.ZodType;
  output: z.ZodType;
}

interface Procedure {
  _def: { type: Operation['type']; inputs: z.ZodType[]; output: z.ZodType; meta: ProcedureMeta };
}

export const root = '/v1';
const bodiless = new Set(['GET', 'DELETE']);

/** Every procedure that has its place in REST, in the order of the router. */
export const operations: readonly Operation[] = Object.entries(
  createRouter()._def.procedures as unknown as Record<ProcedurePath, Procedure>,
).flatMap(([name, { _def }]) => {
  const { rest, summary } = _def.meta;
  const input = _def.inputs[0] as z.ZodType;
  return rest ? [operation(name as ProcedurePath, { ..._def, input, summary, rest })] : [];
});

function operation(
  name: ProcedurePath,
  {
    rest,
    input,
    ...def
  }: Omit<Procedure['_def'], 'inputs' | 'meta'> &
    ProcedureMeta & { rest: RestPlace } & {
      input: z.ZodType;
    },
): Operation {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Json;
  const properties = (schema.properties ?? {}) as Fields;
  const inPath = namesIn(rest.path);
  const fields: Operation['fields'] = { path: {}, query: {}, body: {} };
  for (const [field, one] of Object.entries(properties)) {
    if (inPath.includes(field)) fields.path[field] = one;
    else if (rest.body === undefined ? bodiless.has(rest.method) : field !== rest.body) fields.query[field] = one;
    else fields.body[field] = one;
  }
  if (properties.project) fields.query.project = properties.project;
  return {
    ...{ name, fields, input, type: def.type, summary: def.summary, output: def.output },
    ...{ method: rest.method, path: `${root}${rest.path}`, status: rest.status ?? 200, body: rest.body },
    required: new Set((schema.required ?? []) as string[]),
  };
}

/** The names in the braces of a path. */
function namesIn(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
}
