import { createHmac, createPublicKey } from 'node:crypto';
import { importJWK, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Directory } from '../../src/api/access/caller.js';
import { readOidcSettings } from '../../src/api/auth/oidc/settings.js';
import { type ApiOnly, startApiOnly } from './api-only.js';
import { audience, IdentityProvider, newKey } from './identity-provider.js';

const claims = {
  groups: 'https://example.org/groups',
  roles: 'https://example.org/roles',
  grants: { 'carillon-operator': { project: '*', role: 'operator' } },
};
let provider: IdentityProvider;
beforeAll(async () => {
  provider = await IdentityProvider.start({
    algorithm: 'RS256',
    tokenClaims: { 'https://example.org/roles': ['carillon-operator'] },
  });
});
afterAll(() => provider[Symbol.asyncDispose]());

function startApi(
  options: { at?: IdentityProvider; now?: () => number; directory?: Directory } = {},
): Promise<ApiOnly> {
  const { at = provider, ...rest } = options;
  const oidc = readOidcSettings({
    CARILLON_OIDC_ISSUER: at.issuer,
    CARILLON_OIDC_AUDIENCE: audience,
    CARILLON_OIDC_CLAIMS: JSON.stringify(claims),
  });
  return startApiOnly({ oidc, ...rest });
}

function ask(api: ApiOnly, token: string): Promise<Response> {
  return fetch(`${api.url}/auth/me`, { headers: { authorization: `Bearer ${token}` } });
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

test('a service calls with the token that its provider has issued, as what its role says', async () => {
  const api = await startApi();
  const token = await provider.accessToken();
  const host = new URL(provider.issuer).host;
  expect(await (await ask(api, token)).json()).toEqual({
    kind: 'user',
    id: `user:${host}|robot`,
    name: 'robot',
    owns: [`user:${host}|robot`],
    grants: [{ project: '*', role: 'operator', payloads: false }],
  });
  const list = (headers: Record<string, string>) => fetch(`${api.url}/trpc/jobs.list?input={}`, { headers });
  expect((await list({ authorization: `bearer ${token}` })).status).toBe(200);
  expect((await list({})).status).toBe(401);
});

test('projects grant by subject, verified address and group; without a grant there is nothing to see', async () => {
  const asked: string[][] = [];
  let now = Date.now();
  const directory: Directory = {
    async grantsOf(subjects) {
      asked.push([...subjects]);
      return subjects.includes('group:sales') ? [{ project: 'sales', role: 'viewer', payloads: true }] : [];
    },
    forget() {},
  };
  const api = await startApi({ directory, now: () => now });
  const ann = { name: 'Ann', email: 'Ann@Example.org', email_verified: true, exp: inSeconds(600) };
  const token = await provider.sign({ ...ann, 'https://example.org/groups': ['sales', 'ops'] });
  const id = `user:${new URL(provider.issuer).host}|ann`;
  const names = [id, 'ann@example.org', 'group:sales', 'group:ops'];
  expect(await (await ask(api, token)).json()).toEqual({
    ...{ kind: 'user', id, name: 'Ann', owns: names },
    grants: [{ project: 'sales', role: 'viewer', payloads: true }],
  });
  await ask(api, token);
  expect(asked).toEqual([names]);
  now += 5001;
  await ask(api, token);
  expect(asked).toHaveLength(2);

  const unverified = await provider.sign({ ...ann, email_verified: false });
  expect(await (await ask(api, unverified)).json()).toMatchObject({ owns: [id], grants: [] });
  const answer = await fetch(`${api.url}/trpc/jobs.list?input={"project":"sales"}`, {
    headers: { authorization: `Bearer ${unverified}` },
  });
  expect(answer.status).toBe(404);
});

test('no forged, borrowed or stale token is accepted, and the answer does not say what is wrong with it', async () => {
  const api = await startApi();
  const attacker: JWK = { ...(await newKey('RS256')), kid: provider.key.kid };
  const { d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...attackerPublic } = attacker;
  const exp = inSeconds(600);
  const good = await provider.sign({ exp }, { typ: 'at+jwt' });
  const [head, body, signature] = good.split('.') as [string, string, string];
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const pem = createPublicKey({ key: provider.key as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const confused = `${encode({ alg: 'HS256', kid: provider.key.kid })}.${body}`;
  const elsewhere = `${provider.issuer}/attacker.json`;
  const forged = (header: object) => provider.sign({ exp }, header, attacker);
  const own = { iss: provider.issuer, aud: audience, sub: 'ann', exp };
  const { kid } = provider.key;
  const attacks: Record<string, Record<string, string>> = {
    '"alg" (Algorithm) Header Parameter value not allowed': {
      'alg none': new UnsecuredJWT(own).encode(),
      'alg none with the signature kept': `${encode({ alg: 'none' })}.${body}.${signature}`,
      'HS256 with the public key': `${confused}.${createHmac('sha256', pem).update(confused).digest('base64url')}`,
      'HS256 with the modulus': await new SignJWT(own)
        .setProtectedHeader({ alg: 'HS256', kid })
        .sign(Buffer.from(provider.key.n ?? '', 'base64url')),
      'an algorithm that the settings leave out': await new SignJWT(own)
        .setProtectedHeader({ alg: 'RS512', kid })
        .sign(await importJWK({ ...provider.key, alg: 'RS512' })),
    },
    'unexpected "iss" claim value': {
      'another issuer': await provider.sign({ exp, iss: 'https://example.org' }),
      'the issuer with a slash': await provider.sign({ exp, iss: `${provider.issuer}/` }),
    },
    'missing required "iss" claim': { 'no issuer': await provider.sign({ exp, iss: undefined }) },
    'unexpected "aud" claim value': {
      'another audience': await provider.sign({ exp, aud: 'https://example.org' }),
      'an ID token': await provider.sign({ exp, aud: 'carillon', nonce: 'n' }),
    },
    'missing required "aud" claim': { 'no audience': await provider.sign({ exp, aud: undefined }) },
    '"exp" claim timestamp check failed': { expired: await provider.sign({ exp: inSeconds(-60) }) },
    '"nbf" claim timestamp check failed': { 'not yet valid': await provider.sign({ exp, nbf: inSeconds(60) }) },
    'missing required "exp" claim': { 'no expiry': await provider.sign({}) },
    '"exp" claim must be a number': { 'an expiry that is text': await provider.sign({ exp: `${exp}` }) },
    'it names no subject': {
      'no subject': await provider.sign({ exp, sub: undefined }),
      'a subject with a line break': await provider.sign({ exp, sub: 'ann\nbob' }),
    },
    'signature verification failed': {
      'another payload': `${head}.${encode({ ...own, sub: 'root' })}.${signature}`,
      'no signature': `${head}.${body}.`,
      'another key of the same name': await forged({}),
      'a key in the header': await forged({ jwk: attackerPublic }),
      'a key in the header alone': await forged({ jwk: attackerPublic, kid: undefined }),
    },
    'no applicable key found in the JSON Web Key Set': {
      'keys elsewhere': await forged({ jku: elsewhere, kid: 'elsewhere' }),
      'a certificate elsewhere': await forged({ x5u: elsewhere, kid: 'elsewhere' }),
    },
    'Extension Header Parameter "odd" is not recognized': {
      'an unknown critical header': await provider.sign({ exp }, { crit: ['odd'], odd: 1 }),
    },
    'it is of type logout+jwt': { 'a logout token': await provider.sign({ exp }, { typ: 'logout+jwt' }) },
    'it is bound to a key': { 'a bound token': await provider.sign({ exp, cnf: { jkt: 'x' } }) },
    'it is too long': { overlong: await provider.sign({ exp, padding: 'x'.repeat(8000) }) },
  };
  const answers = new Set<string>();
  for (const [reason, tokens] of Object.entries(attacks)) {
    for (const [name, token] of Object.entries(tokens)) {
      const answer = await ask(api, token);
      answers.add(((await answer.json()) as { detail: string }).detail);
      const logged = api.log.at(-1)?.fields?.reason;
      expect.soft([name, answer.status, logged]).toEqual([name, 401, reason]);
    }
  }
  expect([...answers]).toEqual(['Expected a token of the identity provider that is good now.']);
  for (const token of ['a.b.c', 'whatever', `${good}.${signature}.${signature}`]) {
    expect.soft((await ask(api, token)).status).toBe(401);
  }
  expect(provider.times('/attacker.json')).toBe(0);
  expect(api.log.map(({ fields }) => JSON.stringify(fields)).join()).not.toContain(signature);
  expect((await ask(api, good)).status).toBe(200);
});

test('clocks may differ by 30 s, and a token ends all the same', async () => {
  let now = Date.now();
  const api = await startApi({ now: () => now });
  const exp = inSeconds(600);
  const token = await provider.sign({ exp, nbf: inSeconds(0) });
  const statusAt = async (seconds: number) => {
    now = seconds * 1000;
    return (await ask(api, token)).status;
  };
  expect([await statusAt(exp + 29), await statusAt(exp + 31)]).toEqual([200, 401]);
  expect([await statusAt(exp - 629), await statusAt(exp - 635)]).toEqual([200, 401]);
});

test('a new key of the provider is found, keys that do not exist are not looked for all the time', async () => {
  await using own = await IdentityProvider.start();
  let now = Date.now();
  const api = await startApi({ at: own, now: () => now });
  const exp = inSeconds(6000);
  const before = await own.sign({ exp });
  expect((await ask(api, before)).status).toBe(200);
  await own.rotate();
  now += 31_000;
  expect((await ask(api, await own.sign({ exp }))).status).toBe(200);
  expect([own.times('/jwks'), (await ask(api, before)).status]).toEqual([2, 401]);

  const unknown = await Promise.all(Array.from({ length: 20 }, (_, at) => own.sign({ exp }, { kid: `unknown-${at}` })));
  const flood = () => Promise.all(unknown.map(async (token) => (await ask(api, token)).status));
  expect(new Set(await flood())).toEqual(new Set([401]));
  expect(own.times('/jwks')).toBe(2);
  now += 31_000;
  await flood();
  expect(own.times('/jwks')).toBe(3);
  now += 600_001;
  await ask(api, await own.sign({ exp }));
  expect([own.times('/jwks'), own.times('/.well-known/openid-configuration')]).toEqual([4, 1]);
});

test('while the provider is away its known keys serve for an hour; without any the answer is to come back', async () => {
  let now = Date.now();
  const api = await startApi({ now: () => now });
  const token = await provider.sign({ exp: inSeconds(7200) });
  provider.away = true;
  const asked = provider.times('/.well-known/openid-configuration');
  const answer = await ask(api, token);
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'IDENTITY_PROVIDER_UNAVAILABLE' }]);
  await Promise.all(Array.from({ length: 20 }, () => ask(api, token)));
  expect(provider.times('/.well-known/openid-configuration')).toBe(asked + 1);
  provider.away = false;
  now += 5001;
  expect((await ask(api, token)).status).toBe(200);
  provider.away = true;
  now += 3_590_000;
  expect((await ask(api, token)).status).toBe(200);
  now += 20_000;
  expect((await ask(api, token)).status).toBe(503);
  provider.away = false;
});
