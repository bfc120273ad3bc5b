import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { CarillonError, show } from '../../core/errors.js';
import { networkFilter } from './networks.js';

export interface Guard {
  /** Networks beside the public internet that may be called, as CIDR. Default none. */
  allow?: readonly string[];
  /** How names become addresses; called with `all: true`. Default: the system's. */
  lookup?: LookupFunction;
}

/**
 * `fetch` that connects to the public internet and to `allow`, and nowhere else. A name is resolved once for each
 * connection, every address it has is checked, and the connection goes to just these addresses, so that no second answer
 * of a name server counts. That holds for each redirect that is followed. A request that is refused rejects with
 * CarillonError HTTP_ADDRESS_FORBIDDEN, before anything is sent. Connections are pooled, and closed after four idle seconds.
 * @throws CarillonError CONFIG_INVALID when `allow` holds no networks
 */
export function guardedFetch({ allow, lookup = systemLookup }: Guard = {}): typeof globalThis.fetch {
  const isAllowed = networkFilter(allow);
  let dispatcher: Promise<Dispatcher> | undefined;
  return async (input, init) => {
    checkUrl(typeof input === 'string' || input instanceof URL ? input : input.url);
    dispatcher ??= makeDispatcher(isAllowed, lookup);
    try {
      const guarded = { ...init, dispatcher: await dispatcher };
      return await globalThis.fetch(input, guarded as unknown as RequestInit);
    } catch (error) {
      throw refusalIn(error) ?? error;
    }
  };
}

/** What `fetch` would do without a connection (data:, blob:) or with a password is none of a task's business. */
function checkUrl(input: string | URL): void {
  const text = String(input);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw forbidden(`Expected an address of http or https, got ${show(text)}.`, text, 'Write http://… or https://….');
  }
  if (url.username || url.password) {
    const shown = `${url.protocol}//${url.host}`;
    const hint = 'Use the `auth` of the http task, or an Authorization header.';
    throw forbidden(`Expected an address without user name and password, got one for ${shown}.`, shown, hint);
  }
}

async function makeDispatcher(isAllowed: (address: string) => boolean, lookup: LookupFunction): Promise<Dispatcher> {
  const { Agent, buildConnector } = await import('undici');
  const connector = buildConnector({
    timeout: 10_000,
    lookup: guardedLookup(isAllowed, lookup),
    autoSelectFamily: true,
  });
  return new Agent({
    connect(options, callback) {
      // Node looks no name up that is an address already.
      const literal = options.hostname.replace(/^\[|\]$/g, '');
      if (isAddress(literal) && !isAllowed(literal)) callback(notPublic(literal), null);
      else connector(options, callback);
    },
  });
}

/** Gives the addresses of a name to whoever connects, if all of them may be connected to. */
function guardedLookup(isAllowed: (address: string) => boolean, lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0);
      const addresses = Array.isArray(found) ? found : [];
      const bad = addresses.find(({ address }) => !isAllowed(address));
      if (bad) return callback(notPublic(bad.address, hostname), '', 0);
      const [first] = addresses;
      if (!first) return callback(Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' }), '', 0);
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function isAddress(hostname: string): boolean {
  return /^[\d.]+$/.test(hostname) || hostname.includes(':');
}

function notPublic(address: string, name?: string): CarillonError {
  const which = name === undefined ? address : `${show(name)}, which is ${address}`;
  const hint = 'To allow its network, add it to `http.allow` in carillon.config.ts or to CARILLON_HTTP_ALLOW.';
  return forbidden(
    `Expected an address in the public internet or an allowed network, got ${which}.`,
    name ?? address,
    hint,
  );
}

function forbidden(message: string, value: string, hint: string): CarillonError {
  return new CarillonError('HTTP_ADDRESS_FORBIDDEN', message, { field: 'input.url', value, hint });
}

/** `fetch` wraps what its connection failed with. */
function refusalIn(error: unknown): CarillonError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (cause instanceof CarillonError) return cause;
  }
  return undefined;
}
