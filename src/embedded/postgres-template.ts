import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

/**
 * Makes a new database folder out of a copy kept in the cache: initialising one takes 4 s, copying it less than 1 s.
 * The folder appears in one step, so that being killed in between never leaves half a database behind.
 * @param data folder of the database; one that exists is left alone
 * @param cache folder in which the copy is kept, one for each version of PGlite
 */
export async function prepareDatabase(data: string, cache: string): Promise<void> {
  if (existsSync(data)) return;
  const template = join(cache, `postgres-${pgliteVersion()}`);
  if (!existsSync(template)) await makeTemplate(cache, template);
  const part = `${data}.part`;
  rmSync(part, { recursive: true, force: true });
  cpSync(template, part, { recursive: true });
  renameSync(part, data);
}

async function makeTemplate(cache: string, template: string): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, 'postgres-'));
  try {
    const database = await PGlite.create(join(draft, 'data'));
    await database.close();
    renameSync(join(draft, 'data'), template);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(template)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  return (JSON.parse(readFileSync(join(dirname(entry), '../package.json'), 'utf8')) as { version: string }).version;
}
