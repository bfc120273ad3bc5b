import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeApiKey } from '../api/auth/api-key.js';

/** What the parts of an installation know and nobody else does. */
export interface Credentials {
  /** What the API and the workers seal with; undefined: the environment names a file of it. */
  secretKey?: string;
  /** Key of the owner of all projects. */
  adminKey: string;
  /** Where it is kept: the command line finds it there. */
  adminKeyFile: string;
  /** Whether this start made it. */
  isNew: boolean;
}

/** Bytes of AES-256. */
const secretKeyBytes = 32;

/**
 * The keys in a state folder, made when they are not there. What the environment says outranks them; its admin key is kept
 * in the folder, for the command line.
 * @param folder path of the state folder, which belongs to this process
 */
export function openCredentials(folder: string, env: NodeJS.ProcessEnv): Credentials {
  const adminKeyFile = join(folder, 'admin.key');
  const secretKeyFile = join(folder, 'secret.key');
  const kept = readKept(adminKeyFile);
  const adminKey = env.CARILLON_ADMIN_KEY || kept || makeApiKey();
  if (adminKey !== kept) keep(adminKeyFile, adminKey);
  return {
    secretKey: env.CARILLON_SECRET_KEY || (env.CARILLON_SECRET_KEY_FILE ? undefined : secretKeyIn(secretKeyFile)),
    adminKey,
    adminKeyFile,
    isNew: kept === undefined && !env.CARILLON_ADMIN_KEY,
  };
}

function secretKeyIn(file: string): string {
  const kept = readKept(file);
  if (kept) return kept;
  const made = randomBytes(secretKeyBytes).toString('base64');
  keep(file, made);
  return made;
}

function readKept(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined;
}

/** Whole or not at all: half of a key would lock everybody out. */
function keep(file: string, text: string): void {
  const half = `${file}.new`;
  writeFileSync(half, `${text}\n`, { mode: 0o600, flush: true });
  renameSync(half, file);
}
