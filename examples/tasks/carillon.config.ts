import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, defineTask } from 'carillon';
import { z } from 'zod';

/** An error with a code of its own: the ledger shows it, and `retry.nonRetryableErrors` can name it. */
class DiskLow extends Error {
  readonly code = 'DISK_LOW';
}

const diskCheck = defineTask({
  name: 'disk.check',
  description: 'Fails when a disk has less free space than it should.',
  input: z.strictObject({
    path: z.string().default('/').describe('A path on the disk.'),
    minimumFreeBytes: z.number().int().positive().describe('Less free space than this is a failure.'),
  }),
  timeout: '30s',
  async run(context, { path, minimumFreeBytes }) {
    const { bavail, bsize } = await statfs(path);
    const freeBytes = bavail * bsize;
    context.log('Looked at the disk.', { path, freeBytes });
    if (freeBytes < minimumFreeBytes) throw new DiskLow(`${path} has ${freeBytes} bytes left`);
    return { freeBytes };
  },
});

export default defineConfig({
  tasks: [diskCheck],
  // What the examples in ../jobs work with.
  databases: { main: { url: `sqlite:${join(tmpdir(), 'carillon-example.db')}` } },
  steps: { processes: true, docker: { images: ['busybox:*'] } },
});
