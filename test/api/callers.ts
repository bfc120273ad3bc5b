import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../src/api/access/caller.js';
import type { Authenticator } from '../../src/api/auth/authenticator.js';
import { type CarillonClient, createCarillonClient } from '../../src/api/client/client.js';

/** Callers that a test makes up: `Authorization: Bearer <name>` is all they need. */
export class TestCallers implements Authenticator {
  readonly #known = new Map<string, Caller>();

  add(name: string, caller: Partial<Caller> = {}): string {
    this.#known.set(name, { kind: 'user', id: `user:${name}`, name, owns: [name], grants: [], ...caller });
    return name;
  }

  async authenticate({ headers }: FastifyRequest): Promise<Caller | undefined> {
    return this.#known.get(headers.authorization?.replace(/^Bearer /, '') ?? '');
  }
}

/** A client as one of them. */
export function clientAs(url: string, name: string): CarillonClient {
  return createCarillonClient({ url, headers: headersOf(name) });
}

export function headersOf(name: string | undefined): Record<string, string> {
  return name === undefined ? {} : { authorization: `Bearer ${name}` };
}
