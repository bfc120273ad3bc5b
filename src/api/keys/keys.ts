import type { z } from 'zod';
import { type Right, roleRights } from '../../core/access.js';
import { CarillonError, show } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import type { KeyPlace, KeyRow } from '../../store/store.js';
import { makeApiKey, shownPrefix } from '../auth/api-key.js';
import type { Context } from '../context.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { assertMayGive } from './giving.js';
import type { keyCreateInput, keyListInput, keyRef } from './inputs.js';
import type { KeyCreatedView, KeyPage, KeyView } from './views.js';

type Ref = z.output<typeof keyRef>;
type Creation = z.output<typeof keyCreateInput>;

/** @throws CarillonError FORBIDDEN when the key could do more than the caller */
export async function createKey(ctx: Context, input: Creation): Promise<KeyCreatedView> {
  const { store, keyRing, caller, now, randomText } = ctx;
  const { project, name, role, payloads, scopes, owns = [name], expiresAt } = input;
  checkScopes(input);
  checkExpiry(expiresAt, now());
  assertMayGive(caller, input);
  const key = makeApiKey();
  const row: KeyRow = {
    ...{ keyId: randomText(12), project, name, role, payloads, owns },
    ...(scopes && { scopes: [...new Set(scopes)] }),
    ...{ prefix: shownPrefix(key), mac: keyRing.mac('api-key', key).toString('hex') },
    ...{ createdAt: isoTime(now()), createdBy: caller.name },
    ...(expiresAt !== undefined && { expiresAt: isoTime(Date.parse(expiresAt)) }),
  };
  await store.keys.add(row);
  return { ...viewKey(row, now()), key };
}

/** @throws CarillonError KEY_NOT_FOUND */
export async function readKey({ store, now }: Context, { project, id }: Ref): Promise<KeyView> {
  const row = await store.keys.get(project, id);
  if (!row) throw notFound(project, id);
  return viewKey(row, now());
}

export async function listKeys(
  { store, keyRing, now }: Context,
  { project, usable, limit, cursor }: z.output<typeof keyListInput>,
): Promise<KeyPage> {
  const query = { list: 'keys', project, usable };
  const after = cursor === undefined ? undefined : decodeCursor<KeyPlace>(keyRing, query, cursor);
  const page = await store.keys.list(project, { limit, after }, usable ? isoTime(now()) : undefined);
  return {
    items: page.items.map((row) => viewKey(row, now())),
    nextCursor: page.next && encodeCursor(keyRing, query, page.next),
  };
}

/**
 * Revoking a key again changes nothing.
 * @throws CarillonError KEY_NOT_FOUND, FORBIDDEN when it may do more than the caller
 */
export async function revokeKey({ store, caller, now }: Context, { project, id }: Ref): Promise<KeyView> {
  const there = await store.keys.get(project, id);
  if (!there) throw notFound(project, id);
  assertMayGive(caller, there);
  const row = await store.keys.revoke(project, id, isoTime(now()), caller.name);
  if (!row) throw notFound(project, id);
  return viewKey(row, now());
}

/** A scope that the role does not bring would do nothing: whoever writes it means something else. */
function checkScopes({ role, payloads, project, scopes = [] }: Creation): void {
  const brings = (right: Right) =>
    right === 'payloads:read'
      ? payloads
      : right === 'instance:manage'
        ? project === '*' && role === 'owner'
        : roleRights[role][right] !== undefined;
  const idle = scopes.find((right) => !brings(right));
  if (idle === undefined) return;
  throw new CarillonError(
    'INPUT_INVALID',
    `Expected \`scopes\` to be rights of ${role}${payloads ? ' with payloads' : ''}, got ${idle}.`,
    { field: 'scopes', value: scopes, hint: 'Leave it out, or choose a role that has it; see docs/api-keys.md.' },
  );
}

function checkExpiry(expiresAt: string | undefined, now: number): void {
  if (expiresAt === undefined || Date.parse(expiresAt) > now) return;
  throw new CarillonError('INPUT_INVALID', `Expected \`expiresAt\` to be in the future, got ${expiresAt}.`, {
    field: 'expiresAt',
    value: expiresAt,
    hint: 'Leave it out for a key that is good until it is revoked.',
  });
}

function viewKey({ keyId, mac: _mac, ...row }: KeyRow, now: number): KeyView {
  const expired = row.expiresAt !== undefined && Date.parse(row.expiresAt) <= now;
  return { id: keyId, state: row.revokedAt !== undefined ? 'revoked' : expired ? 'expired' : 'active', ...row };
}

function notFound(project: string, id: string): CarillonError {
  return new CarillonError(
    'KEY_NOT_FOUND',
    `Expected \`id\` to be a key of project ${show(project)}, got ${show(id.slice(0, 12))}.`,
    { field: 'id', hint: 'List the keys of the project; an id is neither a key nor its prefix.' },
  );
}
