import { Connection, type ConnectionLike } from '@temporalio/client';

/** How a process reaches Temporal. */
export interface TemporalLink {
  /** A worker's own connection serves. */
  connection: ConnectionLike;
  namespace: string;
  /** Where the scheduler's workflows run. */
  taskQueue: string;
  /** How often a workflow is asked how far it is. Default 1 s. */
  progressMs?: number;
}

/** Where a process without a connection finds Temporal. */
export interface TemporalAddress extends Omit<TemporalLink, 'connection'> {
  address: string;
}

/** The connection is opened by the first call. */
export function lazyLink({ address, ...link }: TemporalAddress): TemporalLink {
  return { ...link, connection: Connection.lazy({ address }) };
}
