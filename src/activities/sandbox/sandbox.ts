import type { StepLimits } from '../../core/task/services.js';

export type OutputStream = 'stdout' | 'stderr';

/** What a sandbox is made for. */
export interface SandboxOrder {
  project: string;
  runId: string;
  attempt: number;
  /** Text files that the workspace begins with, by path below it. */
  files: Record<string, string>;
  limits: StepLimits;
  /** After this moment (ms) whatever is left of the sandbox belongs to nobody, and any other may remove it. */
  until: number;
  /** Told of what went wrong in passing, such as remains that could not be removed. */
  warn(message: string, fields?: Record<string, unknown>): void;
}

export interface SandboxStep {
  name: string;
  image?: string;
  /** Program and arguments; reach the program byte for byte. */
  argv: string[];
  env: Record<string, string>;
  /** Below the workspace. */
  workdir: string;
  timeoutMs: number;
  /** Aborts: the whole tree is killed, and `run` rejects with its reason. */
  signal: AbortSignal;
  /** Takes what the step prints, as it comes. @returns whether it wants more; the step may print on even if not */
  print(stream: OutputStream, chunk: Uint8Array): boolean;
}

export interface StepEnd {
  /** Null: killed by a signal, or never started. */
  exitCode: number | null;
  timedOut: boolean;
  /** What is to be said beside the exit code: the signal, or why it could not start. */
  reason?: string;
  /** What the step wrote to `$CARILLON_OUTPUT`, at most {@link maximumOutputBytes}. */
  output: string;
}

/** A regular file of the workspace. */
export interface SandboxFile {
  /** Below the workspace, with `/`. */
  path: string;
  body(): AsyncIterable<Uint8Array>;
}

/** Where the steps of one run are executed, one after the other, on one workspace. */
export interface Sandbox {
  readonly kind: 'container' | 'process';
  run(step: SandboxStep): Promise<StepEnd>;
  /** Files of the workspace; take each body before the next file. Links and devices are left out. */
  files(): AsyncIterable<SandboxFile>;
  /** Ends what still runs and removes everything. */
  close(): Promise<void>;
}

/** How long processes have between being asked to end and being killed. */
export const graceMs = 1500;
/** What is read of `$CARILLON_OUTPUT`. */
export const maximumOutputBytes = 64 * 1024;

/** What every step finds in its environment beside its own variables. */
export function runVariables({ project, runId, attempt }: SandboxOrder, step: string): Record<string, string> {
  return {
    CARILLON_PROJECT: project,
    CARILLON_RUN_ID: runId,
    CARILLON_ATTEMPT: String(attempt),
    CARILLON_STEP: step,
  };
}
