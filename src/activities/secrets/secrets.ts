import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CarillonError, show } from '../../core/errors.js';
import type { TaskSecrets } from '../../core/task/services.js';
import { shortestSecret } from './mask.js';

const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;
const longestSecret = 64 * 1024;

export interface SecretSources {
  env: Record<string, string | undefined>;
  /** A file per secret, named by it; a line break at its end is not part of the secret. */
  folder?: string;
}

/** Keys that everything else is sealed with have names like those of secrets; no task gets them. */
const reserved: readonly string[] = ['CARILLON_SECRET_KEY', 'CARILLON_SECRET_KEY_FILE'];

/** The variable that holds a secret: upper case, anything but letters and digits as `_`. */
export function secretVariable(name: string): string {
  return `CARILLON_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

/** Secrets from the environment, else from files. Read anew each time, so that a changed one is used at once. */
export function openSecrets({ env, folder }: SecretSources): TaskSecrets {
  return {
    async get(name) {
      if (!namePattern.test(name)) throw unknown(name, folder);
      const variable = secretVariable(name);
      const value =
        (reserved.includes(variable) ? undefined : env[variable]) ??
        (folder === undefined ? undefined : await fileIn(folder, name));
      if (value === undefined || value === '') throw unknown(name, folder);
      return usable(name, value);
    },
  };
}

async function fileIn(folder: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(join(folder, name), 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const message = `The secret ${show(name)} cannot be read: ${code}.`;
    throw new CarillonError('SECRET_UNKNOWN', message, { field: 'secrets.folder', value: name }, { cause });
  }
}

function usable(name: string, value: string): string {
  const fault =
    value.trim().length < shortestSecret
      ? `of at least ${shortestSecret} characters: a shorter one cannot be hidden in logs`
      : value.length > longestSecret
        ? `of at most ${longestSecret} characters`
        : undefined;
  if (!fault) return value;
  throw new CarillonError('SECRET_INVALID', `Expected the secret ${show(name)} to be ${fault}.`, {
    field: 'secret',
    value: name,
  });
}

function unknown(name: string, folder: string | undefined): CarillonError {
  return new CarillonError('SECRET_UNKNOWN', `Expected \`secret\` to be one this worker has, got ${show(name)}.`, {
    field: 'secret',
    value: name,
    hint: namePattern.test(name)
      ? `Set ${secretVariable(name)}${folder ? `, or put it into a file ${name} in ${folder}` : ', or name a folder of secrets'}.`
      : 'Names are letters, digits, dots, dashes and underscores.',
  });
}
