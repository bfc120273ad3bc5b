/** `npm start`: installs and builds what is missing or old, then runs src/embedded in this process. Plain Node. */
import { exit } from 'node:process';
import { install } from './install.mjs';

await install();
try {
  const { build } = await import('./build.mjs');
  await build({ say: (line) => console.log(line) });
} catch (error) {
  console.error(error.message);
  exit(1);
}
await import('../dist/embedded/main.js');
