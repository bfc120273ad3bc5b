import { secretContext } from '../../core/secret.js';
import type { KeyRing } from '../../keyring/key-ring.js';
import type { SecretStore } from '../../store/store.js';

/** How long a value is used without asking again, in milliseconds: a replaced secret is used soon after. */
const freshMs = 3000;
/** Names remembered at once. */
const mostKnown = 1000;

/** A project's secret out of the database; undefined when there is none. */
export type StoredSecrets = (project: string, name: string) => Promise<string | undefined>;

/**
 * Opens what projects have stored. A name is asked for every few seconds at most, whether it is there or not.
 * @returns a function that throws CarillonError STORE_UNAVAILABLE, ENCRYPTION_KEY_UNKNOWN, DECRYPTION_FAILED
 */
export function storedSecrets(
  secrets: Pick<SecretStore, 'sealed'>,
  keyRing: Pick<KeyRing, 'open'>,
  now: () => number,
): StoredSecrets {
  const known = new Map<string, { value: Promise<string | undefined>; at: number }>();

  const read = async (project: string, name: string) => {
    const row = await secrets.sealed(project, name);
    return row && keyRing.open('secret', row.sealed, secretContext(row)).toString();
  };

  return (project, name) => {
    const key = `${project}/${name}`;
    const there = known.get(key);
    if (there && now() - there.at < freshMs) return there.value;
    if (known.size >= mostKnown) known.clear();
    const value = read(project, name);
    known.set(key, { value, at: now() });
    // Another call tries again.
    value.catch(() => known.delete(key));
    return value;
  };
}
