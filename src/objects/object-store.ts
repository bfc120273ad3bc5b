/** What an object is made of: whole, or piece by piece. */
export type ObjectBody = Uint8Array | string | AsyncIterable<Uint8Array>;

export interface ObjectInfo {
  key: string;
  bytes: number;
  /** Milliseconds since the epoch. */
  modifiedAt: number;
}

export interface ObjectPage {
  /** In the order of the keys' UTF-8 bytes. */
  objects: ObjectInfo[];
  /** Key to ask for the following page with, as `after`; undefined on the last. */
  next?: string;
}

/**
 * Objects by key, on disk or in S3. Keys are paths such as `logs/a/000001.ndjson`; see {@link assertKey}. Every method
 * throws CarillonError: OBJECT_KEY_INVALID, or OBJECTS_UNAVAILABLE when the store does not take or give.
 */
export interface ObjectStore {
  /** Writes an object whole, replacing what was there: readers see the old one or the new one, never a part. */
  put(key: string, body: ObjectBody, options?: { contentType?: string }): Promise<void>;
  /**
   * The object's bytes, read as they are taken.
   * @param from bytes to leave out at the beginning
   * @throws CarillonError OBJECT_NOT_FOUND
   */
  get(key: string, from?: number): Promise<AsyncIterable<Uint8Array>>;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Objects whose keys begin with `prefix` and come after `after`, at most `limit` (default 1000). */
  list(prefix: string, options?: { after?: string; limit?: number }): Promise<ObjectPage>;
  /** Deletes what is there; what is not is no fault. */
  delete(keys: readonly string[]): Promise<void>;
  /** `file:///…` or `s3://…`; the same for the life of the object. */
  location(key: string): string;
  close(): void;
}
