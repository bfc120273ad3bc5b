import { expect, it } from 'vitest';
import { z } from 'zod';
import { createRouter } from '../../../src/api/router.js';
import { definitionSchema } from '../../../src/core/definition.js';

interface JsonSchema {
  description?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
}

/** Paths of all fields without a description. What a definition consists of is described where it is defined. */
function* bare(schema: JsonSchema, path: string): Generator<string> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (name in definitionSchema.shape) continue;
    if (!field.description) yield `${path}.${name}`;
    yield* bare(field, `${path}.${name}`);
  }
  for (const part of [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])]) yield* bare(part, path);
}

interface Procedure {
  _def: { inputs: z.ZodType[]; output?: z.ZodType; meta?: { summary: string } };
}
const procedures = Object.entries(createRouter()._def.procedures as unknown as Record<string, Procedure>);

it.each(procedures)(
  '%s says what it does and what each of its fields means',
  (name, { _def: { inputs, output, meta } }) => {
    expect(meta?.summary).toBeTruthy();
    expect(inputs).toHaveLength(1);
    const schemas = [
      ['input', inputs[0]],
      ['output', output],
    ] as const;
    for (const [io, schema] of schemas) {
      if (!schema) throw new Error(`${name} has no ${io} schema`);
      const json = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as JsonSchema;
      expect([...bare(json, `${name}.${io}`)]).toEqual([]);
    }
  },
);
