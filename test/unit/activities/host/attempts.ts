import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { type Attempt, makeAttempt, type Outcome } from '../../../../src/activities/attempt.js';
import { HostPool } from '../../../../src/activities/host/host-pool.js';
import { loadConfig } from '../../../../src/activities/tasks/load.js';
import type { TaskRegistry } from '../../../../src/core/task/registry.js';
import { type ContextOptions, type TaskTrace, testContext } from '../../../../src/kit/task-run.js';

export const configPath = fileURLToPath(new URL('bad-tasks.ts', import.meta.url));

const never = new AbortController().signal;

/** Attempts of the bad tasks, in hosts of this file's own. */
export interface Attempts {
  of(
    task: string,
    input?: unknown,
    overrides?: Partial<Attempt> & { with?: ContextOptions },
  ): { outcome: Promise<Outcome>; trace: TaskTrace };
  /** Process of the next attempt. */
  pid(): Promise<number>;
}

export function useHosts(): Attempts {
  let hosts: HostPool;
  let registry: TaskRegistry;
  beforeAll(async () => {
    const config = await loadConfig(configPath);
    hosts = new HostPool({ ...config.hosts, configPath, concurrency: 10 });
    registry = hosts.placeAll(config);
  }, 30_000);
  afterAll(() => hosts.close());

  const of: Attempts['of'] = (task, input = {}, overrides = {}) => {
    const { context, trace } = testContext(overrides.with);
    const outcome = makeAttempt({
      ...{ task: registry.get(task), input, context, timeoutMs: 20_000, graceMs: 100 },
      ...{ cancellation: never, interrupted: () => false, ...overrides },
    });
    return { outcome, trace };
  };
  return { of, pid: async () => ((await of('double').outcome) as { result: { pid: number } }).result.pid };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that nobody has asked about yet is dead all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Resolves when the process is gone. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}
