import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CarillonError, show } from '../../core/errors.js';
import { secretFault, secretNamePattern } from '../../core/secret.js';
import type { TaskSecrets } from '../../core/task/services.js';
import type { StoredSecrets } from './stored.js';

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
      if (!secretNamePattern.test(name)) throw unknown(name, folder);
      const variable = secretVariable(name);
      const value =
        (reserved.includes(variable) ? undefined : env[variable]) ??
        (folder === undefined ? undefined : await fileIn(folder, name));
      if (value === undefined || value === '') throw unknown(name, folder);
      return usable(name, value);
    },
  };
}

/** Secrets of a project: those it has stored, before those of the process. */
export function secretsOfProject(project: string, stored: StoredSecrets, own: TaskSecrets): TaskSecrets {
  return {
    async get(name) {
      const value = secretNamePattern.test(name) ? await stored(project, name) : undefined;
      return value ?? own.get(name);
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
  const fault = secretFault(value);
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
    hint: secretNamePattern.test(name)
      ? `Store it by \`carillon secrets put\`, set ${secretVariable(name)}${folder ? `, or put it into a file ${name} in ${folder}` : ', or name a folder of secrets'}.`
      : 'Names are letters, digits, dots, dashes and underscores.',
  });
}
