import { CarillonError, show } from '../../core/errors.js';
import type { HttpItems } from '../../core/fan-out/contract.js';
import type { Services } from '../services/services.js';

const mostPages = 100_000;
const largestPage = 16 * 1024 * 1024;
const pageTimeoutMs = 60_000;

type Json = Parameters<typeof import('json-p3').query>[1];

/** The items of one page after another, as the answers lead on. */
export async function* httpPages(
  { url, headers, bearer, items, next }: HttpItems,
  { fetch, secrets }: Pick<Services, 'fetch' | 'secrets'>,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const json = await import('json-p3');
  const itemsPath = compiled(json.compile, items, 'items');
  const nextPath = next === 'link' ? undefined : compiled(json.compile, next, 'next');
  const sent = new Headers(headers);
  if (!sent.has('Accept')) sent.set('Accept', 'application/json');
  if (bearer !== undefined) sent.set('Authorization', `Bearer ${await secrets.get(bearer)}`);
  let at: URL | undefined = new URL(url);
  for (let page = 1; at; page++) {
    if (page > mostPages)
      throw invalid('url', `Expected at most ${mostPages} pages, got more`, at.href, 'Check where `next` leads.');
    const { answer, link } = await readPage(fetch, at, sent, signal);
    yield* itemsPath.query(answer).values();
    const following = nextPath ? nextPath.query(answer).values()[0] : link;
    at = following === undefined || following === null || following === '' ? undefined : followed(at, following);
  }
}

async function readPage(fetch: Services['fetch'], url: URL, headers: Headers, signal: AbortSignal) {
  const bound = AbortSignal.timeout(pageTimeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.any([signal, bound]) });
    text = response.ok ? await readText(response, url) : '';
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CarillonError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = bound.aborted
      ? `no answer within ${pageTimeoutMs} ms`
      : cause instanceof Error
        ? cause.message
        : cause;
    throw new CarillonError('HTTP_UNREACHABLE', `GET ${url}: ${reason}`, {
      field: 'input.items.http.url',
      value: url.href,
    });
  }
  if (!response.ok) {
    await response.body?.cancel();
    const message = `Expected status 200-299 from ${url}, got ${response.status}.`;
    throw new CarillonError('HTTP_STATUS', message, { field: 'input.items.http.url', value: response.status });
  }
  try {
    return { answer: JSON.parse(text) as Json, link: nextLink(response.headers.get('Link')) };
  } catch {
    throw invalid(
      'url',
      `Expected JSON from ${url}, got ${show(text)}`,
      url.href,
      'Name an address that answers JSON.',
    );
  }
}

async function readText(response: Response, url: URL): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > largestPage) {
      throw invalid(
        'url',
        `Expected pages of at most ${largestPage} bytes from ${url}, got more`,
        url.href,
        'Ask for smaller pages.',
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The address with `rel="next"` in a Link header (RFC 8288). */
export function nextLink(header: string | null): string | undefined {
  for (const [, address, parameters] of (header ?? '').matchAll(
    /<([^>]*)>((?:\s*;\s*[^,;="]+(?:=(?:"[^"]*"|[^,;"]*))?)*)/g,
  )) {
    const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters as string);
    if ((rel?.[1] ?? rel?.[2] ?? '').toLowerCase().split(/\s+/).includes('next')) return address;
  }
  return undefined;
}

/** Never to another origin: the headers, secrets among them, go along. */
function followed(from: URL, to: unknown): URL {
  const next = typeof to === 'string' && URL.canParse(to, from.href) ? new URL(to, from) : undefined;
  if (next && next.origin === from.origin && next.href !== from.href) return next;
  throw invalid(
    'next',
    `Expected another address at ${from.origin}, got ${show(to)}`,
    to,
    'The next page must be of the same origin.',
  );
}

function compiled<Path>(compile: (path: string) => Path, path: string, field: string): Path {
  try {
    return compile(path);
  } catch (error) {
    const message = `Expected a JSONPath, got ${show(path)}: ${error instanceof Error ? error.message : error}`;
    throw invalid(field, message, path, 'Write it as in RFC 9535, such as $.data[*].');
  }
}

function invalid(field: string, message: string, value: unknown, hint: string): CarillonError {
  return new CarillonError('FAN_OUT_SOURCE_INVALID', `${message}.`, {
    field: `input.items.http.${field}`,
    value,
    hint,
  });
}
