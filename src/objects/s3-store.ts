import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { CarillonError } from '../core/errors.js';
import { notFound } from './file-store.js';
import { assertKey } from './key.js';
import type { ObjectBody, ObjectInfo, ObjectPage, ObjectStore } from './object-store.js';

export interface S3Options {
  bucket: string;
  /** Before every key, without slashes at its ends; may be empty. */
  prefix: string;
  region?: string;
  /** Of a store that speaks S3 and is not Amazon's. */
  endpoint?: string;
  /** The bucket in the path rather than in the host's name. Default: with an endpoint. */
  forcePathStyle?: boolean;
}

interface Connected {
  sdk: typeof import('@aws-sdk/client-s3');
  client: S3Client;
}

const deletesAtOnce = 10;

/** Objects in a bucket. Credentials are found as the AWS SDK finds them: environment, profile, role. */
export class S3Store implements ObjectStore {
  #client?: Promise<Connected>;

  constructor(private readonly options: S3Options) {}

  async put(key: string, body: ObjectBody, { contentType }: { contentType?: string } = {}): Promise<void> {
    const target = { ...this.#target(key), ...(contentType !== undefined && { ContentType: contentType }) };
    await this.#call(async ({ sdk, client }) => {
      if (typeof body === 'string' || body instanceof Uint8Array) {
        await client.send(new sdk.PutObjectCommand({ ...target, Body: body }));
        return;
      }
      const { Upload } = await import('@aws-sdk/lib-storage');
      await new Upload({ client, params: { ...target, Body: Readable.from(body, { objectMode: false }) } }).done();
    });
  }

  async get(key: string, from = 0): Promise<AsyncIterable<Uint8Array>> {
    const target = { ...this.#target(key), ...(from > 0 && { Range: `bytes=${from}-` }) };
    return this.#call(async ({ sdk, client }) => {
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand(target));
        return Body as Readable;
      } catch (error) {
        if (statusOf(error) === 404) throw notFound(key);
        // Nothing is left after the last byte.
        if (statusOf(error) === 416) return Readable.from([]);
        throw error;
      }
    });
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return this.#call(async ({ sdk, client }) => {
      try {
        const { ContentLength, LastModified } = await client.send(new sdk.HeadObjectCommand(this.#target(key)));
        return { key, bytes: ContentLength ?? 0, modifiedAt: LastModified?.getTime() ?? 0 };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    });
  }

  async list(prefix: string, { after, limit = 1000 }: { after?: string; limit?: number } = {}): Promise<ObjectPage> {
    const full = (key: string) => (this.options.prefix ? `${this.options.prefix}/${key}` : key);
    const { Contents = [], IsTruncated } = await this.#call(({ sdk, client }) =>
      client.send(
        // The first version: `Marker` is all that is needed, and every store that speaks S3 has it.
        new sdk.ListObjectsCommand({
          Bucket: this.options.bucket,
          Prefix: full(prefix),
          MaxKeys: Math.min(limit, 1000),
          ...(after && { Marker: full(after) }),
        }),
      ),
    );
    const objects = Contents.map(({ Key = '', Size = 0, LastModified }) => ({
      key: Key.slice(full('').length),
      bytes: Size,
      modifiedAt: LastModified?.getTime() ?? 0,
    }));
    return { objects, ...(IsTruncated && { next: objects.at(-1)?.key }) };
  }

  async delete(keys: readonly string[]): Promise<void> {
    const targets = keys.map((key) => this.#target(key));
    await this.#call(async ({ sdk, client }) => {
      // One by one: not every store that speaks S3 takes the checksums of deleting many.
      for (let first = 0; first < targets.length; first += deletesAtOnce) {
        const group = targets.slice(first, first + deletesAtOnce);
        await Promise.all(group.map((target) => client.send(new sdk.DeleteObjectCommand(target))));
      }
    });
  }

  location(key: string): string {
    return `s3://${this.options.bucket}/${this.#target(key).Key.split('/').map(encodeURIComponent).join('/')}`;
  }

  close(): void {
    void this.#client?.then(({ client }) => client.destroy());
  }

  #target(key: string): { Bucket: string; Key: string } {
    assertKey(key);
    const { bucket, prefix } = this.options;
    return { Bucket: bucket, Key: prefix ? `${prefix}/${key}` : key };
  }

  /** The SDK takes 100 ms to load: only who uses a bucket pays for it. */
  #connect(): Promise<Connected> {
    const { region, endpoint, forcePathStyle = endpoint !== undefined } = this.options;
    this.#client ??= import('@aws-sdk/client-s3').then((sdk) => ({
      sdk,
      client: new sdk.S3Client({
        ...(region !== undefined && { region }),
        ...(endpoint !== undefined && { endpoint }),
        forcePathStyle,
        // Others than Amazon do not know the newer checksums.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      }),
    }));
    return this.#client;
  }

  async #call<Result>(work: (s3: Connected) => Promise<Result>): Promise<Result> {
    try {
      return await work(await this.#connect());
    } catch (error) {
      if (error instanceof CarillonError || !isSdkError(error)) throw error;
      const { bucket, endpoint } = this.options;
      throw new CarillonError(
        'OBJECTS_UNAVAILABLE',
        `The bucket ${bucket} cannot be used: ${(error as Error).name}: ${(error as Error).message}`,
        {
          field: 'objects.url',
          value: `s3://${bucket}${endpoint ? ` at ${endpoint}` : ''}`,
          hint: 'Check bucket, region, endpoint and credentials.',
        },
        { cause: error },
      );
    }
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** What reading the body threw is the caller's own. */
function isSdkError(error: unknown): boolean {
  const { $metadata, code } = error as { $metadata?: unknown; code?: unknown };
  return $metadata !== undefined || typeof code === 'string' || /Credentials|Region/.test(String(error));
}
