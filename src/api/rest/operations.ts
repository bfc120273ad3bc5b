import type { z } from 'zod';
import { createRouter, type ProcedurePath } from '../router.js';
import type { ProcedureMeta, RestPlace } from '../trpc.js';
import type { Fields, Json } from './json.js';
import { inputSchema } from './schemas.js';

interface Definition {
  type: 'query' | 'mutation' | 'subscription';
  inputs: z.ZodType[];
  output: z.ZodType;
  meta: ProcedureMeta;
}

/** The fields of an input, each with its JSON Schema. */
export interface InputFields {
  path: Fields;
  query: Fields;
  body: Fields;
  /** Those that must be there. */
  required: ReadonlySet<string>;
}

const root = '/v1';
const bodiless = new Set(['GET', 'DELETE']);

/** A procedure as REST has it. */
export class Operation {
  readonly type: Definition['type'];
  readonly summary: string;
  readonly output: z.ZodType;
  readonly method: RestPlace['method'];
  /** Below the host: `/v1/jobs/{id}`. */
  readonly path: string;
  /** Of an answer that is good, unless the answer says otherwise. */
  readonly status: number;
  /** The field that the body is as a whole. */
  readonly body?: string;
  readonly #input: z.ZodType;
  #fields?: InputFields;

  constructor(
    readonly name: ProcedurePath,
    { type, inputs, output, meta }: Definition,
    { method, path, status = 200, body }: RestPlace,
  ) {
    this.type = type;
    this.summary = meta.summary;
    this.output = output;
    this.method = method;
    this.path = `${root}${path}`;
    this.status = status;
    this.body = body;
    this.#input = inputs[0] as z.ZodType;
  }

  /** Where each field comes. Read when it is first asked for: few processes need all of them. */
  get fields(): InputFields {
    this.#fields ??= this.#readFields();
    return this.#fields;
  }

  #readFields(): InputFields {
    const { properties = {}, required = [] } = inputSchema(this.#input) as Json & { properties?: Fields };
    const fields: InputFields = { path: {}, query: {}, body: {}, required: new Set(required as string[]) };
    for (const [name, schema] of Object.entries(properties)) fields[this.#placeOf(name)][name] = schema;
    if (properties.project && !fields.path.project) fields.query.project = properties.project;
    return fields;
  }

  #placeOf(name: string): 'path' | 'query' | 'body' {
    if (this.path.includes(`{${name}}`)) return 'path';
    if (this.body !== undefined) return name === this.body ? 'body' : 'query';
    return bodiless.has(this.method) ? 'query' : 'body';
  }
}

/** Every procedure that has its place in REST, in the order of the router. */
export const operations: readonly Operation[] = Object.entries(
  createRouter()._def.procedures as unknown as Record<ProcedurePath, { _def: Definition }>,
).flatMap(([name, { _def }]) => (_def.meta.rest ? [new Operation(name as ProcedurePath, _def, _def.meta.rest)] : []));
