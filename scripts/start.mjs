/** `npm start`: installs and builds what is missing or old, then runs src/embedded in this process. Plain Node. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exit, platform, stdout, versions } from 'node:process';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const minimum = [20, 19];

const [major, minor] = versions.node.split('.').map(Number);
if (major < minimum[0] || (major === minimum[0] && minor < minimum[1])) {
  console.error(`Carillon needs Node ${minimum.join('.')} or later, got ${versions.node}. See https://nodejs.org/.`);
  exit(1);
}

function packages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Whether node_modules holds what the lockfile asks for. By content: a checkout touches the times of files. */
function isInstalled() {
  const wanted = Object.entries(packages('package-lock.json') ?? {});
  const present = packages('node_modules/.package-lock.json');
  if (!present) return false;
  return wanted.every(([path, { version, optional }]) => {
    const { version: found } = present[path] ?? {};
    return path === '' || found === version || (optional && found === undefined);
  });
}

function install() {
  if (isInstalled()) return;
  stdout.write('Installing dependencies (npm ci)\n');
  if (npm('ci').status === 0) return;
  // `npm ci` refuses a lockfile that lacks packages of other platforms, as one written behind a partial mirror does;
  // installing without saving keeps to the same versions.
  const { status, stdout: written, stderr, error } = npm('install', '--no-save');
  if (status === 0) return;
  console.error(`${written ?? ''}${stderr ?? ''}${error?.message ?? ''}\nInstalling dependencies failed: see above.`);
  exit(1);
}

function npm(...args) {
  return spawnSync('npm', [...args, '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
    shell: platform === 'win32',
  });
}

if (!isInstalled()) await withLock(join(root, '.cache/install.lock'), install);
try {
  const { build } = await import('./build.mjs');
  await build({ say: (line) => console.log(line) });
} catch (error) {
  console.error(error.message);
  exit(1);
}
await import('../dist/embedded/main.js');
