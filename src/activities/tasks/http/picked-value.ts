import { createRequire } from 'node:module';
import type { JSONPathQuery } from 'json-p3';
import { CarillonError } from '../../../core/errors.js';

/** Whoever only checks an input loads JSONPath with the first one it meets, and a schema cannot wait. */
const require = createRequire(import.meta.url);

/** What is wrong with a JSONPath, for the schema of its field. */
export function pathFault(path: string): string | undefined {
  try {
    compile(path);
    return undefined;
  } catch (error) {
    return `Expected a JSONPath such as $.items[0].id: ${(error as Error).message}.`;
  }
}

/**
 * What `path` finds in a JSON text: the value, if the path can lead to one value only, else the list of all it finds.
 * @throws CarillonError HTTP_RESULT_MISSING
 */
export function pickValue(text: string, path: string): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw missing(path, `Expected an answer in JSON for \`result\`, got ${JSON.stringify(text.slice(0, 80))}.`);
  }
  const query = compile(path);
  const values = query.query(json as Parameters<JSONPathQuery['query']>[0]).values();
  if (!query.singularQuery()) return values;
  if (values.length === 0) throw missing(path, `Expected the answer to hold something at ${path}, found nothing.`);
  return values[0];
}

function compile(path: string): JSONPathQuery {
  return (require('json-p3') as typeof import('json-p3')).compile(path);
}

function missing(path: string, message: string): CarillonError {
  const hint = 'Correct `result`, or leave it out to keep status, headers and the start of the body.';
  return new CarillonError('HTTP_RESULT_MISSING', message, { field: 'input.result', value: path, hint });
}
