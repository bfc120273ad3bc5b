/**
 * Process entry: starts one Temporal server and ends it when asked to, or when whoever started this guardian is gone,
 * even by kill -9. Sends {type: 'ready'} once the server answers.
 *
 * Arguments: executable, address, pid file or '', and the server's own arguments.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { namespaceAnswers } from './probe.js';

const graceMs = 8000;
const [executable, address, pidFile, ...args] = process.argv.slice(2) as [string, string, string, ...string[]];

if (pidFile) endLeftOver(pidFile);
const server = spawn(executable, args, { stdio: ['ignore', 'ignore', 'inherit'] });
if (pidFile && server.pid) writeFileSync(pidFile, String(server.pid));
server.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
let ending = false;
server.once('exit', (code) => {
  if (pidFile) rmSync(pidFile, { force: true });
  process.exit(ending ? 0 : code || 1);
});

const end = () => {
  ending = true;
  server.kill('SIGTERM');
  setTimeout(() => server.kill('SIGKILL'), graceMs).unref();
};
process.once('SIGTERM', end);
process.once('disconnect', end);

while (!ending && !(await namespaceAnswers(address, 'default'))) await delay(25);
process.send?.({ type: 'ready' });

/** Ends a server whose guardian was killed; the pid is believed only if that process has our database open. */
function endLeftOver(file: string): void {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    const database = args[args.indexOf('--db-filename') + 1];
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    if (pid > 1 && database && commandLine.includes(database)) process.kill(pid, 'SIGKILL');
  } catch {
    // No file, no such process, or no /proc: nothing is left over that we could know of.
  }
}
