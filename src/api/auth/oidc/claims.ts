import { z } from 'zod';
import { roles } from '../../../core/access.js';
import { projectName } from '../../../core/definition.js';
import { CarillonError } from '../../../core/errors.js';
import { schemaFault } from '../../../core/schema-fault.js';
import type { Grant } from '../../access/caller.js';

/** A claim by its name, whatever that holds (`https://example.org/roles`), or the way to it: `["realm_access", "roles"]`. */
const place = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
type Place = z.output<typeof place>;

const grant = z.strictObject({
  project: z.union([projectName, z.literal('*')]),
  role: z.enum(roles),
  payloads: z.boolean().default(false),
});

const claimMap = z.strictObject({
  subject: place.default('sub'),
  name: place.default('name'),
  email: place.default('email'),
  /** `true`: the provider lets nobody have an address that is not theirs, and does not say so in each token. */
  emailVerified: z.union([place, z.literal(true)]).default('email_verified'),
  groups: place.default('groups'),
  roles: place.default('roles'),
  /** What groups and roles bring, by their values. */
  grants: z.record(z.string(), z.union([grant.transform((one) => [one]), z.array(grant)])).default({}),
});
/** Where a provider's claims say what, and what follows from them. */
export type ClaimMap = z.output<typeof claimMap>;

/** What a token or a session says of whoever it was issued to. */
export interface Identity {
  /** The subject at its issuer: 1 to 255 visible ASCII characters. */
  subject: string;
  name: string;
  /** In lower case; only when it is verified. */
  email?: string;
  groups: string[];
  roles: string[];
}

/** Longest name, group or role, in characters, and most of each. */
const [maxText, maxValues] = [200, 500];

/** @throws CarillonError CONFIG_INVALID */
export function readClaimMap(text: string, field: string): ClaimMap {
  try {
    const json: unknown = JSON.parse(text);
    const parsed = claimMap.safeParse(json);
    if (parsed.success) return parsed.data;
    throw schemaFault(parsed.error, json);
  } catch (cause) {
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected \`${field}\` to be JSON as docs/oidc.md has it: ${(cause as Error).message}`,
      { field, hint: 'Such as {"groups": "groups", "grants": {"ops": {"project": "*", "role": "operator"}}}.' },
      { cause },
    );
  }
}

/** What the claims say; undefined when they name no subject. */
export function identityOf(map: ClaimMap, claims: Record<string, unknown>): Identity | undefined {
  const subject = claimAt(claims, map.subject);
  if (typeof subject !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(subject)) return undefined;
  const name = claimAt(claims, map.name);
  const email = verifiedEmail(map, claims);
  return {
    subject,
    name: typeof name === 'string' && name !== '' ? name.slice(0, maxText) : (email ?? subject),
    ...(email !== undefined && { email }),
    groups: textsAt(claims, map.groups),
    roles: textsAt(claims, map.roles),
  };
}

/** What groups and roles bring. */
export function mappedGrants(map: ClaimMap, { groups, roles }: Identity): Grant[] {
  const values = new Set([...groups, ...roles]);
  return [...values].flatMap((value) => (Object.hasOwn(map.grants, value) ? (map.grants[value] as Grant[]) : []));
}

/** An address that the provider has not verified is whatever somebody typed, so it counts for nothing. */
function verifiedEmail(map: ClaimMap, claims: Record<string, unknown>): string | undefined {
  const email = claimAt(claims, map.email);
  const verified = map.emailVerified === true || [true, 'true'].includes(claimAt(claims, map.emailVerified) as string);
  if (!verified || typeof email !== 'string' || !/^[^\s:@]{1,64}@[^\s:@]{1,190}$/.test(email)) return undefined;
  return email.toLowerCase();
}

function textsAt(claims: Record<string, unknown>, at: Place): string[] {
  const value = claimAt(claims, at);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values
    .filter((one): one is string => typeof one === 'string' && one !== '' && one.length <= maxText)
    .slice(0, maxValues);
}

function claimAt(claims: Record<string, unknown>, at: Place): unknown {
  return (typeof at === 'string' ? [at] : at).reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined,
    claims,
  );
}
