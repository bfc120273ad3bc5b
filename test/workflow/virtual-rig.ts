import '../rig/runtime.js';
import { Context } from '@temporalio/activity';
import { temporal } from '@temporalio/proto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { inject, onTestFinished } from 'vitest';
import { workflowId } from '../../src/core/ids.js';
import { searchAttributeTypes } from '../../src/embedded/temporal/server-arguments.js';
import { type Rig, type RigOptions, startRig } from '../rig/rig.js';
import { createTimeSkippingEnvironment } from '../servers/time-skipping.js';

/** A rig whose clock runs as fast as the work is done: days pass in milliseconds. */
export interface VirtualRig extends Rig {
  environment: TestWorkflowEnvironment;
  /** The server's time, ms. */
  now(): Promise<number>;
  /** Lets virtual time pass; whatever comes due meanwhile runs. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until the job ends; resolves with its last snapshot. */
  finished(jobId: string): Promise<unknown>;
}

export async function useVirtualRig(options: Pick<RigOptions, 'tasks'> = {}): Promise<VirtualRig> {
  const environment = await createTimeSkippingEnvironment(inject('timeSkippingServer'));
  // The time-skipping server can register attributes, but not list them.
  const { INDEXED_VALUE_TYPE_KEYWORD: keyword, INDEXED_VALUE_TYPE_INT: int } = temporal.api.enums.v1.IndexedValueType;
  const types = Object.entries(searchAttributeTypes).map(([name, type]) => [name, type === 'Int' ? int : keyword]);
  await environment.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(types),
  });
  let seen = await environment.currentTimeMs();
  /** Activities take their time from the server that scheduled them, everything else from the last look. */
  const now = () => {
    try {
      seen = Math.max(seen, Context.current().info.currentAttemptScheduledTimestampMs);
    } catch {
      // Not in an activity.
    }
    return seen;
  };
  const pass = async (ms: number) => {
    seen += ms;
  };
  const rig = await startRig({ ...options, address: environment.address, now, pass });
  const look = async () => {
    seen = Math.max(seen, await environment.currentTimeMs());
    return seen;
  };
  const { close } = rig;
  const virtual = Object.assign(rig, {
    environment,
    now: look,
    async pass(ms: number) {
      await environment.sleep(ms);
      await look();
    },
    finished: (jobId: string) => environment.client.workflow.getHandle(workflowId(rig.project, jobId)).result(),
    async close() {
      // The server is a process of its own: it must go even if a history does not replay.
      await close().finally(() => environment.teardown());
    },
  });
  onTestFinished(() => virtual.close());
  return virtual;
}
