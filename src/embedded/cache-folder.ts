import { join } from 'node:path';

/** Folder in which downloads and what was costly to make are kept between starts. */
export function cacheFolder(env: NodeJS.ProcessEnv, home: string): string {
  return env.CARILLON_CACHE || join(env.XDG_CACHE_HOME || join(home, '.cache'), 'carillon');
}
