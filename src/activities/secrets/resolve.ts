import type { TaskSecrets } from '../../core/task/services.js';
import type { Mask } from './mask.js';

const reference = /(?<![A-Za-z0-9])secret:\/\/([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)/g;

/**
 * The value with every `secret://name`, in whatever text it stands and however deep, replaced by the secret. Names of
 * fields stay. The same value when nothing refers to a secret.
 * @throws CarillonError SECRET_UNKNOWN, SECRET_INVALID
 */
export async function resolveSecrets<Value>(value: Value, secrets: TaskSecrets): Promise<Value> {
  const names = new Set<string>();
  collect(value, names);
  if (names.size === 0) return value;
  const known = new Map<string, string>();
  for (const name of names) known.set(name, await secrets.get(name));
  return replaced(value, known) as Value;
}

/** The same in an address, where secrets are written as an address takes them. */
export function resolveInAddress(address: string, secrets: TaskSecrets): Promise<string> {
  return resolveSecrets(address, { get: async (name) => encodeURIComponent(await secrets.get(name)) });
}

/** Secrets that the mask learns as they are read. */
export function maskedSecrets(secrets: TaskSecrets, mask: Mask): TaskSecrets {
  return {
    async get(name) {
      const value = await secrets.get(name);
      mask.add(value);
      return value;
    },
  };
}

function collect(value: unknown, names: Set<string>): void {
  if (typeof value === 'string') {
    if (value.includes('secret://')) for (const [, name] of value.matchAll(reference)) names.add(name as string);
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) collect(inner, names);
  }
}

function replaced(value: unknown, known: Map<string, string>): unknown {
  if (typeof value === 'string') return value.replace(reference, (_, name: string) => known.get(name) as string);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => replaced(one, known));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, replaced(inner, known)]));
}
