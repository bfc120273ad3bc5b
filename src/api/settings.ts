import { schedulerTaskQueue } from '../core/contract.js';
import { CarillonError, show } from '../core/errors.js';
import { configuredKeyRing, sealsPayloads } from '../keyring/configured.js';
import { KeyRing } from '../keyring/key-ring.js';
import { type OidcSettings, readOidcSettings } from './auth/oidc/settings.js';
import type { RateLimitSettings } from './limits/rate-limits.js';

export interface ApiSettings {
  databaseUrl: string;
  temporalAddress: string;
  namespace: string;
  taskQueue: string;
  host: string;
  port: number;
  /** Whether callers are asked who they are. */
  authenticated: boolean;
  /** Signs and seals. */
  keyRing: KeyRing;
  /** The key of the owner of all projects. */
  adminKey?: string;
  /** Paths of certificate and key. */
  tls?: { cert: string; key: string };
  /** A proxy before the API does TLS. */
  tlsByProxy: boolean;
  /** Module with the user's tasks. */
  tasks?: string;
  temporalUi?: string;
  /** Address of the object store; it outranks the configuration's. */
  objects?: string;
  /** Absent: nobody signs in at an identity provider. */
  oidc?: OidcSettings;
  /** Only what is set. */
  rateLimits: RateLimitSettings;
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
  const authenticated = oneOf('CARILLON_AUTH', env.CARILLON_AUTH, { required: true, off: false }, true);
  const keyRing = configuredKeyRing({ keys: env.CARILLON_SECRET_KEY, file: env.CARILLON_SECRET_KEY_FILE });
  if (authenticated && !keyRing) {
    throw new CarillonError('CONFIG_INVALID', 'Expected `CARILLON_SECRET_KEY` to be set, got nothing.', {
      field: 'CARILLON_SECRET_KEY',
      hint: 'Make one by `npx carillon keys generate`, and keep it; or turn authentication off by CARILLON_AUTH=off.',
    });
  }
  return {
    databaseUrl,
    temporalAddress: env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233',
    namespace: env.TEMPORAL_NAMESPACE ?? 'default',
    taskQueue: env.CARILLON_TASK_QUEUE ?? schedulerTaskQueue,
    host: env.CARILLON_API_HOST ?? '127.0.0.1',
    port: portOf(env.CARILLON_API_PORT),
    authenticated,
    keyRing: keyRing ?? KeyRing.wellKnown(),
    adminKey: env.CARILLON_ADMIN_KEY || undefined,
    tls: tlsOf(env.CARILLON_TLS_CERT, env.CARILLON_TLS_KEY),
    tlsByProxy: oneOf('CARILLON_TLS_BY_PROXY', env.CARILLON_TLS_BY_PROXY, { '1': true, '0': false }, false),
    tasks: env.CARILLON_TASKS || undefined,
    temporalUi: env.CARILLON_TEMPORAL_UI || undefined,
    objects: env.CARILLON_OBJECTS || undefined,
    oidc: readOidcSettings(env),
    rateLimits: {
      ...limit('perCaller', env, 'CARILLON_RATE_LIMIT'),
      ...limit('perAddress', env, 'CARILLON_RATE_LIMIT_ADDRESS'),
      ...limit('failures', env, 'CARILLON_RATE_LIMIT_FAILURES'),
    },
    sealPayloads: sealsPayloads(env.CARILLON_PAYLOAD_ENCRYPTION, keyRing),
  };
}

function limit(name: keyof RateLimitSettings, env: NodeJS.ProcessEnv, field: string): RateLimitSettings {
  const text = env[field];
  if (text === undefined || text === '') return {};
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return { [name]: value };
  throw new CarillonError('CONFIG_INVALID', `Expected \`${field}\` to be a number, 0 or more, got ${text}.`, {
    field,
    value: text,
    hint: 'Write how many requests there may be, or 0 for no limit.',
  });
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? 7070);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new CarillonError('CONFIG_INVALID', `Expected \`CARILLON_API_PORT\` to be a port, got ${text}.`, {
    field: 'CARILLON_API_PORT',
    value: text,
    hint: 'Use a number from 1 to 65535, or 0 for a free port.',
  });
}

function tlsOf(cert: string | undefined, key: string | undefined): ApiSettings['tls'] {
  if (cert && key) return { cert, key };
  if (!cert && !key) return undefined;
  const [missing, given] = cert ? ['CARILLON_TLS_KEY', 'CARILLON_TLS_CERT'] : ['CARILLON_TLS_CERT', 'CARILLON_TLS_KEY'];
  throw new CarillonError('CONFIG_INVALID', `Expected \`${missing}\` to be set beside \`${given}\`, got nothing.`, {
    field: missing,
    hint: 'Set both to paths of PEM files, or none.',
  });
}

function oneOf<Value>(field: string, text: string | undefined, values: Record<string, Value>, fallback: Value): Value {
  if (!text) return fallback;
  if (Object.hasOwn(values, text)) return values[text] as Value;
  const names = Object.keys(values);
  throw new CarillonError('CONFIG_INVALID', `Expected \`${field}\` to be ${names.join(' or ')}, got ${show(text)}.`, {
    field,
    value: text,
    hint: 'See docs/configuration.md.',
  });
}
