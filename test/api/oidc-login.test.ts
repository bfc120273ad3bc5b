import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOidcSettings } from '../../src/api/auth/oidc/settings.js';
import { type ApiOnly, startApiOnly } from './api-only.js';
import { Browser } from './browser.js';
import { clientSecret, IdentityProvider } from './identity-provider.js';

const publicUrl = 'https://carillon.test';
const [sessionCookie, loginCookie] = ['__Host-carillon-session', '__Host-carillon-login'];
const callback = `${publicUrl}/auth/callback`;
const many = Array.from({ length: 400 }, (_, at) => `group-${at}-${'x'.repeat(20)}`);

let provider: IdentityProvider;
beforeAll(async () => {
  provider = await IdentityProvider.start({
    publicUrl,
    accounts: {
      ann: { name: 'Ann', email: 'ann@example.org', email_verified: true, groups: ['ops'] },
      max: { name: 'Max', groups: ['ops', ...many] },
    },
  });
});
afterAll(() => provider[Symbol.asyncDispose]());

interface Site {
  api: ApiOnly;
  /** Moves the API's clock, in milliseconds. */
  pass(ms: number): void;
  newBrowser(): Browser;
}

async function startSite(): Promise<Site> {
  let now = Date.now();
  const oidc = readOidcSettings({
    CARILLON_OIDC_ISSUER: provider.issuer,
    CARILLON_OIDC_CLIENT_ID: 'carillon',
    CARILLON_OIDC_CLIENT_SECRET: clientSecret,
    CARILLON_PUBLIC_URL: publicUrl,
    CARILLON_OIDC_CLAIMS: '{"grants":{"ops":[{"project":"shop","role":"developer","payloads":true}]}}',
  });
  const api = await startApiOnly({ oidc, now: () => now });
  return {
    api,
    pass: (ms) => {
      now += ms;
    },
    newBrowser: () => new Browser({ [publicUrl]: api.url }),
  };
}

/** Types the name at the provider and agrees. @returns the address that the provider sends the browser back to */
async function signIn(browser: Browser, login: string, returnTo?: string): Promise<string> {
  const query = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
  let page = await browser.follow(`${publicUrl}/auth/login${query}`, callback);
  for (const form of [{ prompt: 'login', login, password: 'x' }, { prompt: 'consent' }]) {
    const body = new URLSearchParams(form as Record<string, string>);
    page = await browser.follow(page.address, callback, { method: 'POST', body });
  }
  return page.address;
}

async function logIn(browser: Browser, login: string, returnTo?: string): Promise<string> {
  const { answer, address } = await browser.follow(await signIn(browser, login, returnTo), publicUrl);
  expect([answer.status, address]).toEqual([303, `${publicUrl}${returnTo ?? '/'}`]);
  return address;
}

const me = (browser: Browser) => browser.ask(`${publicUrl}/auth/me`);
const statusOf = async (answer: Promise<Response>) => (await answer).status;
const mutation = (browser: Browser, headers: Record<string, string>) =>
  browser.ask(`${publicUrl}/trpc/calendars.delete`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ project: 'shop', name: 'none' }),
  });

test('somebody logs in, is who the provider says, and logs out for good', async () => {
  const { newBrowser } = await startSite();
  const browser = newBrowser();
  expect(await statusOf(me(browser))).toBe(401);
  await logIn(browser, 'ann', '/jobs?state=failed#top');
  const host = new URL(provider.issuer).host;
  expect(await (await me(browser)).json()).toEqual({
    kind: 'user',
    id: `user:${host}|ann`,
    name: 'Ann',
    owns: [`user:${host}|ann`, 'ann@example.org', 'group:ops'],
    grants: [{ project: 'shop', role: 'developer', payloads: true }],
  });
  expect(browser.cookie(publicUrl, loginCookie)).toBeUndefined();
  const stolen = browser.cookie(publicUrl, sessionCookie) as string;
  expect(Buffer.from(stolen, 'base64url').includes('ann@example.org')).toBe(false);

  const logOut = (headers: Record<string, string>) =>
    browser.ask(`${publicUrl}/auth/logout`, { method: 'POST', headers, body: new URLSearchParams({ any: 'x' }) });
  expect(await statusOf(logOut({ origin: 'https://evil.test' }))).toBe(403);
  const answer = await logOut({ origin: publicUrl, accept: 'text/html' });
  expect([answer.status, browser.cookie(publicUrl, sessionCookie)]).toEqual([303, undefined]);
  const end = new URL(answer.headers.get('location') as string);
  expect(`${end.origin}${end.pathname}`).toBe(`${provider.issuer}/session/end`);
  expect(await (await browser.ask(end.href)).text()).toContain('op.logoutForm');

  browser.setCookie(publicUrl, sessionCookie, stolen);
  expect(await statusOf(me(browser))).toBe(401);
  expect(await (await logOut({ origin: publicUrl })).json()).toMatchObject({ next: expect.stringContaining('/end?') });
  expect(await (await logOut({ origin: publicUrl })).json()).toEqual({ next: `${publicUrl}/` });
});

test('cookies are for this host, for https and for no script', async () => {
  const { newBrowser } = await startSite();
  const browser = newBrowser();
  const departure = await browser.ask(`${publicUrl}/auth/login`);
  expect(departure.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^__Host-carillon-login=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/),
  ]);
  expect(departure.headers.get('cache-control')).toBe('no-store');
  const query = new URL(departure.headers.get('location') as string).searchParams;
  expect(Object.fromEntries(query)).toMatchObject({
    ...{ response_type: 'code', client_id: 'carillon', redirect_uri: callback, scope: 'openid profile email' },
    ...{ code_challenge_method: 'S256', state: expect.any(String), nonce: expect.any(String) },
  });
  const arrival = await browser.ask(await signIn(browser, 'ann'));
  expect(arrival.headers.getSetCookie()).toContainEqual(
    expect.stringMatching(/^__Host-carillon-session=[\w-]+; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax; Secure$/),
  );
  expect([arrival.headers.get('referrer-policy'), arrival.headers.get('access-control-allow-origin')]).toEqual([
    'no-referrer',
    null,
  ]);
});

test('a callback is good once, in the browser that began, for what it began', async () => {
  const { newBrowser, pass } = await startSite();
  const [browser, other] = [newBrowser(), newBrowser()];
  const address = await signIn(browser, 'ann');
  const departure = browser.cookie(publicUrl, loginCookie) as string;
  const with_ = (change: (query: URLSearchParams) => void) => {
    const url = new URL(address);
    change(url.searchParams);
    return url.href;
  };
  const arriveWith = async (where: string) => {
    const fresh = newBrowser();
    fresh.setCookie(publicUrl, loginCookie, departure);
    const { status } = await fresh.ask(where);
    return [status, fresh.cookie(publicUrl, sessionCookie)];
  };

  expect(await statusOf(other.ask(address))).toBe(401);
  await other.ask(`${publicUrl}/auth/login`);
  expect(await statusOf(other.ask(address))).toBe(401);
  const wrong = {
    'no state': with_((query) => query.delete('state')),
    'another state': with_((query) => query.set('state', 'x')),
    'two states': with_((query) => query.append('state', 'x')),
    'another code': with_((query) => query.set('code', 'x')),
    'another issuer': with_((query) => query.set('iss', 'https://evil.test')),
    'a refusal': `${callback}?error=access_denied&state=${new URL(address).searchParams.get('state')}`,
  };
  for (const [name, where] of Object.entries(wrong)) {
    expect.soft([name, ...(await arriveWith(where))]).toEqual([name, 401, undefined]);
  }

  expect(await statusOf(browser.ask(address))).toBe(303);
  expect(await statusOf(browser.ask(address))).toBe(401);
  expect(await arriveWith(address)).toEqual([401, undefined]);

  const late = newBrowser();
  const lateAddress = await signIn(late, 'ann');
  pass(600_001);
  expect(await statusOf(late.ask(lateAddress))).toBe(401);
});

test('a session that was altered, has expired, or is of another installation or kind is none', async () => {
  const { newBrowser, pass } = await startSite();
  const elsewhere = await startSite();
  const [browser, stranger] = [newBrowser(), elsewhere.newBrowser()];
  await logIn(browser, 'ann');
  const good = browser.cookie(publicUrl, sessionCookie) as string;
  await logIn(stranger, 'ann');
  const foreign = stranger.cookie(publicUrl, sessionCookie) as string;
  await stranger.ask(`${publicUrl}/auth/login`);
  await browser.ask(`${publicUrl}/auth/login`);
  const departure = browser.cookie(publicUrl, loginCookie) as string;
  const bytes = Buffer.from(good, 'base64url');
  const altered = [1, 5, 25, 40, 60, bytes.length - 1].map((at) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] as number) ^ 1;
    return copy.toString('base64url');
  });
  for (const value of [...altered, good.slice(0, -8), foreign, departure, 'x', '%00']) {
    browser.setCookie(publicUrl, sessionCookie, value);
    expect.soft(await statusOf(me(browser))).toBe(401);
  }
  browser.setCookie(publicUrl, sessionCookie, good);
  pass(8 * 3_600_000 - 60_000);
  expect(await statusOf(me(browser))).toBe(200);
  pass(60_000);
  expect(await statusOf(me(browser))).toBe(401);
});

test('what changes something comes from a page of this origin; programs say who they are in a header', async () => {
  const { newBrowser } = await startSite();
  const browser = newBrowser();
  await logIn(browser, 'ann');
  const refused: Record<string, string>[] = [
    {},
    { origin: 'null' },
    { origin: 'https://evil.test' },
    { origin: `${publicUrl}.evil.test` },
    { origin: 'http://carillon.test' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: publicUrl, 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' },
  ];
  for (const headers of refused) {
    const answer = await mutation(browser, headers);
    expect.soft([headers, answer.status]).toEqual([headers, 403]);
    expect.soft(JSON.stringify(await answer.json())).toContain('Origin');
  }
  const read = (headers: Record<string, string>) =>
    browser.ask(`${publicUrl}/trpc/jobs.list?input={"project":"shop"}`, { headers });
  const foreign = await read({ origin: 'https://evil.test' });
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  expect(await statusOf(read({}))).toBe(200);
  const accepted: Record<string, string>[] = [{ origin: publicUrl }, { 'sec-fetch-site': 'same-origin' }];
  for (const headers of accepted) {
    // A developer may not write calendars: the session was taken, its right was not enough.
    const answer = await mutation(browser, headers);
    expect(JSON.stringify(await answer.json())).toContain('calendars:write');
  }
  expect(await statusOf(read({ authorization: 'Bearer x' }))).toBe(401);
});

test('a login returns to a path of this site only', async () => {
  const { newBrowser } = await startSite();
  const refused = [
    'https://evil.test/',
    '//evil.test',
    '///evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/\t/evil.test',
    '/\n/evil.test',
    ' //evil.test',
    'javascript:alert(1)',
    'evil.test',
    '',
    '/ä',
    `/${'x'.repeat(1000)}`,
  ];
  for (const path of refused) {
    const browser = newBrowser();
    const answer = await browser.ask(`${publicUrl}/auth/login?return_to=${encodeURIComponent(path)}`);
    expect.soft([path, answer.status, browser.cookie(publicUrl, loginCookie)]).toEqual([path, 400, undefined]);
  }
  const browser = newBrowser();
  const twice = await browser.ask(`${publicUrl}/auth/login?return_to=/a&return_to=//evil.test`);
  expect(twice.status).toBe(400);
  const { address } = await browser.follow(await signIn(browser, 'ann', '/.//evil.test'), publicUrl);
  expect(new URL(address).origin).toBe(publicUrl);
});

test('a session with more groups than a cookie holds keeps who somebody is, and no group', async () => {
  const { newBrowser, api } = await startSite();
  const browser = newBrowser();
  await logIn(browser, 'max');
  expect((browser.cookie(publicUrl, sessionCookie) as string).length).toBeLessThan(4000);
  expect(await (await me(browser)).json()).toMatchObject({ name: 'Max', grants: [] });
  expect(api.log).toContainEqual(
    expect.objectContaining({ level: 'warn', message: expect.stringContaining('Groups') }),
  );
});

test('a provider that is away is not a login that was refused', async () => {
  const { newBrowser } = await startSite();
  const browser = newBrowser();
  const address = await signIn(browser, 'ann');
  provider.away = true;
  const answer = await browser.ask(address);
  provider.away = false;
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'IDENTITY_PROVIDER_UNAVAILABLE' }]);
});
