import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';

/** An S3 of its own, in this process. @returns the address of an empty bucket, with `prefix` in it */
export async function startS3(): Promise<{
  bucket(name: string, prefix?: string): Promise<string>;
  close(): Promise<void>;
}> {
  const directory = mkdtempSync(join(tmpdir(), 'carillon-s3-'));
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory });
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    async bucket(name, prefix = '') {
      const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
      const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
      await client.send(new CreateBucketCommand({ Bucket: name }));
      client.destroy();
      return `s3://${name}/${prefix}?region=us-east-1&endpoint=${encodeURIComponent(endpoint)}`;
    },
    async close() {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
