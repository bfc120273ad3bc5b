import { expect, test } from 'vitest';
import { jobWorkflowType, type RunSummary } from '../../src/core/contract.js';
import type { DefinitionInput } from '../../src/core/definition.js';
import { durationMs } from '../../src/core/duration.js';
import { isoTime, workflowId } from '../../src/core/ids.js';
import { firstCarry } from '../../src/core/job/first-carry.js';
import { type SimulationOptions, simulate } from '../../src/core/job/simulate.js';
import { prepareDefinition } from '../../src/core/prepare.js';
import { isTerminal } from '../../src/core/states.js';
import { TaskRegistry } from '../../src/core/task/registry.js';
import { lastingTask } from './lasting.js';
import { useVirtualRig, type VirtualRig } from './virtual-rig.js';

/*
 * Every policy on a real workflow in virtual time. What the ledger says is compared entry for entry with what is
 * expected, and with what the simulator foretells: it is the same code, so it must agree.
 */
const minute = 60_000;

interface Job {
  id: string;
  definition: Partial<DefinitionInput>;
  /** How long a run takes. */
  seconds: number;
  /** Due at `start` and every `step` after it, ms. */
  start: number;
  step: number;
  last: number;
}

async function useRig(): Promise<VirtualRig> {
  const rig: VirtualRig = await useVirtualRig({ tasks: [lastingTask(() => rig)] });
  return rig;
}

/** A full minute that is far enough away to begin with. */
async function soon(rig: VirtualRig): Promise<number> {
  return Math.ceil((await rig.now()) / minute + 1) * minute;
}

async function until(rig: VirtualRig, time: number): Promise<void> {
  await rig.pass(time - (await rig.now()));
}

function definitionOf({ definition, seconds, start, step, last }: Job): DefinitionInput {
  const attentive = definition.overlap?.endsWith('previous') || undefined;
  const [anchor, end] = [isoTime(start), isoTime(start + last * step)];
  return {
    task: 'lasting',
    input: { seconds, attentive },
    // Beats come in real time: in virtual time they are far between.
    timeouts: { heartbeat: '240h', attempt: '1h' },
    schedule: { every: `${step / 1000}s`, anchor, start: anchor, end },
    ...definition,
  };
}

async function begin(rig: VirtualRig, job: Job): Promise<void> {
  // The API's deadlines are taken from the last look at the clock.
  await rig.now();
  await rig.client.jobs.create.mutate({ project: rig.project, id: job.id, ...definitionOf(job) });
}

/**
 * A job that was created at `created`, and had no worker since. Its workflow begins now: the test server's clock stands
 * still while a workflow task waits for a worker, so that an outage cannot be lived through.
 */
async function beginLate(rig: VirtualRig, job: Job, created: number): Promise<void> {
  const registry = new TaskRegistry([lastingTask(() => rig)]);
  const ids = { project: rig.project, jobId: job.id };
  const prepared = prepareDefinition(definitionOf(job), registry, created);
  await rig.temporal.workflow.start(jobWorkflowType, {
    workflowId: workflowId(rig.project, job.id),
    taskQueue: rig.taskQueue,
    args: [firstCarry(ids, prepared, {}, created)],
  });
}

/** An entry without the times at which things were noticed; due times count in steps. */
function lineOf({ runId, scheduledAt, trigger, state, reason, detail }: RunSummary, { start, step }: Job): string {
  const at = (time: string) => (Date.parse(time) - start) / step;
  const by = detail?.replace(/^.*@(.*)$/, (_, time) => `by ${at(time)}`);
  const name = trigger === 'probe' ? 'probe' : at(scheduledAt);
  expect(runId).toContain(trigger === 'probe' ? '@key:probe-' : scheduledAt);
  return [name, trigger, state, reason, by].filter((part) => part !== undefined).join(' ');
}

/** What the ledger says of a job, and what the simulator foretells. */
async function outcome(rig: VirtualRig, job: Job, options: Partial<SimulationOptions> = {}) {
  const row = await rig.store.jobs.get(rig.project, job.id);
  if (!row) throw new Error(`There is no job ${job.id}.`);
  const span = { from: row.createdAt, to: isoTime(await rig.now()) };
  const foretold = simulate(row.definition, { ...span, durations: `${job.seconds}s`, ...options }).entries;
  await rig.ended(job.id, foretold.length);
  const entries = rig.ledger.filter(({ jobId, state }) => jobId === job.id && isTerminal(state));
  const once = [...new Map(entries.map((entry) => [entry.runId, entry])).values()];
  const actual = once.sort((a, b) => (a.scheduledAt < b.scheduledAt ? -1 : 1));
  return { actual: actual.map((entry) => lineOf(entry, job)), foretold: foretold.map((entry) => lineOf(entry, job)) };
}

const words = {
  S: () => 'schedule succeeded',
  O: () => 'schedule skipped overlap',
  B: () => 'schedule skipped buffer_full',
  R: (at: number) => `schedule cancelled replaced by ${at + 1}`,
};

/** Virtual time has no excuse for a second try. */
const once = { retry: 0, timeout: 120_000 };

test('six overlap policies, with runs of 20, 85 and 200 s that are due every minute', once, async () => {
  const rig = await useRig();
  const expected: [DefinitionInput['overlap'], ...string[]][] = [
    ['skip', 'SSSSS', 'SOSOS', 'SOOOS'],
    ['buffer_one', 'SSSSS', 'SSSSO', 'SSOOS'],
    ['buffer_all', 'SSSSS', 'SSSSS', 'SSSBS'],
    ['cancel_previous', 'SSSSS', 'RRRRS', 'RRRRS'],
    ['terminate_previous', 'SSSSS', 'RRRRS', 'RRRRS'],
    ['allow', 'SSSSS', 'SSSSS', 'SSOOS'],
  ];
  const start = await soon(rig);
  const cases = expected.flatMap(([overlap, ...letters]) =>
    [20, 85, 200].map((seconds, index) => {
      const definition = { overlap, bufferSize: 2, maxActiveRuns: 2 };
      const job: Job = { id: `${overlap}-${seconds}`, definition, seconds, start, step: minute, last: 4 };
      return { job, letters: letters[index] as string };
    }),
  );
  for (const { job } of cases) await begin(rig, job);
  await until(rig, start + 30 * minute);
  for (const { job, letters } of cases) {
    const { actual, foretold } = await outcome(rig, job);
    const lines = [...letters].map((letter, at) => `${at} ${words[letter as keyof typeof words](at)}`);
    expect.soft(actual, job.id).toEqual(lines);
    expect.soft(foretold, `${job.id}, simulated`).toEqual(lines);
  }
});

/** Gaps in steps, and the catch-up window for them. */
const gaps = [
  { name: 'a minute', step: minute, steps: 1, within: '1h' },
  { name: 'an hour', step: 5 * minute, steps: 12, within: '30m' },
  { name: 'three days', step: 360 * minute, steps: 12, within: '24h' },
];
const seconds = 20;

test('four catch-up policies, after an outage of a minute, an hour and three days', once, async () => {
  const rig = await useRig();
  for (const { name, step, steps, within } of gaps) {
    const now = await rig.now();
    // The outage ends in the middle between two due times.
    const back = steps + 0.5;
    const start = Math.round(now / 1000) * 1000 - back * step;
    const jobs = (['none', 'last', 'all', 'spaced'] as const).map((policy) => {
      const spaced = { policy: 'all' as const, spacing: `${step / 1000}s`, within };
      const catchUp = policy === 'spaced' ? spaced : { policy, within };
      return {
        id: `${policy}-${name.replace(' ', '-')}`,
        policy,
        definition: { catchUp },
        seconds,
        start,
        step,
        last: steps + 2,
      };
    });
    for (const job of jobs) await beginLate(rig, job, start - 1000);
    await rig.pass(10 * minute + (steps + 3) * step);
    for (const job of jobs) {
      const outages = [{ from: isoTime(start - 1000), to: isoTime(start + back * step) }];
      const { actual, foretold } = await outcome(rig, job, { outages });
      const lines = caughtUp(job, back);
      expect.soft(actual, `${job.id}: ${name}`).toEqual(lines);
      expect.soft(foretold, `${job.id}: ${name}, simulated`).toEqual(lines);
    }
  }
});

/** What becomes of each due time when nobody was there until step `back`. */
function caughtUp(job: Job & { policy: string }, back: number): string[] {
  const { policy, step, last, definition } = job;
  const within = durationMs(definition.catchUp?.within ?? '');
  const newest = Math.floor(back);
  let busyUntil = 0;
  return Array.from({ length: last + 1 }, (_, at) => {
    if (at > back) return `${at} schedule ${at * step < busyUntil ? 'skipped overlap' : 'succeeded'}`;
    if (policy === 'none') return `${at} schedule missed catch_up_none`;
    if ((back - at) * step > within) return `${at} schedule missed catch_up_window`;
    if (policy === 'last' && at !== newest) return `${at} schedule missed catch_up_last`;
    // With time between them they leave room for what is on time.
    if (policy !== 'spaced') busyUntil = Math.max(busyUntil, back * step) + seconds * 1000;
    return `${at} catch_up succeeded`;
  });
}

/** A pause begins between steps 1 and 2. */
const pauseBegins = 1.5;

test('what a paused job makes of its due times after a minute, an hour and three days', once, async () => {
  const rig = await useRig();
  const { project } = rig;
  for (const { name, step, steps } of gaps) {
    const start = await soon(rig);
    const back = pauseBegins + steps;
    const jobs = (['drop', 'last', 'all'] as const).map((policy) => {
      const id = `${policy}-${name.replace(' ', '-')}`;
      return { id, policy, definition: { whilePaused: policy }, seconds, start, step, last: Math.floor(back) + 2 };
    });
    for (const job of jobs) await begin(rig, job);
    const [from, to] = [start + pauseBegins * step, start + back * step];
    await until(rig, from);
    for (const { id } of jobs) {
      await rig.now();
      await rig.client.jobs.pause.mutate({ project, id, note: 'stock-taking' });
    }
    await until(rig, to);
    for (const { id, policy } of jobs) {
      const { pause } = await rig.handle(id).query<{ pause: unknown }>('status');
      expect.soft(pause, id).toMatchObject({ note: 'stock-taking', missed: { policy } });
      await rig.now();
      await rig.client.jobs.resume.mutate({ project, id });
    }
    await until(rig, to + 10 * minute + 3 * step);
    for (const job of jobs) {
      const { actual, foretold } = await outcome(rig, job, { pauses: [{ from: isoTime(from), to: isoTime(to) }] });
      const lines = resumed(job, back);
      expect.soft(actual, `${job.id}: ${name}`).toEqual(lines);
      expect.soft(foretold, `${job.id}: ${name}, simulated`).toEqual(lines);
    }
  }
});

function resumed({ policy, step, last }: Job & { policy: string }, back: number): string[] {
  const newest = Math.floor(back);
  const kept = { drop: 0, last: 1, all: newest - 1 }[policy] as number;
  const busyUntil = back * step + kept * seconds * 1000;
  return Array.from({ length: last + 1 }, (_, at) => {
    if (at < pauseBegins) return `${at} schedule succeeded`;
    if (at > back) return `${at} schedule ${kept > 0 && at * step < busyUntil ? 'skipped overlap' : 'succeeded'}`;
    return at > newest - kept ? `${at} catch_up succeeded` : `${at} schedule skipped paused`;
  });
}

test('a job that fails twice in a row pauses itself, probes, and goes on when a probe succeeds', once, async () => {
  const rig = await useRig();
  const start = await soon(rig);
  const definition: Job['definition'] = {
    // Runs 1 and 2 fail, so does the first probe.
    input: { seconds: 15, failing: 3 },
    retry: { maximumAttempts: 1 },
    pauseAfterFailures: { count: 2, probeAfter: '140s' },
    whilePaused: 'last',
  };
  const job: Job = { id: 'probing', definition, seconds: 15, start, step: minute, last: 9 };
  await begin(rig, job);
  await until(rig, start + 2.5 * minute);
  const { pause } = await rig.handle(job.id).query<{ pause: { probeAt: string } }>('status');
  expect(pause).toMatchObject({ by: 'carillon', failures: 2, note: expect.stringContaining('TASK_FAILED') });
  expect((Date.parse(pause.probeAt) - start) / minute).toBeCloseTo((75 + 140) / 60, 1);
  await until(rig, start + 30 * minute);
  const durations: SimulationOptions['durations'] = ({ index }) => ({
    duration: '15s',
    outcome: index < 3 ? 'failed' : 'succeeded',
  });
  const { actual, foretold } = await outcome(rig, job, { durations });
  // The second failure ends at 1:15, probes begin at 3:35 and 6:10.
  const lines = [
    ...['0 schedule failed', '1 schedule failed', '2 schedule skipped paused', '3 schedule skipped paused'],
    ...['probe probe failed', '4 schedule skipped paused', '5 schedule skipped paused', '6 catch_up succeeded'],
    ...['probe probe succeeded', '7 schedule succeeded', '8 schedule succeeded', '9 schedule succeeded'],
  ];
  expect(actual).toEqual(lines);
  expect(foretold).toEqual(lines);
});
