import { fileURLToPath } from 'node:url';
import { CarillonError, show } from '../core/errors.js';
import { configuredKeyRing, sealsPayloads } from '../keyring/configured.js';
import type { KeyRing } from '../keyring/key-ring.js';

export interface WorkerSettings {
  databaseUrl: string;
  temporalAddress: string;
  namespace: string;
  taskQueue: string;
  lanes: 'scheduler' | 'heavy';
  concurrency: number;
  maxCachedJobs: number;
  tasksModule?: string;
  /** Networks that tasks may call beside the public internet; undefined: as the configuration says. */
  httpAllow?: string[];
  /** Address of the object store; it outranks the configuration's. */
  objects?: string;
  /** Folder of secrets; it outranks the configuration's. */
  secretsFolder?: string;
  bundlePath: string;
  /** Opens stored secrets and sealed payloads; undefined: no key is given. */
  keyRing?: KeyRing;
  /** Whether payloads go to Temporal sealed. */
  sealPayloads: boolean;
}

/**
 * Reads a worker's settings from the environment.
 *
 * | variable | meaning | default |
 * |---|---|---|
 * | CARILLON_DATABASE_URL | PostgreSQL | required |
 * | TEMPORAL_ADDRESS | host:port of the Temporal frontend | 127.0.0.1:7233 |
 * | TEMPORAL_NAMESPACE | Temporal namespace | default |
 * | CARILLON_TASK_QUEUE | task queue of the scheduler | carillon |
 * | CARILLON_LANES | `scheduler` (jobs, light, standard) or `heavy` | scheduler |
 * | CARILLON_CONCURRENCY | attempts at the same time | 100 |
 * | CARILLON_MAX_CACHED_JOBS | jobs kept in memory | 2000 |
 * | CARILLON_TASKS | module with the user's tasks | carillon.config.* in the working folder |
 * | CARILLON_HTTP_ALLOW | networks that tasks may call beside the public internet, CIDR with commas between | none |
 * | CARILLON_OBJECTS | object store: `file:///folder` or `s3://bucket/prefix?region=…` | what the configuration says |
 * | CARILLON_SECRETS_FOLDER | folder with one file per secret | what the configuration says |
 * | CARILLON_SECRET_KEY | keys of 32 bytes in base64, commas between; the first one seals | none |
 * | CARILLON_SECRET_KEY_FILE | file that holds them | none |
 * | CARILLON_PAYLOAD_ENCRYPTION | `1`: payloads go to Temporal sealed | |
 *
 * @throws CarillonError CONFIG_INVALID
 */
export function readWorkerSettings(env: NodeJS.ProcessEnv): WorkerSettings {
  const lanes = env.CARILLON_LANES || 'scheduler';
  if (lanes !== 'scheduler' && lanes !== 'heavy') throw invalid('CARILLON_LANES', lanes, '`scheduler` or `heavy`');
  const keyRing = configuredKeyRing({ keys: env.CARILLON_SECRET_KEY, file: env.CARILLON_SECRET_KEY_FILE });
  return {
    databaseUrl: env.CARILLON_DATABASE_URL || missing('CARILLON_DATABASE_URL'),
    temporalAddress: env.TEMPORAL_ADDRESS || '127.0.0.1:7233',
    namespace: env.TEMPORAL_NAMESPACE || 'default',
    taskQueue: env.CARILLON_TASK_QUEUE || 'carillon',
    lanes,
    concurrency: positive(env, 'CARILLON_CONCURRENCY', 100),
    maxCachedJobs: positive(env, 'CARILLON_MAX_CACHED_JOBS', 2000),
    tasksModule: env.CARILLON_TASKS || undefined,
    httpAllow: env.CARILLON_HTTP_ALLOW?.split(',').filter((network) => network.trim() !== ''),
    objects: env.CARILLON_OBJECTS || undefined,
    secretsFolder: env.CARILLON_SECRETS_FOLDER || undefined,
    keyRing,
    sealPayloads: sealsPayloads(env.CARILLON_PAYLOAD_ENCRYPTION, keyRing),
    bundlePath: fileURLToPath(new URL('../workflow-bundle.js', import.meta.url)),
  };
}

function positive(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (!text) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw invalid(name, text, 'a whole number above zero');
}

function missing(name: string): never {
  throw invalid(name, undefined, 'set');
}

function invalid(name: string, value: unknown, wanted: string): CarillonError {
  return new CarillonError(
    'CONFIG_INVALID',
    `Expected the environment variable ${name} to be ${wanted}, got ${show(value)}.`,
    {
      field: name,
      value,
      hint: 'See docs/configuration.md.',
    },
  );
}
