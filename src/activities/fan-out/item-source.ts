import { CarillonError } from '../../core/errors.js';
import type { ItemSource } from '../../core/fan-out/contract.js';
import type { Services } from '../services/services.js';
import { httpPages } from './http-pages.js';

/** Members of one fan-out. */
const mostItems = 10_000_000;
/** Of one item as JSON: a page of them is held in memory. */
const longestItem = 32 * 1024;

/** The items as JSON, one after another. @throws CarillonError FAN_OUT_SOURCE_INVALID, or what the source throws */
export async function* itemLines(source: ItemSource, services: Services, signal: AbortSignal): AsyncGenerator<string> {
  let index = 0;
  for await (const item of itemsOf(source, services, signal)) {
    signal.throwIfAborted();
    const line = JSON.stringify(item) ?? 'null';
    const bytes = Buffer.byteLength(line);
    if (bytes > longestItem) {
      throw new CarillonError(
        'FAN_OUT_SOURCE_INVALID',
        `Expected items of at most ${longestItem} bytes as JSON, got ${bytes} at item ${index}.`,
        {
          field: 'input.items',
          value: `${bytes} bytes`,
          hint: 'List ids or addresses, and let the members fetch the rest.',
        },
      );
    }
    if (index++ === mostItems) {
      throw new CarillonError('FAN_OUT_SOURCE_INVALID', `Expected at most ${mostItems} items, got more.`, {
        field: 'input.items',
        hint: 'Divide the list among several jobs.',
      });
    }
    yield line;
  }
}

async function* itemsOf(source: ItemSource, services: Services, signal: AbortSignal): AsyncIterable<unknown> {
  if (Array.isArray(source)) return yield* source;
  if ('http' in source) return yield* httpPages(source.http, services, signal);
  const { connection, query, parameters } = source.sql;
  yield* (await services.database(connection)).stream(query, parameters, signal);
}
