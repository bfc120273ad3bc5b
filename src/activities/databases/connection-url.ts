import { CarillonError, show } from '../../core/errors.js';
import type { SqlDialect } from '../../core/task/services.js';

/** Where a named connection leads. */
export interface ConnectionUrl {
  dialect: SqlDialect;
  /** As the driver takes it; of SQLite, the path of the file. */
  address: string;
  /** Puts `***` where a text shows the password. */
  mask(text: string): string;
}

const dialects: Record<string, SqlDialect> = { postgresql: 'postgresql', postgres: 'postgresql', mysql: 'mysql' };

/** @throws CarillonError CONFIG_INVALID, which shows the scheme and nothing else of the address */
export function readConnectionUrl(name: string, url: string): ConnectionUrl {
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? '';
  if (scheme === 'sqlite') {
    const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    // Every statement may run in another process: a database in memory would be another one each time.
    if (path === '' || path === ':memory:') throw invalid(name, scheme, 'sqlite:PATH with the path of a file');
    return { dialect: 'sqlite', address: path, mask: (text) => text };
  }
  const dialect = dialects[scheme];
  if (!dialect || !URL.canParse(url)) {
    throw invalid(name, scheme, 'postgresql://…, mysql://… or sqlite:PATH');
  }
  const { password, searchParams } = new URL(url);
  const secrets = [password, decoded(password), searchParams.get('password') ?? ''].filter((text) => text !== '');
  return {
    dialect,
    address: url,
    mask: (text) => [url, ...secrets].reduce((masked, secret) => masked.replaceAll(secret, '***'), text),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(name: string, scheme: string, wanted: string): CarillonError {
  const field = `databases.${name}.url`;
  return new CarillonError('CONFIG_INVALID', `Expected \`${field}\` to be ${wanted}, got the scheme ${show(scheme)}.`, {
    field,
    hint: 'See docs/databases.md.',
  });
}
