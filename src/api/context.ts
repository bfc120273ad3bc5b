import type { TaskRegistry } from '../core/task/registry.js';
import type { KeyRing } from '../keyring/key-ring.js';
import type { ObjectStore } from '../objects/object-store.js';
import type { Store } from '../store/store.js';
import type { Caller, Directory } from './access/caller.js';
import type { AuditTrail } from './audit/trail.js';
import type { Replanner } from './calendars/replanner.js';
import type { ChangeFeeds } from './events/change-feed.js';
import type { JobCounting } from './jobs/count.js';
import type { ProjectQuota } from './limits/project-quota.js';
import type { Log } from './log.js';
import type { OperationRunner } from './operations/runner.js';
import type { Projection } from './projection.js';
import type { KnownProjects } from './projects/known-projects.js';
import type { LogFeeds } from './runs/log-feed.js';
import type { Gateway } from './temporal/gateway.js';

/** Where a job can be looked at outside of Carillon. */
export interface Consoles {
  /** Address of the Temporal server, for the `temporal` command line. */
  temporalAddress: string;
  namespace: string;
  /** Base address of the Temporal Web UI, if there is one. */
  temporalUi?: string;
}

/** What changes to jobs need for which nobody waits, in a request's background or in a sweep. */
export interface Backstage {
  store: Store;
  gateway: Gateway;
  registry: TaskRegistry;
  log: Log;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** What every procedure needs, request or not. */
export interface InnerContext extends Backstage {
  projection: Projection;
  replanner: Replanner;
  projects: KnownProjects;
  directory: Directory;
  operations: OperationRunner;
  consoles: Consoles;
  /** Where runs leave logs and results; undefined: the configuration names no place. */
  objects?: ObjectStore;
  /** Further places of results, see `settings.objects.resultLocations`. */
  resultLocations?: readonly string[];
  feeds: LogFeeds;
  changeFeeds: ChangeFeeds;
  jobCounting: JobCounting;
  /** Signs cursors, seals sessions and secrets. */
  keyRing: KeyRing;
  /** Holds projects to what they may use. */
  quota: ProjectQuota;
  audit: AuditTrail;
  /** Version of the package, shown by `system.health`. */
  version: string;
  /** Random text of `length` letters and digits (base 32). */
  randomText: (length: number) => string;
}

/** One request: the inner context and what is known of the caller. */
export interface Context extends InnerContext {
  requestId: string;
  caller: Caller;
  /** IP address that the request comes from. */
  address: string;
  /** Of a request with an idempotency key: makes each call known when the request is carried out again. */
  repeat?: (path: string, input: unknown) => unknown;
}
