import type { z } from 'zod';
import { CarillonError, show } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import { secretContext, secretFault } from '../../core/secret.js';
import type { KeyRing } from '../../keyring/key-ring.js';
import type { SecretKey } from '../../store/store.js';
import type { InnerContext } from '../context.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import type { secretListInput, secretPutInput, secretRef, secretRotateInput } from './inputs.js';
import type { SecretRotateView, SecretView } from './views.js';

/** Others that put the same secret at the same moment are outlived by trying again. */
const mostTries = 10;

/** @throws CarillonError INPUT_INVALID, CONFIG_INVALID without a key, LIMIT_EXCEEDED when others keep writing it */
export async function putSecret(
  { store, keyRing, now }: InnerContext,
  { project, name, value, by }: z.output<typeof secretPutInput>,
): Promise<SecretView> {
  const bytes = bytesOf(value);
  assertLasting(keyRing);
  for (let tries = 0; tries < mostTries; tries++) {
    const version = ((await store.secrets.get(project, name))?.version ?? 0) + 1;
    const sealed = keyRing.seal('secret', bytes, secretContext({ project, name, version }));
    const row = await store.secrets.put({
      ...{ project, name, version, sealed, keyId: keyRing.currentId, at: isoTime(now()), by },
    });
    if (row) return row;
  }
  throw new CarillonError('LIMIT_EXCEEDED', `Others keep replacing the secret ${show(name)}.`, {
    field: 'name',
    value: name,
    hint: 'Try again.',
  });
}

export async function listSecrets(
  { store, keyRing }: InnerContext,
  { project, limit, cursor }: z.output<typeof secretListInput>,
): Promise<{ items: SecretView[]; nextCursor: string | null }> {
  const query = { list: 'secrets', project };
  const after = cursor === undefined ? undefined : decodeCursor<{ name: string }>(keyRing, query, cursor);
  const page = await store.secrets.list(project, { limit, after });
  return { items: page.items, nextCursor: page.next && encodeCursor(keyRing, query, page.next) };
}

/** @throws CarillonError SECRET_NOT_FOUND */
export async function deleteSecret(
  { store }: InnerContext,
  { project, name }: z.output<typeof secretRef>,
): Promise<{ deleted: true }> {
  if (await store.secrets.delete(project, name)) return { deleted: true };
  throw new CarillonError(
    'SECRET_NOT_FOUND',
    `Expected \`name\` to be a secret of project ${show(project)}, got ${show(name)}.`,
    { field: 'name', value: name, hint: 'List the secrets of the project, and check its name.' },
  );
}

/** Seals anew what is sealed with an earlier key. @throws CarillonError CONFIG_INVALID without a key */
export async function rotateSecrets(
  { store, keyRing }: InnerContext,
  { limit, cursor }: z.output<typeof secretRotateInput>,
): Promise<SecretRotateView> {
  assertLasting(keyRing);
  const { currentId: keyId } = keyRing;
  const query = { list: 'secrets.rotate' };
  const after = cursor === undefined ? undefined : decodeCursor<SecretKey>(keyRing, query, cursor);
  const page = await store.secrets.sealedOtherwise(keyId, { limit, after });
  const unreadable: SecretRotateView['unreadable'] = [];
  let rotated = 0;
  for (const secret of page.items) {
    const context = secretContext(secret);
    try {
      const sealed = keyRing.seal('secret', keyRing.open('secret', secret.sealed, context), context);
      // Replaced meanwhile, it has the new key by that.
      if (await store.secrets.reseal({ ...secret, sealed }, keyId)) rotated += 1;
    } catch (error) {
      const { code } = error as CarillonError;
      if (code !== 'ENCRYPTION_KEY_UNKNOWN' && code !== 'DECRYPTION_FAILED') throw error;
      unreadable.push({ project: secret.project, name: secret.name, code });
    }
  }
  return { keyId, rotated, unreadable, nextCursor: page.next && encodeCursor(keyRing, query, page.next) };
}

/** No error quotes the value. */
function bytesOf(value: unknown): Buffer {
  const fault = typeof value === 'string' ? secretFault(value) : 'text';
  if (fault === undefined) return Buffer.from(value as string);
  throw new CarillonError('INPUT_INVALID', `Expected \`value\` to be ${fault}.`, {
    field: 'value',
    hint: 'Nothing was stored.',
  });
}

function assertLasting(keyRing: KeyRing): void {
  if (keyRing.durable) return;
  throw new CarillonError('CONFIG_INVALID', 'Expected `CARILLON_SECRET_KEY` to be set, got nothing.', {
    field: 'CARILLON_SECRET_KEY',
    hint: 'Make a key by `openssl rand -base64 32` and give it to API and workers; see docs/secrets.md.',
  });
}
