import { readFileSync } from 'node:fs';
import { z } from 'zod';

type Json = Record<string, unknown>;

const draft = 'http://json-schema.org/draft-07/schema#';

/** The JSON Schema of job files, as the package carries it. */
export function publishedSchema(): Json {
  return JSON.parse(readFileSync(new URL('../../../schema/job.schema.json', import.meta.url), 'utf8')) as Json;
}

/** The inputs of the built-in tasks, by the task's name, with variables filled in already. */
export function publishedInputs(): Map<string, z.ZodType> {
  const { definitions, allOf } = JSON.parse(JSON.stringify(publishedSchema()), withoutVariables) as {
    definitions: Json;
    allOf: Condition[];
  };
  return new Map(
    allOf.flatMap(({ if: { properties }, then: { properties: fields, required } }): [string, z.ZodType][] => {
      const schema = readBack({ $schema: draft, definitions, ...fields.input });
      return schema ? [[properties.task.const, required ? schema : schema.optional()]] : [];
    }),
  );
}

/** Undefined for what zod does not know of JSON Schema: such an input only a server can check. */
function readBack(schema: Json): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(schema);
  } catch {
    return undefined;
  }
}

interface Condition {
  if: { properties: { task: { const: string } } };
  then: { properties: { input: Json }; required?: string[] };
}

/** Takes the place for a variable out of a schema: what is checked has none any more. */
function withoutVariables(_: string, value: unknown): unknown {
  const { anyOf, ...rest } = (typeof value === 'object' && value !== null ? value : {}) as { anyOf?: Json[] };
  return anyOf?.at(-1)?.$ref === '#/definitions/fromEnvironment' ? { ...rest, ...anyOf[0] } : value;
}
