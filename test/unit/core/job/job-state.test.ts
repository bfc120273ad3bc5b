import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { firstCarry } from '../../../../src/api/jobs/genesis.js';
import type { RunInProgress, RunReceipt } from '../../../../src/core/contract.js';
import type { DefinitionInput } from '../../../../src/core/definition.js';
import { isoTime } from '../../../../src/core/ids.js';
import { JobState } from '../../../../src/core/job/job-state.js';
import { snapshotOf, statusOf } from '../../../../src/core/job/views.js';
import { planFor, prepareDefinition } from '../../../../src/core/prepare.js';
import { TaskRegistry } from '../../../../src/core/task/registry.js';
import { defineTask } from '../../../../src/core/task/task.js';

const start = Date.parse('2026-11-21T09:00:00Z');
const minute = 60_000;
const registry = new TaskRegistry([defineTask({ name: 'work', input: z.strictObject({}), run: () => null })]);

function define(definition: Partial<DefinitionInput>, now = start) {
  return prepareDefinition({ task: 'work', input: {}, schedule: { every: '1m' }, ...definition }, registry, now);
}

function jobOf(definition: Partial<DefinitionInput> = {}): JobState {
  return new JobState(firstCarry({ project: 'p', jobId: 'j' }, define(definition), {}, start));
}

/** Tops the plan up and decides, as the workflow does on waking. Returns what starts, as minutes after the start. */
function wake(state: JobState, now: number): number[] {
  state.decideDue(now);
  while (state.needsPlan(now)) {
    state.timetable.add(planFor(state.job.definition, { after: state.timetable.plannedUntil, count: 50 }));
    state.decideDue(now);
  }
  return state.takeReady(now).map((run) => {
    run.executing = true;
    return minutes(run.scheduledAt);
  });
}

function minutes(time: string): number {
  return (Date.parse(time) - start) / minute;
}

function settle(state: JobState, at: number, outcome: Partial<RunReceipt['summary']> = {}, index = 0): void {
  const run = state.runs.running[index] as RunInProgress;
  const { runId, scheduledAt, trigger } = run;
  const summary = {
    runId,
    scheduledAt,
    trigger,
    attempt: 1,
    state: 'succeeded' as const,
    finishedAt: isoTime(at),
    ...outcome,
  };
  state.settle(run, { summary, recorded: true, ackedSeq: 0 }, snapshotOf(state), at);
}

/** What the ledger was told of occurrences that did not run: minute and reason. */
function notRun(state: JobState) {
  return state.carry.outbox.map(({ scheduledAt, state: end, reason }) => [minutes(scheduledAt), end, reason]);
}

describe('overlap', () => {
  test('skip: what is due while a run is in progress does not run, and says so', () => {
    const state = jobOf();
    expect(wake(state, start + minute)).toEqual([1]);
    expect(wake(state, start + 2 * minute)).toEqual([]);
    settle(state, start + 2.5 * minute);
    expect(wake(state, start + 3 * minute)).toEqual([3]);
    expect(notRun(state)).toEqual([[2, 'skipped', 'overlap']]);
  });

  test('skip: a run that ends in the same moment another is due lets it run', () => {
    const state = jobOf();
    wake(state, start + minute);
    settle(state, start + 2 * minute - 1);
    expect(wake(state, start + 2 * minute)).toEqual([2]);
    expect(notRun(state)).toEqual([]);
  });

  test('buffer_one: one waits, the next is skipped', () => {
    const state = jobOf({ overlap: 'buffer_one' });
    expect(wake(state, start + minute)).toEqual([1]);
    expect(wake(state, start + 2 * minute)).toEqual([]);
    expect(wake(state, start + 3 * minute)).toEqual([]);
    settle(state, start + 3.5 * minute);
    expect(wake(state, start + 3.5 * minute)).toEqual([2]);
    expect(notRun(state)).toEqual([[3, 'skipped', 'overlap']]);
  });

  test('allow: all run side by side', () => {
    const state = jobOf({ overlap: 'allow' });
    expect(wake(state, start + minute)).toEqual([1]);
    expect(wake(state, start + 2 * minute)).toEqual([2]);
    expect(statusOf(state).running).toHaveLength(2);
  });

  test('while a long run blocks, the occurrences of a minute are decided in one go', () => {
    const state = jobOf({ schedule: { every: '10s' } });
    wake(state, start + 10_000);
    expect(state.nextWake(start + 10_000)).toBe(start + 19_500);
    wake(state, start + 20_000);
    expect(state.nextWake(start + 20_000)).toBe(start + 80_000);
    settle(state, start + 65_000);
    expect(notRun(state).map(([at]) => (at as number) * 60)).toEqual([20, 30, 40, 50, 60]);
    expect(notRun(state).every(([, end, reason]) => end === 'skipped' && reason === 'overlap')).toBe(true);
    expect(state.nextWake(start + 65_000)).toBeLessThanOrEqual(start + 70_000);
  });
});

describe('waking ahead of time', () => {
  const ahead = 500;

  test('an idle job wakes ahead, and the run is held until its instant', () => {
    const state = jobOf();
    expect(state.nextWake(start)).toBe(start + minute - ahead);
    expect(wake(state, start + minute - ahead)).toEqual([1]);
    expect(state.runs.running[0]?.holdUntil).toBe(isoTime(start + minute));
    expect(state.heldUntil(start + minute - 1)).toBe(start + minute);
    expect(state.heldUntil(start + minute)).toBeUndefined();
  });

  test('a busy job is woken ahead, and decides at the time itself: the run under way may end before', () => {
    const state = jobOf({ overlap: 'buffer_one' });
    wake(state, start + minute);
    expect(state.nextWake(start + minute)).toBe(start + 2 * minute - ahead);
    expect(state.nextWake(start + 2 * minute - ahead)).toBe(start + 2 * minute);
    expect(wake(state, start + 2 * minute - 1)).toEqual([]);
    settle(state, start + 2 * minute - 1);
    expect(wake(state, start + 2 * minute - 1)).toEqual([2]);
    expect(notRun(state)).toEqual([]);
  });

  test('a paused job decides at the time itself: it may be resumed before', () => {
    const state = jobOf();
    state.pause(start + 1, {});
    state.resume(start + minute - 1);
    expect(notRun(state)).toEqual([]);
    expect(wake(state, start + minute)).toEqual([1]);
  });

  test('what is due at once is not held', () => {
    const state = jobOf({ schedule: { immediate: true } });
    expect(wake(state, start)).toEqual([0]);
    expect(state.heldUntil(start - 1)).toBeUndefined();
  });
});

describe('catch-up after an outage', () => {
  const outage = (hours: number) => start + hours * 60 * minute + 30_000;

  test.each([
    ['none', 1, []],
    ['last', 1, [60]],
    ['all', 1, [1]],
  ] as const)('%s', (policy, hours, started) => {
    const state = jobOf({ catchUp: { policy } });
    expect(wake(state, outage(hours))).toEqual(started);
    const accounted = state.carry.outbox.length + state.runs.running.length + state.runs.waiting.length;
    expect(accounted).toBe(60);
    const reason = { none: 'catch_up_none', last: 'catch_up_last', all: undefined }[policy];
    expect(new Set(notRun(state).map(([, , why]) => why))).toEqual(new Set(reason ? [reason] : []));
  });

  test('all: one after another, in order, and what is older than `within` is missed', () => {
    const state = jobOf({ catchUp: { policy: 'all', within: '10m' } });
    expect(wake(state, outage(1))).toEqual([51]);
    expect(state.runs.waiting.map(({ scheduledAt }) => minutes(scheduledAt))).toEqual([
      52, 53, 54, 55, 56, 57, 58, 59, 60,
    ]);
    expect(notRun(state)).toHaveLength(50);
    expect(notRun(state)[0]).toEqual([1, 'missed', 'catch_up_window']);
    settle(state, outage(1) + 1000);
    expect(wake(state, outage(1) + 1000)).toEqual([52]);
  });

  test('all with overlap allow still goes one by one', () => {
    const state = jobOf({ overlap: 'allow', catchUp: { policy: 'all' } });
    expect(wake(state, outage(0.1))).toHaveLength(1);
  });

  test('last: not when even the last is older than `within`', () => {
    const state = jobOf({ schedule: { every: '2h' }, catchUp: { policy: 'last' } });
    expect(wake(state, start + 3.5 * 60 * minute)).toEqual([]);
    expect(notRun(state)).toEqual([[120, 'missed', 'catch_up_window']]);
  });

  test('three days of a minute: every occurrence is accounted for, in portions the outbox can hold', () => {
    const state = jobOf();
    const seen: unknown[] = [];
    for (let portion = 0; portion < 20 && state.runs.running.length === 0; portion++) {
      wake(state, outage(72));
      expect(state.outbox.size).toBeLessThan(1100);
      seen.push(...notRun(state).map(([at]) => at));
      state.outbox.acknowledge(Number.POSITIVE_INFINITY);
    }
    expect([...seen, 72 * 60]).toEqual(Array.from({ length: 72 * 60 }, (_, index) => index + 1));
    expect(minutes(state.runs.running[0]?.scheduledAt as string)).toBe(72 * 60);
  });

  test('a job of one occurrence is late rather than lost', () => {
    const state = jobOf({ schedule: { at: isoTime(start + minute) } });
    expect(wake(state, outage(72))).toEqual([1]);
  });
});

describe('pause', () => {
  test('occurrences meanwhile are skipped; what came due before still runs', () => {
    const state = jobOf();
    state.pause(start + minute, { note: 'maintenance' });
    expect(wake(state, start + minute)).toEqual([1]);
    settle(state, start + minute + 1);
    wake(state, start + 3 * minute);
    state.resume(start + 3.5 * minute);
    expect(wake(state, start + 4 * minute)).toEqual([4]);
    expect(notRun(state)).toEqual([
      [2, 'skipped', 'paused'],
      [3, 'skipped', 'paused'],
    ]);
  });

  test('until: resumes by itself, at that time', () => {
    const state = jobOf();
    state.pause(start, { until: isoTime(start + 2.5 * minute) });
    expect(state.nextWake(start)).toBeLessThanOrEqual(start + 2.5 * minute);
    state.resumeIfDue(start + 3 * minute);
    expect(wake(state, start + 3 * minute)).toEqual([3]);
    expect(notRun(state).map(([, , reason]) => reason)).toEqual(['paused', 'paused']);
  });

  test('a job of one occurrence keeps it until resumed', () => {
    const state = jobOf({ schedule: { at: isoTime(start + minute) } });
    state.pause(start, {});
    expect(wake(state, start + 10 * minute)).toEqual([]);
    expect(state.nextWake(start + 10 * minute)).toBeUndefined();
    state.resume(start + 20 * minute);
    expect(wake(state, start + 20 * minute)).toEqual([1]);
  });
});

describe('bounds', () => {
  test('maxRuns: the job completes with its last run', () => {
    const state = jobOf({ schedule: { every: '1m', maxRuns: 2 } });
    wake(state, start + minute);
    settle(state, start + minute + 1);
    expect(state.job.state).toBe('scheduled');
    wake(state, start + 2 * minute);
    expect(state.nextWake(start + 2 * minute)).toBeUndefined();
    settle(state, start + 2 * minute + 1);
    expect(state.job.state).toBe('completed');
    expect(state.finished).toBe(true);
  });

  test('end: the last occurrence is the last run', () => {
    const state = jobOf({ schedule: { every: '1m', end: isoTime(start + 2 * minute) } });
    wake(state, start + minute);
    settle(state, start + minute + 1);
    wake(state, start + 2 * minute);
    settle(state, start + 2 * minute + 1);
    expect(state.job).toMatchObject({ state: 'completed', closeReason: 'schedule exhausted' });
  });

  test('a failed one-time job has failed', () => {
    const state = jobOf({ schedule: { immediate: true } });
    wake(state, start);
    settle(state, start + 1, { state: 'failed', error: { code: 'TASK_FAILED', message: 'no' } });
    expect(state.job.state).toBe('failed');
  });
});

describe('outbox and revision', () => {
  test('a run that nothing disturbed needs no write of the workflow', () => {
    const state = jobOf();
    wake(state, start + minute);
    settle(state, start + minute + 5);
    expect(state.outbox.settled).toBe(true);
    expect(state.carry.outbox).toEqual([]);
  });

  test('a command given meanwhile outranks what the run foretold, and is written after it', () => {
    const state = jobOf();
    wake(state, start + minute);
    const given = snapshotOf(state);
    state.pause(start + minute + 1, {});
    const paused = state.job.revision;
    const run = state.runs.running[0] as RunInProgress;
    const summary = { ...run, state: 'succeeded' as const, finishedAt: isoTime(start + minute + 2) };
    state.settle(run, { summary, recorded: true, ackedSeq: 0 }, given, start + minute + 2);
    expect(given.revision + 1).toBeLessThan(paused);
    expect(state.outbox.dueAt).toBeDefined();
  });

  test('a run that could not be recorded waits, and rides along with the next', () => {
    const state = jobOf();
    wake(state, start + minute);
    const run = state.runs.running[0] as RunInProgress;
    const summary = { ...run, state: 'succeeded' as const, finishedAt: isoTime(start + minute + 2) };
    const entry = { ...summary, definitionVersion: 1 };
    state.settle(run, { summary, recorded: false, entry, ackedSeq: 0 }, snapshotOf(state), start + minute + 2);
    expect(state.outbox.riding).toMatchObject([{ runId: run.runId, seq: 1 }]);
    state.outbox.acknowledge(1);
    state.outbox.caughtUp();
    expect(state.outbox.settled).toBe(true);
  });

  test('a plan of an older definition is not taken in', () => {
    const state = jobOf();
    wake(state, start + minute);
    const given = snapshotOf(state);
    const run = state.runs.running[0] as RunInProgress;
    state.redefine(define({ schedule: { every: '1h' } }, start + minute + 1), start + minute + 1, 'me');
    const plan = planFor({ schedule: given.definition.schedule }, { after: isoTime(start + 20 * minute), count: 5 });
    const before = state.carry.plan.entries.length;
    const summary = { ...run, state: 'succeeded' as const, finishedAt: isoTime(start + minute + 2) };
    state.settle(run, { summary, recorded: true, ackedSeq: 0, plan }, given, start + minute + 2);
    expect(state.carry.plan.entries).toHaveLength(before);
  });
});

test('everything survives being carried over', () => {
  const state = jobOf({ overlap: 'buffer_one' });
  wake(state, start + minute);
  wake(state, start + 2 * minute);
  wake(state, start + 3 * minute);
  state.commands.seen('command-1');
  const copy = new JobState(JSON.parse(JSON.stringify(state.carry)));
  expect(statusOf(copy)).toEqual(JSON.parse(JSON.stringify(statusOf(state))));
  expect(copy.nextWake(start + 3 * minute)).toBe(state.nextWake(start + 3 * minute));
  expect(copy.commands.seen('command-1')).toBe(true);
});
