import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { SealedCookie, type SealedCookieOptions } from '../../../src/api/auth/oidc/sealed-cookie.js';
import { KeyRing } from '../../../src/keyring/key-ring.js';

const [first, second] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
const base: SealedCookieOptions = {
  ...{ name: 'session', secure: false, context: 'https://id.example.org web' },
  ...{ keyRing: KeyRing.parse(first, 'X'), now: () => 1000 },
};
const cookieOf = (options: Partial<SealedCookieOptions> = {}) => new SealedCookie<object>({ ...base, ...options });

/** What the browser is given; empty: nothing. */
function written(cookie: SealedCookie<object>, content: object, until = 61_000): string {
  const lines: string[] = [];
  const reply = { header: (_name: string, line: string) => lines.push(line) } as unknown as FastifyReply;
  expect(cookie.write(reply, content, until)).toBe(lines.length === 1);
  return lines[0] ?? '';
}

const readBy = (cookie: SealedCookie<object>, header?: string) =>
  cookie.read({ headers: { cookie: header } } as FastifyRequest);

test('by plain http, on this machine, it has no prefix that browsers would refuse', () => {
  expect(written(cookieOf(), {})).toMatch(/^carillon-session=[\w-]+; Max-Age=60; Path=\/; HttpOnly; SameSite=Lax$/);
});

test('it is found among others, by its whole name', () => {
  const [pair = ''] = written(cookieOf(), { who: 'ann' }).split(';');
  const found = { content: { who: 'ann' }, until: 61_000 };
  expect(readBy(cookieOf(), `a=b; x${pair};${pair}; c=d`)).toEqual(found);
  for (const header of [undefined, '', `x${pair}`, 'carillon-session', 'carillon-session=', `__Host-${pair}`]) {
    expect(readBy(cookieOf(), header)).toBe('none');
  }
});

test('it is for one name, one provider and client, one installation and one time', () => {
  const pair = written(cookieOf(), { who: 'ann' }).split(';')[0] as string;
  const login = pair.replace('-session', '-login');
  expect(readBy(cookieOf({ name: 'login' }), login)).toBe('bad');
  expect(readBy(cookieOf({ context: 'https://id.example.org other' }), pair)).toBe('bad');
  expect(readBy(cookieOf({ keyRing: KeyRing.parse(second, 'X') }), pair)).toBe('bad');
  expect(readBy(cookieOf({ keyRing: KeyRing.parse(`${second},${first}`, 'X') }), pair)).toMatchObject({
    until: 61_000,
  });
  expect(readBy(cookieOf({ now: () => 60_999 }), pair)).toMatchObject({ until: 61_000 });
  expect(readBy(cookieOf({ now: () => 61_000 }), pair)).toBe('bad');
});

test('what a browser would drop for its size is not sent', () => {
  expect(written(cookieOf(), { text: 'x'.repeat(2700) }).length).toBeLessThan(3901);
  expect(written(cookieOf(), { text: 'x'.repeat(3000) })).toBe('');
});
