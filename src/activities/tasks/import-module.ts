import { type NamespacedUnregister, register } from 'tsx/esm/api';

let loader: NamespacedUnregister | undefined;

/**
 * Imports a module, TypeScript or JavaScript. All that are imported so share one graph: what two of them import is
 * loaded once.
 * @param url `file:` URL
 */
export async function importModule(url: string): Promise<Record<string, unknown>> {
  loader ??= register({ namespace: 'carillon-tasks' });
  return loader.import(url, import.meta.url);
}
