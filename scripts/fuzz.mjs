/**
 * `npm run test:fuzz [-- --max-examples=N --seed=N --max-seconds=N -- options of schemathesis]`: sends what the OpenAPI
 * document allows, and what it forbids, to an API of its own with a worker, and checks every answer against the document.
 * Ends with `N passed, M failed`.
 */
import { spawnSync } from 'node:child_process';
import { argv, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

await install();
const { build } = await import('./build.mjs');
await build({ say: (line) => console.log(line) });
const cwd = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync(execPath, ['--import', 'tsx', 'test/fuzz/run.ts', ...argv.slice(2)], {
  cwd,
  stdio: 'inherit',
});
exit(status ?? 1);
