import { CancellationScope, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { Advance, FanOutPart, Tally } from '../core/fan-out/contract.js';
import { advanced, FanOutNode } from './fan-out-node.js';

/** A part of a fan-out with more than 1,000 members. Cancelled, it returns what was done until then. */
export async function fanOutPart({ range, unit, ...basis }: FanOutPart): Promise<Tally> {
  const node = new FanOutNode(basis, range, reporter());
  void CancellationScope.current().cancelRequested.catch(() => node.stop());
  return CancellationScope.nonCancellable(() => node.run());

  /** Tells the parent every few members: each word costs it some events. The last word is the result. */
  function reporter(): (advance: Advance) => void {
    const parent = workflowInfo().parent as NonNullable<ReturnType<typeof workflowInfo>['parent']>;
    let told: Advance = { done: 0, failed: 0 };
    return (advance) => {
      const far = advance.done - told.done >= basis.steps.done || advance.failed - told.failed >= basis.steps.failed;
      if (!far || advance.done >= range.to - range.from) return;
      told = advance;
      const handle = getExternalWorkflowHandle(parent.workflowId, parent.runId);
      void handle.signal(advanced, unit, advance).catch(() => {});
    };
  }
}
