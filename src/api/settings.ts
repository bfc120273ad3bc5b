import { schedulerTaskQueue } from '../core/contract.js';
import { CarillonError } from '../core/errors.js';
import { configuredKeyRing, sealsPayloads } from '../keyring/configured.js';
import type { KeyRing } from '../keyring/key-ring.js';

export interface ApiSettings {
  databaseUrl: string;
  temporalAddress: string;
  namespace: string;
  taskQueue: string;
  host: string;
  port: number;
  insecureHost: boolean;
  /** Module with the user's tasks. */
  tasks?: string;
  temporalUi?: string;
  /** Address of the object store; it outranks the configuration's. */
  objects?: string;
  /** Seals and signs; undefined: no key is given. */
  keyRing?: KeyRing;
  /** Whether payloads go to Temporal sealed. */
  sealPayloads: boolean;
}

/**
 * Reads the API process's environment.
 * @throws CarillonError CONFIG_INVALID
 */
export function readSettings(env: NodeJS.ProcessEnv): ApiSettings {
  const databaseUrl = env.CARILLON_DATABASE_URL;
  if (!databaseUrl) {
    throw new CarillonError('CONFIG_INVALID', 'Expected `CARILLON_DATABASE_URL` to be set, got nothing.', {
      field: 'CARILLON_DATABASE_URL',
      hint: 'Set it to a PostgreSQL address, or run `npm start`, which brings a database along.',
    });
  }
  const port = Number(env.CARILLON_API_PORT ?? 7070);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected \`CARILLON_API_PORT\` to be a port, got ${env.CARILLON_API_PORT}.`,
      {
        field: 'CARILLON_API_PORT',
        value: env.CARILLON_API_PORT,
        hint: 'Use a number from 1 to 65535, or 0 for a free port.',
      },
    );
  }
  const keyRing = configuredKeyRing({ keys: env.CARILLON_SECRET_KEY, file: env.CARILLON_SECRET_KEY_FILE });
  return {
    databaseUrl,
    temporalAddress: env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233',
    namespace: env.TEMPORAL_NAMESPACE ?? 'default',
    taskQueue: env.CARILLON_TASK_QUEUE ?? schedulerTaskQueue,
    host: env.CARILLON_API_HOST ?? '127.0.0.1',
    port,
    insecureHost: env.CARILLON_API_INSECURE_HOST === '1',
    tasks: env.CARILLON_TASKS || undefined,
    temporalUi: env.CARILLON_TEMPORAL_UI || undefined,
    objects: env.CARILLON_OBJECTS || undefined,
    keyRing,
    sealPayloads: sealsPayloads(env.CARILLON_PAYLOAD_ENCRYPTION, keyRing),
  };
}
