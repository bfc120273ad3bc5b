import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const longestWorkMs = 15 * 60_000;

/**
 * Runs `work` while no other process runs work under the same lock file. A lock whose holder is gone is taken over.
 * Plain Node, because it also guards the installation of everything else.
 * @template T
 * @param {string} file
 * @param {() => Promise<T> | T} work
 * @returns {Promise<T>}
 */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  while (!take(file)) await delay(100);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isHeld(file)) rmSync(file, { force: true });
  return false;
}

function isHeld(file) {
  try {
    // A pid may have been given to another process since: age decides as well.
    if (Date.now() - statSync(file).mtimeMs > longestWorkMs) return false;
    const pid = Number(readFileSync(file, 'utf8'));
    // The holder writes its pid right after it made the file.
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
