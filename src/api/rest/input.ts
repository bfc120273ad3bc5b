import { isDeepStrictEqual } from 'node:util';
import type { FastifyRequest } from 'fastify';
import { CarillonError, type FieldFault, show } from '../../core/errors.js';
import type { Json } from './json.js';
import type { Operation } from './operations.js';
import { kindOf, readQuery, readText, refused } from './query.js';

/**
 * The input of a procedure out of path, query and body. A field may come twice where that says the same: what was read
 * can be sent back as it is.
 * @throws CarillonError INPUT_INVALID
 */
export function inputOf(operation: Operation, request: FastifyRequest): Json {
  const { fields } = operation;
  const path = Object.entries(request.params as Record<string, string>).map(([name, text]): [string, unknown] => [
    name,
    readText(text, kindOf(fields.path[name] ?? {})),
  ]);
  const query = readQuery(request.query as Json, fields.query);
  const faults: FieldFault[] = [];
  const input = new Map<string, unknown>(path);
  for (const [name, value] of [...query, ...bodyFields(operation, request.body)]) {
    if (input.has(name) && !isDeepStrictEqual(input.get(name), value)) {
      faults.push({ field: name, message: `Expected what the address says, ${show(input.get(name))}.`, value });
    }
    input.set(name, value);
  }
  if (faults.length > 0) throw refused(faults);
  return Object.fromEntries(input);
}

function bodyFields({ fields, body: whole }: Operation, body: unknown): [string, unknown][] {
  if (whole !== undefined) return body === undefined ? [] : [[whole, body]];
  if (body === undefined || body === null) {
    if (body === null) throw notAnObject(body);
    return [];
  }
  if (typeof body !== 'object' || Array.isArray(body)) throw notAnObject(body);
  const entries = Object.entries(body);
  if (Object.keys(fields.body).length > 0 || entries.length === 0) return entries;
  throw refused(entries.map(([field]) => ({ field, message: 'Expected it in the query: the path takes no body.' })));
}

function notAnObject(body: unknown): CarillonError {
  return new CarillonError('INPUT_INVALID', `Expected the body to be a JSON object, got ${show(body)}.`, {
    field: '(root)',
    value: body,
    hint: 'Send the fields as one JSON object.',
  });
}
