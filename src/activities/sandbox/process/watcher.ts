import { spawn } from 'node:child_process';
import { find } from './launcher.js';

/** Ends a group, or all of a user's processes, as soon as its input ends. Scripts are fixed; numbers are arguments. */
const scripts = {
  group: 'read -r _; kill -9 -- "-$1"',
  user: 'read -r _; exec "$2" --reuid "$1" --regid "$1" --clear-groups -- /bin/sh -c "kill -9 -1"',
};

/**
 * Watches over the worker: should it die, however hard, its end of the pipe closes, and the step's processes are
 * killed at once. @returns ends the watch
 */
export function watchOver(group: number, uid: number | undefined): () => void {
  const setpriv = find('setpriv');
  const command =
    uid !== undefined && setpriv ? [scripts.user, 'sh', String(uid), setpriv] : [scripts.group, 'sh', String(group)];
  const watcher = spawn('/bin/sh', ['-c', ...command], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A machine that cannot start one more process has the next attempt for a net.
  watcher.on('error', () => {});
  watcher.stdin.on('error', () => {});
  watcher.unref();
  return () => {
    watcher.kill('SIGKILL');
    watcher.stdin.destroy();
  };
}
