import { EventEmitter, once } from 'node:events';
import '../rig/runtime.js';
import { NativeConnection } from '@temporalio/worker';
import { inject, onTestFinished } from 'vitest';
import { pass } from '../../src/activities/execute-run.js';
import { LedgerWriter } from '../../src/activities/ledger-writer.js';
import { createServices } from '../../src/activities/services/services.js';
import { builtInTasks } from '../../src/activities/tasks/index.js';
import { TaskRegistry } from '../../src/core/task/registry.js';
import type { AnyTask } from '../../src/core/task/task.js';
import type { Store } from '../../src/store/store.js';
import { createSchedulerWorker } from '../../src/worker/workers.js';

export interface LateWorker {
  /** Resolves once the ledger has the run. */
  recorded(runId: string): Promise<void>;
  /** Takes it away: runs that do not end in time are handed over. */
  stop(): Promise<void>;
}

/** A worker that comes when the API has been at work for a while. It ends with the test. */
export async function startWorker(
  { project, store }: { project: string; store: Store },
  tasks: readonly AnyTask[] = [],
): Promise<LateWorker> {
  const runs = new Set<string>();
  const news = new EventEmitter();
  const ledger = new LedgerWriter({
    store,
    now: Date.now,
    onRecorded: (entries) => {
      for (const { runId } of entries) runs.add(runId);
      news.emit('run');
    },
  });
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const worker = await createSchedulerWorker({
    ...{ connection, namespace: 'default', taskQueue: `carillon-${project}` },
    bundle: { codePath: inject('workflowBundle') },
    dependencies: {
      registry: new TaskRegistry([...builtInTasks, ...tasks]),
      ledger,
      store,
      services: createServices({}),
      now: Date.now,
      pass,
      log: () => {},
    },
  });
  const running = worker.run();
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      worker.shutdown();
      await running;
      await connection.close();
    })();
    return stopped;
  };
  onTestFinished(stop);
  return {
    stop,
    async recorded(runId) {
      while (!runs.has(runId)) await once(news, 'run');
    },
  };
}
