import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { needs } from '../../../../src/api/access/needs.js';
import type { Json } from '../../../../src/api/rest/json.js';
import { openApi } from '../../../../src/api/rest/openapi.js';
import { operations } from '../../../../src/api/rest/operations.js';
import { root } from '../../../docs/pages.js';

const document = JSON.parse(JSON.stringify(openApi()));
const paths = document.paths as Record<string, Record<string, Json>>;
const all = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

/** Every schema object of the document, with the place it stands at. */
function* schemasIn(value: unknown, at = ''): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    const isSchema = name === 'schema' || /^\/components\/schemas$/.test(at);
    if (isSchema) yield [`${at}/${name}`, part as Json];
    else yield* schemasIn(part, `${at}/${name}`);
  }
}

/** Every reference of the document. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => (name === '$ref' ? [part as string] : refsIn(part)));
}

describe('the OpenAPI document', () => {
  it('is published as the code has it: else run `npm run schema`', () => {
    expect(JSON.parse(readFileSync(join(root, 'schema/openapi.json'), 'utf8'))).toEqual(document);
  });

  it('has every procedure once, under its name', () => {
    const names = all.map(({ operation }) => operation.operationId);
    expect(names.sort()).toEqual(Object.keys(needs).sort());
    expect(operations).toHaveLength(names.length);
  });

  it('has JSON schemas of draft 2020-12 that hold together', () => {
    const found = [...schemasIn(document)];
    expect(found.length).toBeGreaterThan(200);
    const meta = new Ajv2020({ strict: false }).getSchema('https://json-schema.org/draft/2020-12/schema');
    for (const [at, schema] of found)
      expect({ at, valid: meta?.(schema), errors: meta?.errors }).toMatchObject({ valid: true });
    const refs = new Set(refsIn(document));
    expect(refs.size).toBeGreaterThan(30);
    for (const ref of refs) {
      const names = ref.replace('#/', '').split('/');
      expect({ ref, to: names.reduce((part, name) => part?.[name], document) }).toMatchObject({
        to: expect.anything(),
      });
    }
  });

  it('says of each parameter and of each path what it is', () => {
    for (const { path, operation } of all) {
      const parameters = operation.parameters as { name: string; in: string; description: string; schema: Json }[];
      for (const { name, description, schema } of parameters) {
        expect({ path, name, described: description !== '' && schema !== undefined }).toMatchObject({
          described: true,
        });
      }
      const inPath = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      expect(operation.summary).toBeTruthy();
    }
  });

  it('takes the definitions that the API takes', () => {
    const { requestBody } = (paths['/v1/jobs'] as Record<string, Json>).post as {
      requestBody: { content: Record<string, { schema: Json }> };
    };
    const schema = requestBody.content['application/json']?.schema as Json;
    const fits = new Ajv2020({ strict: false, validateFormats: false }).compile({
      ...schema,
      components: document.components,
    });
    const job = { task: 'log', input: { message: 'x' } };
    for (const schedule of ['0 3 * * *', { cron: '@daily', timezone: 'Europe/Berlin' }, { run_once: true }]) {
      expect(fits({ ...job, schedule })).toBe(true);
    }
    for (const wrong of [
      { ...job },
      { ...job, schedule: 5 },
      { ...job, schedule: '1h', nope: 1 },
      { ...job, schedule: '1h', priority: 9 },
    ]) {
      expect(fits(wrong)).toBe(false);
    }
  });
});
