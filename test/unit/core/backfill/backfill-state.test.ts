import { expect, test } from 'vitest';
import { BackfillState, zeroCounts } from '../../../../src/core/backfill/backfill-state.js';
import type { BackfillCarry } from '../../../../src/core/backfill/contract.js';
import type { RunReceipt } from '../../../../src/core/contract.js';
import { isoTime } from '../../../../src/core/ids.js';
import type { RunState } from '../../../../src/core/states.js';
import { snapshot } from '../../../store/sample.js';

const from = Date.parse('2026-01-01T00:00:00Z');
const now = Date.parse('2026-11-21T09:00:00Z');
const hour = 3_600_000;
const times = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => isoTime(from + (first + index) * hour));

function state(request: Partial<BackfillCarry['backfill']['request']> = {}): BackfillState {
  const carry: BackfillCarry = {
    backfill: {
      ...{ project: 'p', backfillId: 'b', jobId: 'j', revision: 1, state: 'running', definitionVersion: 1 },
      request: {
        ...{ from: isoTime(from), to: isoTime(from + 100 * hour), maxActiveRuns: 2, priority: 5 },
        ...{ rerun: 'missing', order: 'oldest', ...request },
      },
      ...{ pause: null, createdAt: isoTime(now), closedAt: null, closeReason: null },
    },
    ...{ counts: { ...zeroCounts }, job: snapshot('p', 'j'), cursor: null, planned: false, queue: [], running: [] },
    ...{ outbox: [], nextSeq: 1, syncBy: null, syncedAt: null, recentCommands: [], lastRefusal: null },
  };
  return new BackfillState(carry);
}

function receipt(runId: string, scheduledAt: string, outcome: RunState, recorded = true): RunReceipt {
  const summary = { runId, scheduledAt, trigger: 'backfill', state: outcome, attempt: 1 } as const;
  const entry = recorded ? undefined : { ...summary, definitionVersion: 1 };
  return { summary, recorded, entry, ackedSeq: 0 };
}

const page = (list: string[], done = false) => ({
  ...{ times: list, skipped: 0, excluded: 0, cursor: list.at(-1) ?? null, done },
});

test('the window is filled and no more, and a page asked for before it would run empty', () => {
  const one = state();
  expect(one.wantsPage).toBe(true);
  one.addPage(page(times(0, 3)), now);
  expect(one.wantsPage).toBe(false);
  const first = one.start(now);
  expect(first).toEqual({ runId: 'j@2026-01-01T00:00:00Z!b', scheduledAt: '2026-01-01T00:00:00Z' });
  one.start(now);
  expect(one.mayStart).toBe(false);
  expect(one.wantsPage).toBe(true);
  one.settle(receipt(first.runId, first.scheduledAt, 'succeeded'), now);
  expect(one.mayStart).toBe(true);
});

test('percent follows the range until all is planned, then the runs', () => {
  const one = state();
  one.addPage(page(times(10, 2)), now);
  one.start(now);
  expect(one.snapshot.progress).toMatchObject({ exact: false, percent: 10, total: 2, remaining: 2, running: 1 });
  one.addPage(page(times(20, 2), true), now);
  expect(one.snapshot.progress).toMatchObject({ exact: true, percent: 0, total: 4 });
  const [run] = one.carry.running;
  one.settle(receipt(run?.runId ?? '', times(10, 1)[0] ?? '', 'succeeded'), now);
  expect(one.snapshot.progress).toMatchObject({ percent: 25, remaining: 3, running: 0, succeeded: 1 });
});

test('it completes when all succeeded, also an empty one, and fails when one did not', () => {
  const empty = state();
  empty.addPage(page([], true), now);
  empty.closeIfExhausted(now);
  expect(empty.snapshot).toMatchObject({ state: 'completed', progress: { percent: 100, total: 0 } });
  expect(empty.finished).toBe(false);
  empty.outbox.caughtUp();
  expect(empty.finished).toBe(true);

  const one = state();
  one.addPage(page(times(0, 2), true), now);
  for (const outcome of ['timed_out', 'succeeded'] as const) {
    const { runId, scheduledAt } = one.start(now);
    one.closeIfExhausted(now);
    expect(one.closed).toBe(false);
    one.settle(receipt(runId, scheduledAt, outcome), now);
  }
  one.closeIfExhausted(now);
  expect(one.snapshot).toMatchObject({ state: 'failed', progress: { timedOut: 1, succeeded: 1 } });
});

test('paused it neither starts nor plans, yet closes with its last run', () => {
  const one = state();
  one.addPage(page(times(0, 1), true), now);
  const { runId, scheduledAt } = one.start(now);
  one.pause(now, { note: 'wait' });
  expect([one.mayStart, one.wantsPage]).toEqual([false, false]);
  one.settle(receipt(runId, scheduledAt, 'succeeded'), now);
  one.closeIfExhausted(now);
  expect(one.snapshot).toMatchObject({ state: 'completed', pause: null });
});

test('cancelled, the queue is dropped and the runs in progress still count', () => {
  const one = state();
  one.addPage(page(times(0, 5)), now);
  const { runId, scheduledAt } = one.start(now);
  one.cancel(now, 'enough');
  expect(one.mayStart).toBe(false);
  one.settle(receipt(runId, scheduledAt, 'cancelled'), now);
  one.outbox.caughtUp();
  expect(one.finished).toBe(true);
  expect(one.snapshot).toMatchObject({ state: 'cancelled', progress: { cancelled: 1, remaining: 4 } });
});

test('the database hears of a change at once, then at most once a second', () => {
  const one = state();
  one.addPage(page(times(0, 5)), now);
  expect(one.outbox.dueAt).toBe(now);
  one.carry.syncedAt = isoTime(now);
  one.outbox.caughtUp();
  one.start(now + 10);
  expect(one.outbox.dueAt).toBe(now + 1000);
});

test('what the ledger lacks waits, and with too much of it no further run starts', () => {
  const one = state();
  one.addPage(page(times(0, 1200)), now);
  for (let index = 0; index < 1000; index++) {
    const { runId, scheduledAt } = one.start(now);
    one.settle(receipt(runId, scheduledAt, 'succeeded', false), now);
  }
  expect(one.outbox.size).toBe(1000);
  expect(one.mayStart).toBe(false);
  one.outbox.acknowledge(500);
  expect(one.mayStart).toBe(true);
});
