import { describe, expect, test } from 'vitest';
import type { PlanEntry, RunInProgress, RunSummary } from '../../../../src/core/contract.js';
import { type DefinitionInput, definitionSchema } from '../../../../src/core/definition.js';
import { isoTime } from '../../../../src/core/ids.js';
import { firstCarry } from '../../../../src/core/job/first-carry.js';
import { JobState } from '../../../../src/core/job/job-state.js';
import { snapshotOf, statusOf } from '../../../../src/core/job/views.js';
import { normaliseSchedule } from '../../../../src/core/schedule/index.js';

const start = Date.parse('2026-11-21T09:00:00Z');
const minute = 60_000;
const at = (minutes: number) => isoTime(start + minutes * minute);
const moment = (minutes: number) => start + minutes * minute;

/** An entry that is woken for half a second ahead. */
function entry(minutes: number, more: Partial<PlanEntry> = {}): PlanEntry {
  const due = Date.parse(more.effectiveAt ?? at(minutes));
  return { at: at(minutes), wake: isoTime(due - 500), ...more };
}

function jobOf(entries: PlanEntry[], definition: Partial<DefinitionInput> = {}, exhausted = true): JobState {
  const submitted = definitionSchema.parse({ task: 'work', schedule: { every: '1m' }, ...definition });
  const schedule = normaliseSchedule(submitted.schedule, start);
  const timeouts = { ...submitted.timeouts, attempt: 'PT5M' };
  const ready = { ...submitted, input: {}, lane: 'standard' as const, schedule, timeouts };
  const prepared = { definition: ready, digest: '', words: '', plan: { entries, exhausted } };
  return new JobState(firstCarry({ project: 'p', jobId: 'j' }, prepared, {}, start));
}

function wake(state: JobState, minutes: number): string[] {
  state.decideDue(moment(minutes));
  return state.takeReady(moment(minutes)).map((run) => {
    run.executing = true;
    return run.scheduledAt;
  });
}

function settle(state: JobState, minutes: number, end: Partial<RunSummary> = {}): void {
  const run = state.runs.running[0] as RunInProgress;
  const { runId, scheduledAt, trigger } = run;
  const finishedAt = at(minutes);
  const summary: RunSummary = { runId, scheduledAt, trigger, attempt: 1, state: 'succeeded', finishedAt, ...end };
  state.settle(run, { summary, recorded: true, ackedSeq: 0 }, snapshotOf(state), moment(minutes));
}

const entered = (state: JobState) =>
  state.carry.outbox.map(({ scheduledAt, state: end, reason, detail }) => [scheduledAt, end, reason, detail]);
const carriedOver = (state: JobState) => new JobState(JSON.parse(JSON.stringify(state.carry)));

describe('excluded occurrences', () => {
  const excluded = 'calendar holidays';

  test('are not woken for, and entered with the next that runs', () => {
    const state = jobOf([entry(1, { excluded }), entry(2, { excluded }), entry(3)]);
    expect(state.nextWake(start)).toBe(moment(3) - 500);
    expect(statusOf(state).nextTimes).toEqual([at(3)]);
    expect(snapshotOf(state).nextRunAt).toBe(at(3));
    expect(wake(state, 3)).toEqual([at(3)]);
    expect(entered(state)).toEqual([
      [at(1), 'skipped', 'excluded', excluded],
      [at(2), 'skipped', 'excluded', excluded],
    ]);
    expect(state.isLast).toBe(true);
  });

  test('what follows the last that is due waits for the next', () => {
    const state = jobOf([entry(1), entry(2, { excluded }), entry(3)]);
    wake(state, 1);
    settle(state, 2.5);
    expect(entered(state)).toEqual([]);
    wake(state, 3);
    expect(entered(state)).toHaveLength(1);
  });

  test('those that have passed go along when the ledger is written anyway', () => {
    const state = jobOf([entry(1, { excluded }), entry(2, { excluded }), entry(3)]);
    state.enterExcluded(moment(1.5));
    expect(entered(state).map(([time]) => time)).toEqual([at(1)]);
  });

  test('the last of a schedule is woken for: the job ends with it', () => {
    const state = jobOf([entry(1), entry(2, { excluded })]);
    wake(state, 1);
    expect(state.isLast).toBe(false);
    settle(state, 1.5);
    expect(state.nextWake(moment(1.5))).toBe(moment(2));
    wake(state, 2);
    state.closeIfExhausted(moment(2));
    expect(state.job.state).toBe('completed');
    expect(entered(state)).toEqual([[at(2), 'skipped', 'excluded', excluded]]);
  });

  test('a plan of nothing else asks for more when it ends', () => {
    const state = jobOf([entry(1, { excluded }), entry(2, { excluded })], {}, false);
    expect(state.nextWake(start)).toBe(moment(2));
    wake(state, 2);
    expect(state.needsPlan(moment(2))).toBe(true);
    expect(state.timetable.plannedUntil).toBe(at(2));
    expect(entered(state)).toHaveLength(2);
  });

  test('they do not count as the last one of an outage', () => {
    const state = jobOf([entry(1), entry(2, { excluded })], { catchUp: { policy: 'last' } });
    expect(wake(state, 30)).toEqual([at(1)]);
  });

  test('while paused they are excluded, not paused', () => {
    const state = jobOf([entry(1, { excluded }), entry(2), entry(9)]);
    state.pause(start, {});
    wake(state, 3);
    expect(entered(state).map(([, , reason]) => reason)).toEqual(['excluded', 'paused']);
    expect(statusOf(state).pause?.missed).toEqual({ policy: 'drop', count: 1, first: at(2), last: at(2) });
  });

  test('a new definition and the end of the job leave none behind', () => {
    const { definition } = jobOf([]).job;
    const changed = jobOf([entry(1, { excluded }), entry(5)]);
    changed.redefine({ definition, digest: '', words: '', plan: { entries: [], exhausted: true } }, moment(2), 'me');
    expect(entered(changed)).toEqual([[at(1), 'skipped', 'excluded', excluded]]);
    const ended = jobOf([entry(1, { excluded }), entry(5)]);
    ended.close('cancelled', 'enough', moment(2));
    expect(entered(ended)).toEqual([[at(1), 'skipped', 'excluded', excluded]]);
  });
});

describe('occurrences that start later than their nominal time', () => {
  const later = entry(1, { effectiveAt: at(4), moved: 'from Sunday' });

  test('are woken for ahead of their start and held until it', () => {
    const state = jobOf([later, entry(5)]);
    expect(state.nextWake(start)).toBe(moment(4) - 500);
    expect(wake(state, 2)).toEqual([]);
    expect(wake(state, 4 - 500 / minute)).toEqual([at(1)]);
    expect(state.runs.running[0]).toMatchObject({ holdUntil: at(4), effectiveAt: at(4), detail: 'from Sunday' });
    expect(state.runs.running[0]?.trigger).toBe('schedule');
  });

  test('are late by what they lag behind their start', () => {
    const state = jobOf([later], { catchUp: { policy: 'none' } });
    expect(state.lateRun(moment(4.1))).toBeUndefined();
    expect(wake(state, 4.1)).toEqual([at(1)]);
    const late = jobOf([later], { catchUp: { policy: 'none' } });
    wake(late, 4.5);
    expect(late.carry.outbox[0]).toMatchObject({ reason: 'catch_up_none', effectiveAt: at(4) });
  });

  test('a new definition does not lose one whose nominal time has passed', () => {
    const state = jobOf([later]);
    const { definition } = state.job;
    const plan = { entries: [entry(6)], exhausted: true };
    state.redefine({ definition, digest: '', words: '', plan }, moment(2), 'me');
    expect(wake(state, 4)).toEqual([at(1)]);
    settle(state, 4.1);
    expect(wake(state, 6)).toEqual([at(6)]);
  });

  test('the end of the job enters it', () => {
    const state = jobOf([later, entry(5)]);
    state.close('cancelled', 'enough', moment(2));
    expect(entered(state)).toEqual([[at(1), 'cancelled', 'job_cancelled', 'from Sunday']]);
  });
});

describe('a run takes the place of another', () => {
  const plan = () => [entry(1), entry(2), entry(3), entry(9)];

  test('cancel_previous: the next starts when the one before has stopped', () => {
    const state = jobOf(plan(), { overlap: 'cancel_previous' });
    wake(state, 1);
    expect(wake(state, 2)).toEqual([]);
    expect(state.runs.takeStopping()).toEqual([`j@${at(1)}`]);
    expect(wake(state, 3)).toEqual([]);
    expect(state.runs.mustStop).toBe(false);
    expect(entered(state)).toEqual([[at(2), 'cancelled', 'replaced', `j@${at(3)}`]]);
    const copy = carriedOver(state);
    settle(copy, 3.1, { state: 'cancelled' });
    expect(copy.runs.last).toMatchObject({ state: 'cancelled', reason: 'replaced', detail: `j@${at(3)}` });
    expect(wake(copy, 3.1)).toEqual([at(3)]);
  });

  test('cancel_previous: a run that succeeds all the same has succeeded', () => {
    const state = jobOf(plan(), { overlap: 'cancel_previous' });
    wake(state, 1);
    wake(state, 2);
    settle(state, 2.1);
    expect(state.runs.last?.reason).toBeUndefined();
    expect(state.job.counters).toMatchObject({ succeeded: 1, cancelled: 0 });
  });

  test('cancel_previous: one between two attempts ends at once', () => {
    const state = jobOf(plan(), { overlap: 'cancel_previous' });
    wake(state, 1);
    Object.assign(state.runs.running[0] as RunInProgress, { executing: false, retryAt: at(8) });
    expect(wake(state, 2)).toEqual([at(2)]);
    expect(entered(state)).toEqual([[at(1), 'cancelled', 'replaced', `j@${at(2)}`]]);
  });

  test('terminate_previous: the next starts at once, and what the old one says later does not count', () => {
    const state = jobOf(plan(), { overlap: 'terminate_previous' });
    wake(state, 1);
    const [old] = state.runs.running as [RunInProgress];
    const given = snapshotOf(state);
    expect(wake(state, 2)).toEqual([at(2)]);
    expect(state.runs.takeStopping()).toEqual([old.runId]);
    const { runId, scheduledAt, trigger } = old;
    const summary: RunSummary = { runId, scheduledAt, trigger, attempt: 1, state: 'succeeded', finishedAt: at(2.1) };
    state.settle(old, { summary, recorded: true, ackedSeq: 0 }, given, moment(2.1));
    expect(state.job.counters).toMatchObject({ succeeded: 0, cancelled: 1 });
    expect(entered(state)).toEqual([[at(1), 'cancelled', 'replaced', `j@${at(2)}`]]);
  });

  test('runs that are caught up go on', () => {
    const definition = { overlap: 'cancel_previous', catchUp: { policy: 'all' } } as const;
    const state = jobOf([entry(1), entry(2), entry(4)], definition);
    expect(wake(state, 3)).toEqual([at(1)]);
    expect(wake(state, 4)).toEqual([]);
    expect(state.runs.mustStop).toBe(false);
    expect(state.runs.waiting.map(({ scheduledAt }) => scheduledAt)).toEqual([at(2), at(4)]);
  });

  test('so does a run by hand', () => {
    const state = jobOf(plan(), { overlap: 'terminate_previous' });
    wake(state, 1);
    state.trigger(moment(1.5), 'j@key:now', undefined);
    expect(wake(state, 1.5)).toEqual([at(1.5)]);
    expect(entered(state)).toEqual([[at(1), 'cancelled', 'replaced', 'j@key:now']]);
  });
});

describe('kept while paused', () => {
  const plan = () => Array.from({ length: 9 }, (_, index) => entry(index + 1));

  test('resuming may say otherwise than the pause, and it outlives continue-as-new', () => {
    const state = jobOf(plan());
    state.pause(start, { missed: 'all', note: 'away' });
    wake(state, 3);
    const copy = carriedOver(state);
    expect(statusOf(copy).pause?.missed).toEqual({ policy: 'all', count: 3, first: at(1), last: at(3) });
    copy.resume(moment(3.5), 'last');
    expect(entered(copy).map(([time]) => time)).toEqual([at(1), at(2)]);
    expect(wake(copy, 3.5)).toEqual([at(3)]);
    expect(copy.runs.running[0]?.trigger).toBe('catch_up');
  });

  test('a second pause goes on with the first', () => {
    const state = jobOf(plan(), { whilePaused: 'last' });
    state.pause(start, { note: 'one' });
    wake(state, 2);
    state.pause(moment(2.5), { note: 'two' });
    expect(statusOf(state).pause).toMatchObject({ note: 'two', missed: { policy: 'last', count: 2, first: at(1) } });
    state.resume(moment(2.6));
    expect(wake(state, 2.6)).toEqual([at(2)]);
  });

  test('the job does not end while something is kept', () => {
    const state = jobOf([entry(1)], { whilePaused: 'all' });
    state.pause(start, {});
    wake(state, 1);
    state.closeIfExhausted(moment(1));
    expect(state.job.state).toBe('paused');
    state.resume(moment(2));
    expect(wake(state, 2)).toEqual([at(1)]);
    expect(state.isLast).toBe(true);
  });

  test('cancelling the job enters it', () => {
    const state = jobOf([entry(1)], { whilePaused: 'all' });
    state.pause(start, {});
    wake(state, 1);
    state.close('cancelled', 'enough', moment(2));
    expect(entered(state)).toEqual([[at(1), 'cancelled', 'job_cancelled', undefined]]);
  });

  test('a thousand at most', () => {
    const many = Array.from({ length: 1002 }, (_, index) => entry(index / 60));
    const state = jobOf([...many, entry(99)], { whilePaused: 'all' });
    state.pause(start - minute, {});
    wake(state, 30);
    expect(entered(state)).toHaveLength(2);
    state.resume(moment(30));
    expect(state.runs.waiting).toHaveLength(1000);
  });
});

describe('failures in a row', () => {
  const plan = () => Array.from({ length: 20 }, (_, index) => entry(index + 1));
  const failed = { state: 'failed' as const, error: { code: 'HTTP_STATUS', message: 'got 500' } };

  test('the count outlives continue-as-new, and a success begins it anew', () => {
    const state = jobOf(plan(), { pauseAfterFailures: { count: 2 } });
    wake(state, 1);
    settle(state, 1.1, failed);
    wake(state, 2);
    settle(state, 2.1);
    wake(state, 3);
    settle(state, 3.1, failed);
    expect(state.job.pause).toBeNull();
    const copy = carriedOver(state);
    wake(copy, 4);
    settle(copy, 4.1, { ...failed, state: 'timed_out' });
    expect(copy.job.pause).toMatchObject({ by: 'carillon', failures: 2, since: at(4.1) });
    expect(copy.job.pause?.note).toContain('HTTP_STATUS');
    expect(copy.job.pause?.probeAt).toBeUndefined();
    expect(copy.outbox.dueAt).toBeDefined();
  });

  test('what waits is kept or dropped by the rule of the pause', () => {
    const state = jobOf(plan(), { pauseAfterFailures: { count: 1 }, overlap: 'buffer_all', whilePaused: 'last' });
    wake(state, 1);
    wake(state, 2);
    wake(state, 3);
    settle(state, 3.5, failed);
    expect(state.runs.waiting).toEqual([]);
    expect(entered(state)).toEqual([[at(2), 'skipped', 'paused', undefined]]);
    state.resume(moment(3.6));
    expect(wake(state, 3.6)).toEqual([at(3)]);
  });

  test('a person who pauses meanwhile takes over: no probe follows', () => {
    const state = jobOf(plan(), { pauseAfterFailures: { count: 1, probeAfter: '5m' } });
    wake(state, 1);
    settle(state, 1.1, failed);
    expect(state.nextWake(moment(1.1))).toBeLessThanOrEqual(moment(6.1));
    state.pause(moment(1.2), { by: 'ops' });
    state.probeIfDue(moment(7));
    expect(state.runs.waiting).toEqual([]);
  });

  test('a probe is made once, and waits for what is under way', () => {
    const state = jobOf(plan(), { pauseAfterFailures: { count: 1, probeAfter: '5m' } });
    wake(state, 1);
    settle(state, 1.1, failed);
    state.trigger(moment(6), 'j@key:by-hand', undefined);
    wake(state, 6);
    state.probeIfDue(moment(7));
    expect(state.runs.waiting).toEqual([]);
    settle(state, 7.5);
    state.probeIfDue(moment(7.5));
    state.probeIfDue(moment(7.5));
    expect(state.takeReady(moment(7.5)).map(({ trigger, scheduledAt }) => [trigger, scheduledAt])).toEqual([
      ['probe', at(6.1)],
    ]);
  });

  test('the end of the last run ends the job: there is nothing to pause', () => {
    const state = jobOf([entry(1)], { pauseAfterFailures: { count: 1 } });
    wake(state, 1);
    settle(state, 1.1, failed);
    expect(state.job).toMatchObject({ state: 'completed', pause: null });
  });
});
