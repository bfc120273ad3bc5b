import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import type { CarillonConfig } from '../../../../src/core/task/config.js';
import type { TaskContext } from '../../../../src/core/task/context.js';
import { giveUp, retryAfter, skip } from '../../../../src/core/task/outcome.js';
import type { AnyTask } from '../../../../src/core/task/task.js';

class OutOfPaper extends Error {
  readonly code = 'OUT_OF_PAPER';
}

const forever = () => {
  for (;;);
};

function work(name: string, run: (context: TaskContext, input: { n: number }) => unknown): AnyTask {
  return { name, input: z.strictObject({ n: z.coerce.number().default(0) }), run };
}

/** Tasks as people write them who mean no harm, and some who do. */
export default {
  hosts: { memoryMb: 64 },
  tasks: [
    work('double', (_, { n }) => ({ twice: 2 * n, pid: process.pid })),
    work('throws', () => {
      throw new OutOfPaper('tray 2 is empty', { cause: new TypeError('no sheet') });
    }),
    work('throws.late', async () => {
      setTimeout(() => {
        throw new RangeError('out of reach');
      });
      await new Promise(() => {});
    }),
    work('exits', (_, { n }) => process.exit(n)),
    work('kills', () => {
      process.kill(process.pid, 'SIGTERM');
      return new Promise(() => {});
    }),
    work('spins', (context) => {
      context.log('spinning', { pid: process.pid });
      return new Promise((resolve) => setTimeout(() => resolve(forever()), 20));
    }),
    work('spins.after', () => {
      setTimeout(forever, 20);
      return process.pid;
    }),
    work('eats.objects', () => {
      const all: unknown[] = [];
      for (;;) all.push(Array.from({ length: 1000 }, () => ({})));
    }),
    work('eats.buffers', async () => {
      const all: Buffer[] = [];
      for (;;) {
        all.push(Buffer.alloc(8 * 1024 * 1024, 1));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }),
    work('never.ends', () => new Promise((resolve) => setTimeout(resolve, 2 ** 30))),
    work('prints', async (_, { n }) => {
      console.log('first');
      console.error('trouble');
      const megabyte = 'x'.repeat(1023).concat('\n').repeat(1024);
      for (let count = 0; count < n; count++) {
        if (!process.stdout.write(megabyte)) await once(process.stdout, 'drain');
      }
      process.stdout.write('without an end');
      return n;
    }),
    work('logs', (context, { n }) => {
      for (let count = 0; count < n; count++) context.log('line', { count });
    }),
    work('tells', async (context) => {
      context.log.warn('look', { at: 1, gone: undefined, big: 1n });
      for (let done = 1; done <= 1000; done++) context.progress(done, 1000, 'rows');
      for (let id = 1; id <= 1000; id++) context.heartbeat({ id });
      const last = await context.lastSuccess();
      const { runId, attempt, scheduledAt, heartbeatDetails } = context;
      return { runId, attempt, scheduledAt, heartbeatDetails, last, secret: await context.secrets.get('token') };
    }),
    work('listens', (context) => {
      context.heartbeat('ready');
      return new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(context.signal.reason)));
    }),
    work('spawns', async (context) => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      context.heartbeat(child.pid);
      await new Promise(() => {});
    }),
    work('outcomes', (_, { n }) => [retryAfter('5m', 'soon'), giveUp('no'), skip('nothing new')][n]),
    work('circular', () => {
      const result: Record<string, unknown> = {};
      result.self = result;
      return result;
    }),
    { ...work('checked', () => ({ n: 'x' })), output: z.object({ n: z.number() }) },
  ],
} satisfies CarillonConfig;
