import { z } from 'zod';
import { workflowId } from '../../src/core/ids.js';
import { defineTask } from '../../src/core/task/task.js';
import type { VirtualRig } from './virtual-rig.js';

/** PENDING_ACTIVITY_STATE_CANCEL_REQUESTED. */
const cancelRequested = 3;

/** A task whose runs take virtual time. `attentive` ones look now and then whether they are told to stop. */
export function lastingTask(rig: () => VirtualRig) {
  const runs = new Map<string, number>();
  return defineTask({
    name: 'lasting',
    lane: 'standard',
    input: z.strictObject({
      seconds: z.number(),
      attentive: z.boolean().optional(),
      failing: z.number().optional().describe('So many runs fail before one succeeds.'),
    }),
    async run({ runId, jobId, project, signal }, { seconds, attentive, failing = 0 }) {
      const slice = attentive ? 15 : seconds;
      for (let left = seconds; left > 0; left -= slice) {
        await rig().environment.sleep(Math.min(slice, left) * 1000);
        await rig().now();
        if (attentive && (await isTold(runId, project, jobId))) await aborted(signal);
      }
      const before = runs.get(jobId) ?? 0;
      runs.set(jobId, before + 1);
      if (before < failing) throw new Error('not yet');
    },
  });

  async function isTold(activityId: string, project: string, jobId: string): Promise<boolean> {
    const { raw } = await rig().temporal.workflow.getHandle(workflowId(project, jobId)).describe();
    return (raw.pendingActivities ?? []).some((one) => one.activityId === activityId && one.state === cancelRequested);
  }
}

/** A beat brings the news, in real time; virtual time stands still meanwhile. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
