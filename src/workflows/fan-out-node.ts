import {
  ActivityCancellationType,
  CancellationScope,
  ChildWorkflowCancellationType,
  defineSignal,
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { laneTaskQueue } from '../core/contract.js';
import type { Advance, FanOutActivities, FanOutBasis, Tally } from '../core/fan-out/contract.js';
import { type Division, divide, type PartRange, type Range } from '../core/fan-out/division.js';
import { doneOf, joinTallies } from '../core/fan-out/tally.js';
import type { fanOutPart } from './fan-out-part.js';
import { tallyOfFailed } from './fan-out-tally.js';

/** A part tells how far it is, by its place among its parent's parts. */
export const advanced = defineSignal<[number, Advance]>('advanced');

const { joinFailures } = proxyActivities<FanOutActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '10 s',
  retry: { initialInterval: '1 s', maximumInterval: '10 s', maximumAttempts: 30 },
  summary: 'join the failures',
});

/**
 * One workflow's share of a fan-out: a window of chunks, or of parts that are workflows of their own. Its history is
 * bounded by their number.
 */
export class FanOutNode {
  /** Of what runs; what ended has its tally. */
  readonly #advances = new Map<number, Advance>();
  readonly #tallies = new Map<number, Tally>();
  readonly #scope = new CancellationScope();
  readonly #division: Division;

  constructor(
    private readonly basis: FanOutBasis,
    private readonly range: PartRange,
    private readonly onAdvance: (advance: Advance) => void = () => {},
  ) {
    this.#division = divide(range);
    setHandler(advanced, (unit, advance) => this.#hear(unit, advance), { description: 'For parts of this fan-out.' });
  }

  /** Cancels what runs and starts nothing more. */
  stop(): void {
    this.#scope.cancel();
  }

  get advance(): Advance {
    const sum = { done: 0, failed: 0 };
    const ended = [...this.#tallies.values()].map((tally) => ({ done: doneOf(tally), failed: tally.failed }));
    for (const { done, failed } of [...this.#advances.values(), ...ended]) {
      sum.done += done;
      sum.failed += failed;
    }
    return sum;
  }

  async run(): Promise<Tally> {
    const { units } = this.#division;
    let next = 0;
    const work = async () => {
      while (next < units.length && !this.#scope.consideredCancelled) await this.#runUnit(next++);
    };
    await Promise.all(Array.from({ length: Math.min(units.length, this.range.parallel) }, work));
    const tally = joinTallies(units.flatMap((_, unit) => this.#tallies.get(unit) ?? []));
    if (tally.logs.length < 2) return tally;
    const name = `${this.basis.folder}/failures-${this.range.from}-${this.range.to}.ndjson`;
    await joinFailures({ run: this.basis.run, logs: tally.logs, name });
    return { ...tally, logs: [name] };
  }

  async #runUnit(unit: number): Promise<void> {
    const { kind, units } = this.#division;
    const range = units[unit] as Range;
    const ended = this.#scope.run(() =>
      kind === 'chunks' ? this.#runChunk(range) : this.#runPart(range as PartRange, unit),
    );
    const tally = await ended.catch((error) => tallyOfFailed(error, range, this.#advances.get(unit)));
    this.#advances.delete(unit);
    this.#tallies.set(unit, tally);
    this.#changed();
  }

  #runChunk({ from, to }: Range): Promise<Tally> {
    const { taskQueue } = workflowInfo();
    const { member, lane } = this.basis;
    const { runMembers } = proxyActivities<FanOutActivities>({
      taskQueue: lane === 'heavy' ? laneTaskQueue(taskQueue, 'heavy') : taskQueue,
      // The members' own bounds come first; the run's end cancels.
      startToCloseTimeout: '7 days',
      heartbeatTimeout: '10 s',
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: { initialInterval: '1 s', maximumInterval: '10 s', maximumAttempts: 30 },
      summary: `${member.task} · ${from}-${to - 1}`,
    });
    return runMembers({ ...this.basis, from, to });
  }

  #runPart(range: PartRange, unit: number): Promise<Tally> {
    return executeChild<typeof fanOutPart>('fanOutPart', {
      workflowId: `${workflowInfo().workflowId}/${unit}`,
      args: [{ ...this.basis, range, unit }],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: `members ${range.from} to ${range.to - 1}`,
    });
  }

  #hear(unit: number, advance: Advance): void {
    if (this.#tallies.has(unit)) return;
    this.#advances.set(unit, advance);
    this.#changed();
  }

  #changed(): void {
    const { advance } = this;
    const { allowed } = this.basis;
    if (allowed !== null && advance.failed > allowed) this.stop();
    this.onAdvance(advance);
  }
}
