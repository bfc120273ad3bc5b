import { Worker } from 'node:worker_threads';

/** Of the pipe to the worker. */
const link = 4;

/**
 * Starts a thread that ends this process, and whatever it started, when the worker is gone or the memory is; of the
 * latter it tells the worker. A thread, because a task that spins stops the one it runs in; as text, because a thread
 * takes no module that is not compiled.
 * @param rssBound bytes
 */
export function startWatchdog(rssBound: number): void {
  new Worker(source, { eval: true, execArgv: [], workerData: { link, rssBound } }).unref();
}

const source = `
const { writeSync } = require('node:fs');
const { Socket } = require('node:net');
const { link, rssBound } = require('node:worker_threads').workerData;
const end = () => process.kill(-process.pid, 'SIGKILL');
new Socket({ fd: link }).on('error', end).on('close', end).resume();
setInterval(() => {
  if (process.memoryUsage.rss() < rssBound) return;
  try {
    writeSync(link, 'memory');
  } finally {
    end();
  }
}, 100);
`;
