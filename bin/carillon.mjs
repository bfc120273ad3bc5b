#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(fileURLToPath(main))) {
  process.stderr.write(
    'error: Carillon is not built yet.\n  → Run `npm run build`, or `npm start`, which builds first.\n',
  );
  process.exit(2);
}
await import(main.href);
