import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StepsResult } from '../../../../src/activities/tasks/steps/steps.js';
import { stepsTask } from '../../../../src/activities/tasks/steps/steps.js';
import { parseWith } from '../../../../src/core/prepare.js';
import type { TaskFiles, TaskSettings } from '../../../../src/core/task/services.js';
import { type ContextOptions, type LogLine, testContext } from '../../../../src/kit/task-run.js';

/** A folder for one test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-steps-test-'));
  // A run's own user goes through it to its scratch folder.
  chmodSync(folder, 0o711);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Objects in memory. */
export function memoryFiles(kept: Map<string, Buffer>): TaskFiles {
  return {
    async put(name, body) {
      const chunks: Uint8Array[] = [];
      if (typeof body === 'string' || body instanceof Uint8Array) chunks.push(Buffer.from(body));
      else for await (const chunk of body) chunks.push(Buffer.from(chunk));
      kept.set(name, Buffer.concat(chunks));
      return `memory:${name}`;
    },
    async get() {
      throw new Error('Nothing is read back here.');
    },
  };
}

export interface Ran {
  result?: StepsResult;
  /** What it threw. */
  error?: unknown;
  log: LogLine[];
  /** What a step printed. */
  printed(step: string, stream?: string): string[];
  kept: Map<string, Buffer>;
  progress: unknown[];
}

/** Runs the task as an attempt does: the input is checked first. */
export async function runSteps(
  input: unknown,
  steps: TaskSettings['steps'],
  options: ContextOptions = {},
): Promise<Ran> {
  const kept = new Map<string, Buffer>();
  const services = { files: () => memoryFiles(kept) };
  const { context, trace } = testContext({ ...options, services, settings: { steps } });
  const printed = (step: string, stream?: string) =>
    trace.log
      .filter(({ fields }) => fields?.step === step && fields.stream !== undefined)
      .filter(({ fields }) => stream === undefined || fields?.stream === stream)
      .map(({ message }) => message);
  const ran = { log: trace.log, printed, kept, progress: trace.progress };
  try {
    const result = await stepsTask.run(context, parseWith(stepsTask.input, input, 'TASK_INPUT_INVALID', 'input'));
    return { ...ran, result: result as StepsResult };
  } catch (error) {
    return { ...ran, error };
  }
}

/** Processes of this machine that were started with a variable. */
export function processesWith(name: string, value: string): number[] {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return '';
    }
  };
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter(
    (pid) =>
      `\0${read(`/proc/${pid}/environ`)}`.includes(`\0${name}=${value}\0`) &&
      !/^State:\s+[ZX]/m.test(read(`/proc/${pid}/status`)),
  );
}
