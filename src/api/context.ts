import type { TaskRegistry } from '../core/task.js';
import type { Store } from '../store/store.js';
import type { Gateway } from './gateway.js';
import type { Log } from './log.js';
import type { Projection } from './projection.js';

/** Where a job can be looked at outside of Carillon. */
export interface Consoles {
  /** Address of the Temporal server, for the `temporal` command line. */
  temporalAddress: string;
  namespace: string;
  /** Base address of the Temporal Web UI, if there is one. */
  temporalUi?: string;
}

/** What every procedure needs, request or not. */
export interface InnerContext {
  store: Store;
  gateway: Gateway;
  projection: Projection;
  registry: TaskRegistry;
  consoles: Consoles;
  /** Version of the package, shown by `system.health`. */
  version: string;
  log: Log;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Random text of `length` letters and digits (base 32). */
  randomText: (length: number) => string;
}

/** One request: the inner context and what is known of the caller. */
export interface Context extends InnerContext {
  requestId: string;
}
