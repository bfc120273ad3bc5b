import type { HttpRequest } from './request.js';

/** What goes along to another origin: nothing that could be a key or a signature of the first one. */
const harmless = ['accept', 'accept-language', 'content-type', 'idempotency-key', 'user-agent'];

/**
 * Sends a request and follows up to `redirects` redirects, each as `fetch` would: 303, and POST by 301 and 302, go on as
 * GET without a body. An answer that would be one redirect too many is returned as it is.
 */
export async function exchange(
  fetch: typeof globalThis.fetch,
  first: HttpRequest,
  redirects: number,
  signal: AbortSignal,
): Promise<{ response: Response; url: URL }> {
  let request = first;
  for (let left = redirects; ; left--) {
    const { url, method, headers, body } = request;
    const response = await fetch(url, { method, headers, body, redirect: 'manual', signal });
    const target = left > 0 ? redirectOf(response, url) : undefined;
    if (!target) return { response, url };
    await response.body?.cancel();
    request = redirected(request, response.status, target);
  }
}

function redirectOf({ status, headers }: Response, url: URL): URL | undefined {
  const location = headers.get('location');
  if (![301, 302, 303, 307, 308].includes(status) || location === null) return undefined;
  // Bytes come as one character each; a path may be UTF-8 that nobody encoded.
  const text = Buffer.from(location, 'latin1').toString('utf8');
  return URL.canParse(text, url.href) ? new URL(text, url) : undefined;
}

function redirected({ url, method, headers, body }: HttpRequest, status: number, target: URL): HttpRequest {
  const asGet = (status === 303 && method !== 'HEAD') || (status < 303 && method === 'POST');
  const kept = new Headers(headers);
  for (const name of headers.keys()) {
    const described = asGet && name.startsWith('content-');
    if (described || (url.origin !== target.origin && !harmless.includes(name))) kept.delete(name);
  }
  return { url: target, method: asGet ? 'GET' : method, headers: kept, body: asGet ? undefined : body };
}
