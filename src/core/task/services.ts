export interface TaskSecrets {
  /** @throws CarillonError SECRET_UNKNOWN naming it, never showing another one's value */
  get(name: string): Promise<string>;
}

export type SqlDialect = 'postgresql' | 'mysql' | 'sqlite';

export interface QueryOptions {
  /** Aborting it cancels the statement where it runs. */
  signal?: AbortSignal;
  /** No more rows than this are read; `more` says that there were others. Default: all. */
  maxRows?: number;
}

export interface QueryResult {
  rows: Record<string, unknown>[];
  /** Counts the rows that were returned, or else changed. */
  rowCount: number;
  /** True where `maxRows` cut the rows. */
  more: boolean;
}

/**
 * A named database. Placeholders are the dialect's own: `$1` or `?`. Values come as the database has them: times and
 * exact decimals as text, whole numbers beyond 2^53 as text, bytes as Uint8Array.
 * @throws CarillonError SQL_FAILED, SQL_PARAMETER_INVALID, DATABASE_UNAVAILABLE; the signal's reason when it aborted
 */
export interface TaskDatabase {
  readonly dialect: SqlDialect;
  /** Runs one statement. Parameters are bound, never spliced. */
  query(sql: string, parameters?: readonly unknown[], options?: QueryOptions): Promise<QueryResult>;
  /** Rows one by one, read as they are taken: bounded memory, whatever their number. JSON and arrays stay text. */
  stream(sql: string, parameters?: readonly unknown[], signal?: AbortSignal): AsyncIterable<Record<string, unknown>>;
  /** Runs `work` in one transaction: all of it, or nothing when it throws or the signal aborts. */
  transaction<Result>(work: (database: TaskDatabase) => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** Objects by key below one prefix. */
export interface TaskFiles {
  /** Writes an object, replacing what was there. @returns its location: `file:///…` or `s3://…` */
  put(
    name: string,
    body: Uint8Array | string | AsyncIterable<Uint8Array>,
    options?: { contentType?: string },
  ): Promise<string>;
  get(name: string): Promise<AsyncIterable<Uint8Array>>;
}

/** Temporal workflows with an id of the run: a second attempt finds the first one's. */
export interface TaskWorkflows {
  /** Starts the workflow, or finds the one that runs or ran under this id, and waits for its result. Cancels it with `signal`. */
  execute(start: TaskWorkflowStart, signal: AbortSignal): Promise<unknown>;
}

export interface TaskWorkflowStart {
  /** Type of the workflow. */
  type: string;
  args: unknown[];
  /** Told apart from other workflows of the same run; the id is `run:<project>:<runId>[:<part>]`. */
  part?: string;
  /** Default: the scheduler's own. */
  taskQueue?: string;
  /** Bounds of the whole workflow, ISO 8601. */
  executionTimeout?: string;
  /** Told of every answer of the workflow's `progress` query, if it has one. */
  onProgress?: (progress: { done: number; total?: number; note?: string }) => void;
}

/** What one step may use. As a process: memory and size of files are bounds of each of its processes. */
export interface StepLimits {
  /** Default 1024. */
  memoryMiB: number;
  /** Processors, fractions allowed. Default 1. Containers only. */
  cpus: number;
  /** Processes and threads at a time. Default 256. */
  processes: number;
  /** Size of a file. Default 1024. */
  fileMiB: number;
}

/** Where the built-in tasks find what they work with; from `carillon.config.ts` and the environment. */
export interface TaskSettings {
  /** Private networks that tasks may call, as CIDR: `127.0.0.0/8`. Default none. */
  http?: { allow?: string[] };
  /** `url`: smtp://user:password@host:port or smtps://…; passwords may be `secret://name`. */
  smtp?: { url: string; from?: string };
  /** Named databases: postgresql://…, mysql://…, sqlite:path. */
  databases?: Record<string, { url: string }>;
  dynamodb?: { endpoint?: string; region?: string };
  steps?: {
    docker?: {
      /** Socket path or http address of the engine. Default /var/run/docker.sock. */
      engine?: string;
      /** Images that steps may name, or patterns of them (`node:*`). */
      images: string[];
      /** When to fetch an image. Default `missing`. */
      pull?: 'missing' | 'always' | 'never';
      /** The engine's network for steps that ask for one, such as `bridge`. Default: none may have one. */
      network?: string;
      /** Who steps run as, `uid:gid`. Default 65534:65534. */
      user?: string;
    };
    /** Run steps as processes where no engine answers. Default false. */
    processes?: boolean;
    /** Where processes have their scratch folders. Default: in the system's folder for temporary files. */
    folder?: string;
    /** What a step may use, where its job asks for no less. */
    limits?: Partial<StepLimits>;
  };
  /** Where logs, results and artifacts are kept. */
  objects?: {
    /** `file:///folder` or `s3://bucket/prefix?region=…&endpoint=…`. */
    url?: string;
    /** Logs are deleted after this, ISO 8601. Default P30D. */
    logRetention?: string;
    /** Where a job's `resultLocation` may point: prefixes of `file:` or `s3:` URIs. Default none. */
    resultLocations?: string[];
  };
  secrets?: {
    /** A folder with one file per secret, named by it. */
    folder?: string;
  };
}
