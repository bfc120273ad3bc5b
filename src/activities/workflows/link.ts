import { Connection, type ConnectionLike } from '@temporalio/client';
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import { convertedBy } from '../../keyring/data-converter.js';

/** How a process reaches Temporal. */
export interface TemporalLink {
  /** A worker's own connection serves. */
  connection: ConnectionLike;
  namespace: string;
  /** Where the scheduler's workflows run. */
  taskQueue: string;
  /** How often a workflow is asked how far it is. Default 1 s. */
  progressMs?: number;
  /** How payloads are sealed. Default: not. */
  dataConverter?: DataConverter;
}

/** Where a process without a connection finds Temporal. */
export interface TemporalAddress extends Omit<TemporalLink, 'connection' | 'dataConverter'> {
  address: string;
  /** Present: the worker has a key, and seals and opens payloads for who has not. */
  sealing?: { sealPayloads: boolean };
}

/** The connection is opened by the first call. @param codec seals and opens, if the worker has a key */
export function lazyLink({ address, sealing, ...link }: TemporalAddress, codec: PayloadCodec): TemporalLink {
  const dataConverter = sealing && convertedBy(codec, sealing.sealPayloads);
  return { ...link, dataConverter, connection: Connection.lazy({ address }) };
}
