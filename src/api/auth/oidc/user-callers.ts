import type { Caller, Directory, Grant } from '../../access/caller.js';
import { type ClaimMap, type Identity, identityOf, mappedGrants } from './claims.js';

/** For how long what projects have granted is believed, in milliseconds. */
const grantsAgeMs = 5000;
const maxRemembered = 1000;

export interface UserCallersOptions {
  issuer: string;
  claims: ClaimMap;
  /** Absent: grants come from the configuration alone. */
  directory?: Directory;
  now: () => number;
}

/** Makes callers of people and services that a provider vouches for. */
export class UserCallers {
  readonly #options: UserCallersOptions;
  readonly #remembered = new Map<string, { grants: Promise<Grant[]>; until: number }>();

  constructor(options: UserCallersOptions) {
    this.#options = options;
  }

  /** What verified claims say of somebody; undefined when they name nobody. */
  identityOf(claims: Record<string, unknown>): Identity | undefined {
    return identityOf(this.#options.claims, claims);
  }

  /** @throws CarillonError STORE_UNAVAILABLE */
  async callerOf(identity: Identity): Promise<Caller> {
    const id = userId(this.#options.issuer, identity.subject);
    const names = [
      id,
      ...(identity.email === undefined ? [] : [identity.email]),
      ...new Set(identity.groups.map((group) => `group:${group}`)),
    ];
    const grants = [...mappedGrants(this.#options.claims, identity), ...(await this.#grantsOf(names))];
    return { kind: 'user', id, name: identity.name, owns: names, grants };
  }

  #grantsOf(subjects: string[]): Promise<Grant[]> {
    const { directory, now } = this.#options;
    if (!directory) return Promise.resolve([]);
    const key = JSON.stringify(subjects);
    const known = this.#remembered.get(key);
    if (known && known.until > now()) return known.grants;
    const grants = directory.grantsOf(subjects);
    grants.catch(() => this.#remembered.delete(key));
    this.#remembered.delete(key);
    this.#remembered.set(key, { grants, until: now() + grantsAgeMs });
    if (this.#remembered.size > maxRemembered) {
      this.#remembered.delete(this.#remembered.keys().next().value as string);
    }
    return grants;
  }
}

/** The issuer is part of it: the same subject of another provider is somebody else. */
export function userId(issuer: string, subject: string): string {
  const { host, pathname } = new URL(issuer);
  return `user:${host}${pathname.replace(/\/$/, '').replaceAll('|', '%7C')}|${subject}`;
}
