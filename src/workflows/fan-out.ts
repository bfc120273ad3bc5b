import {
  ApplicationFailure,
  CancellationScope,
  type CancelledFailure,
  defineQuery,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Advance, FanOutActivities, FanOutRequest, FanOutSummary, ReadItems } from '../core/fan-out/contract.js';
import { wholeRange } from '../core/fan-out/division.js';
import { allowedFailures, failureMessage, summaryOf } from '../core/fan-out/tally.js';
import { FanOutNode } from './fan-out-node.js';

/** Words of progress that a workflow hears from its parts, at most, beside their ends. */
const words = 25;

const progress = defineQuery<{ done: number; total?: number; note?: string }>('progress');

const { readItems } = proxyActivities<FanOutActivities>({
  startToCloseTimeout: '1 day',
  heartbeatTimeout: '10 s',
  retry: { initialInterval: '1 s', maximumInterval: '30 s', maximumAttempts: 5 },
  summary: 'read the items',
});
const { joinFailures } = proxyActivities<FanOutActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '10 s',
  retry: { initialInterval: '1 s', maximumInterval: '10 s', maximumAttempts: 30 },
  summary: 'write the failures',
});

/** A run that does one thing with each item of a list. Fails with FAN_OUT_FAILED, and its summary as detail. */
export async function fanOut(request: FanOutRequest): Promise<FanOutSummary> {
  const reading = new CancellationScope();
  let node: FanOutNode | undefined;
  let total: number | undefined;
  let cancelled: CancelledFailure | undefined;
  void CancellationScope.current().cancelRequested.catch((error) => {
    cancelled = error;
    reading.cancel();
    node?.stop();
  });
  setHandler(progress, () => progressOf(node?.advance, total), { description: 'How many members are done.' });

  return CancellationScope.nonCancellable(async () => {
    const { run, items, member, policy } = request;
    const read = await reading.run(() => readItems({ run, items, member }));
    total = read.total;
    const { tally, allowed } = await runAll(read);
    const location = tally.failed > 0 && tally.logs.length > 0 ? await writeFailures(tally.logs) : undefined;
    if (cancelled) throw cancelled;
    const summary = summaryOf(total, tally, location);
    if (allowed === null || tally.failed <= allowed) return summary;
    throw ApplicationFailure.nonRetryable(failureMessage(summary, policy), 'FAN_OUT_FAILED', summary);
  });

  async function runAll({ folder, total, lane }: ReadItems) {
    const { run, member, policy } = request;
    const { concurrency, ...range } = wholeRange(total, request.window, request.chunk);
    const allowed = allowedFailures(policy, total);
    const every = (count: number) => Math.max(1, Math.ceil(count / words));
    const steps = { done: every(total), failed: allowed === null ? total + 1 : every(allowed) };
    node = new FanOutNode({ run, member, folder, lane, allowed, concurrency, steps }, range, (advance) => {
      setCurrentDetails(`${advance.done} of ${total} members done, ${advance.failed} failed`);
    });
    if (cancelled) node.stop();
    return { tally: await node.run(), allowed };
  }

  function writeFailures(logs: string[]): Promise<string> {
    return joinFailures({ run: request.run, logs, name: 'failures.ndjson' });
  }
}

function progressOf(advance: Advance | undefined, total: number | undefined) {
  if (!advance || total === undefined) return { done: 0, note: 'reading the items' };
  const { done, failed } = advance;
  return { done, total, ...(failed > 0 && { note: `${failed} failed` }) };
}
