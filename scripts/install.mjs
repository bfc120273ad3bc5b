import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exit, platform, versions } from 'node:process';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const minimum = [20, 19];

/** Installs what the lockfile asks for, if it is not there. Ends the process, with the reason, when it cannot be. */
export async function install() {
  const [major, minor] = versions.node.split('.').map(Number);
  if (major < minimum[0] || (major === minimum[0] && minor < minimum[1])) {
    console.error(`Carillon needs Node ${minimum.join('.')} or later, got ${versions.node}. See https://nodejs.org/.`);
    exit(1);
  }
  if (!isInstalled()) await withLock(join(root, '.cache/install.lock'), () => isInstalled() || installAll());
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

function installAll() {
  console.log('Installing dependencies (npm ci)');
  const { status, stdout, stderr, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
    shell: platform === 'win32',
  });
  if (status === 0) return;
  console.error(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}\nInstalling dependencies failed: see above.`);
  exit(1);
}
