import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Where to find a process entry of ours: built beside this file, or as source when this file runs as source.
 * @param name path below src/ without extension, such as `worker/main`
 */
export function entryPoint(name: string): { path: string; execArgv: string[] } {
  const extension = extname(fileURLToPath(import.meta.url));
  return {
    path: fileURLToPath(new URL(`../${name}${extension}`, import.meta.url)),
    execArgv:
      extension === '.ts' ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [],
  };
}
