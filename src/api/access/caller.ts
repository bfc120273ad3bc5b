import type { Right, Role } from '../../core/access.js';

/** A role in one project, or in all of them. */
export interface Grant {
  /** `*`: every project, those to come as well. */
  project: string;
  role: Role;
  /** Whether inputs, results and logs are shown. */
  payloads: boolean;
}

/** Who asks, as far as the API knows. */
export interface Caller {
  /** `open`: authentication is off, and everybody may do everything. `nobody`: it is on, and nobody has said who asks. */
  kind: 'open' | 'nobody' | 'key' | 'user';
  /** Never used again for another: `key:<id of the key>`, `user:<subject at its issuer>`, `open`. */
  id: string;
  /** For people: written next to what the caller does. */
  name: string;
  /** Names under which the caller owns jobs: their own, and their teams'. */
  owns: readonly string[];
  grants: readonly Grant[];
  /** The rights a key is limited to; undefined: all that its grants bring. */
  scopes?: readonly Right[];
}

/** Who asks while authentication is off. */
export const openCaller: Caller = {
  kind: 'open',
  id: 'open',
  name: 'anonymous',
  owns: [],
  grants: [{ project: '*', role: 'owner', payloads: true }],
};

/** Who asks without credentials. */
export const nobody: Caller = { kind: 'nobody', id: 'nobody', name: 'nobody', owns: [], grants: [] };

/** What was found out about whoever signs in elsewhere. */
export interface Directory {
  /** The grants that projects have given to any of these subjects (`user:…`, an e-mail address, `group:…`). */
  grantsOf(subjects: readonly string[]): Promise<Grant[]>;
  /** Members have changed: what was looked up before is not believed any more. */
  forget(): void;
}
