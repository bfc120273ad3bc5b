import { z } from 'zod';
import type { ItemSource } from '../../../core/fan-out/contract.js';

const sql = z.strictObject({
  connection: z.string().min(1).max(100).describe('Name of a database of the configuration.'),
  query: z.string().min(1).max(100_000).describe('Each row is an item: an object by column names.'),
  parameters: z.array(z.unknown()).max(1000).default([]),
});
const path = z.string().startsWith('$', 'Expected a JSONPath such as $.data[*].');
const http = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Address of the first page.'),
  headers: z
    .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'Expected a header name.'), z.string())
    .default({}),
  bearer: z.string().min(1).max(100).optional().describe('Name of a secret to send as bearer token.'),
  items: path.default('$[*]').describe('JSONPath of the items in an answer.'),
  next: z
    .string()
    .regex(/^(link$|\$)/, 'Expected `link`, or a JSONPath such as $.next.')
    .default('link')
    .describe('Where the next page is: the Link header, or the JSONPath of its address. None there: the last page.'),
});

const list = z.array(z.unknown());
const fromSql = z.strictObject({ sql });
const fromHttp = z.strictObject({ http });
const all = [list, fromSql, fromHttp] as const;

type ListedItems = z.input<(typeof all)[number]>;

/** A list, `{sql}` or `{http}`. Not a union of zod's: that says of a fault neither field nor reason. */
export const itemsSchema = z
  .any()
  .superRefine((value, context) => {
    const schema = schemaOf(value);
    if (!schema) return context.addIssue({ code: 'custom', message: 'Expected a list, { sql } or { http }.' });
    for (const issue of schema.safeParse(value).error?.issues ?? []) {
      context.addIssue({ code: 'custom', message: issue.message, path: issue.path });
    }
  })
  .meta({ anyOf: all.map((schema) => z.toJSONSchema(schema, { io: 'input' })) }) as z.ZodType<ListedItems, ListedItems>;

/** With its defaults. */
export function itemSource(items: z.output<typeof itemsSchema>): ItemSource {
  return z.union(all).parse(items);
}

function schemaOf(value: unknown): (typeof all)[number] | undefined {
  if (Array.isArray(value)) return list;
  if (typeof value !== 'object' || value === null) return undefined;
  if ('sql' in value) return fromSql;
  return 'http' in value ? fromHttp : undefined;
}
