/** `npm run bench`: installs and builds what is missing or old, then asks the questions of bench/. */
import { spawnSync } from 'node:child_process';
import { argv, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

await install();
const { build } = await import('./build.mjs');
await build({ say: (line) => console.log(line) });
const cwd = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync(execPath, ['--import', 'tsx', 'bench/run.ts', ...argv.slice(2)], {
  cwd,
  stdio: 'inherit',
});
exit(status ?? 1);
