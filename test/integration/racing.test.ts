import { expect, test } from 'vitest';
import { z } from 'zod';
import { toCarillonError } from '../../src/api/client/client.js';
import { isoTime } from '../../src/core/ids.js';
import { isTerminal } from '../../src/core/states.js';
import { defineTask } from '../../src/core/task/task.js';
import { type Recorded, type Rig, useRig } from '../rig/rig.js';

/*
 * Edits, pauses, resumes and triggers that race the due second of real jobs. Two hundred in the usual run, a thousand
 * with CARILLON_LONG_TESTS=1; a failure names the seed that chose them: CARILLON_SEED.
 */
const long = process.env.CARILLON_LONG_TESTS === '1';
const [jobs, commandsEach] = long ? [25, 40] : [10, 20];
const seed = Number(process.env.CARILLON_SEED ?? Date.now() % 1_000_000);

const kinds = ['pause', 'resume', 'update', 'trigger'] as const;
interface Given {
  kind: (typeof kinds)[number] | 'cancel';
  asked: number;
  /** When the answer came; undefined: refused, or not confirmed. */
  answered: number | undefined;
}

/** When each run was executed, by its id. */
const executed = new Map<string, number[]>();
const racers = (['standard', 'light'] as const).map((lane) =>
  defineTask({
    name: `racer-${lane}`,
    lane,
    input: z.strictObject({}),
    run({ runId }) {
      executed.set(runId, [...(executed.get(runId) ?? []), Date.now()]);
    },
  }),
);

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function chance(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function race(rig: Rig, task: string, id: string, random: () => number): Promise<Given[]> {
  const ref = { project: rig.project, id };
  const base = { ...ref, task, input: {}, schedule: { every: '1s', anchor: '2026-01-01T00:00:00Z' } };
  await rig.client.jobs.create.mutate(base);
  const given: Given[] = [];
  const send = async (kind: Given['kind'], act: () => Promise<unknown>) => {
    const asked = Date.now();
    const answered = await act().then(() => Date.now(), refused);
    given.push({ kind, asked, answered });
  };
  for (let count = 0; count < commandsEach; count += 1) {
    // Somewhere in the half second before a due second, where runs are held, or the one after it.
    const pause = 1000 - (Date.now() % 1000) + 500 * (random() * 2 - 1);
    await new Promise((pass) => setTimeout(pass, Math.max(0, pause)));
    const kind = kinds[Math.floor(random() * kinds.length)] as (typeof kinds)[number];
    if (kind === 'update')
      await send(kind, () => rig.client.jobs.update.mutate({ ...base, labels: { round: `${count}` } }));
    else if (kind === 'trigger') await send(kind, () => rig.client.jobs.trigger.mutate({ ...ref, key: `${count}` }));
    else await send(kind, () => rig.client.jobs[kind].mutate(ref));
  }
  await send('cancel', () => rig.client.jobs.cancel.mutate(ref));
  await rig.handle(id).result();
  return given;
}

/** A run in progress refuses another; a busy machine may answer too late. Anything else is a fault. */
function refused(error: unknown): undefined {
  expect(['JOB_BUSY', 'WORKER_UNAVAILABLE']).toContain(toCarillonError(error).code);
  return undefined;
}

/** Spans in which the job was paused beyond doubt: from an answered pause to the next resume that was asked for. */
function pausedSpans(given: Given[]): [from: number, to: number][] {
  return given.flatMap(({ kind, answered }, index): [number, number][] => {
    if (kind !== 'pause' || answered === undefined) return [];
    const end = given.slice(index + 1).find((later) => later.kind === 'resume' || later.kind === 'cancel');
    return [[answered, end?.asked ?? answered]];
  });
}

function check(entries: Recorded[], given: Given[], light: boolean): void {
  const scheduled = entries.filter(({ runId }) => !runId.includes('@key:'));
  const due = [...new Set(scheduled.map(({ scheduledAt }) => Date.parse(scheduledAt)))].sort((a, b) => a - b);
  const [first = 0, last = 0] = [due[0], due.at(-1)];
  const every = Array.from({ length: (last - first) / 1000 + 1 }, (_, index) => isoTime(first + index * 1000));
  // One outcome for each nominal time, and none left out.
  const outcomes = new Set(scheduled.map(({ scheduledAt, state, reason }) => `${scheduledAt} ${state} ${reason}`));
  expect([...outcomes].map((outcome) => outcome.split(' ')[0]).sort()).toEqual(every);
  const ended = given.at(-1)?.answered ?? 0;
  expect(last).toBeLessThanOrEqual(ended);
  expect(last).toBeGreaterThan(ended - 3000);
  for (const { runId, scheduledAt, state, trigger } of entries) {
    const times = executed.get(runId) ?? [];
    // A light run is executed again if its workflow task is lost, as happens on a busy machine.
    if (state === 'succeeded' && light) expect(times.length, `executions of ${runId}`).toBeGreaterThanOrEqual(1);
    else expect(times.length, `executions of ${runId}`).toBe(state === 'succeeded' ? 1 : 0);
    const nominal = Date.parse(scheduledAt);
    if (trigger !== 'schedule' || times.length === 0) continue;
    expect(times[0], `${runId} is not early`).toBeGreaterThanOrEqual(nominal);
    expect(pausedSpans(given).filter(([from, to]) => nominal > from && nominal < to)).toEqual([]);
  }
}

/** The ledger of a job, oldest first. */
async function ledgerOf({ store, project }: Rig, jobId: string): Promise<Recorded[]> {
  const { items } = await store.runs.list({ project, jobId }, { limit: 2000 });
  return items.reverse();
}

test.each(racers)(
  `${jobs * commandsEach} commands racing the due second (seed ${seed}), $name`,
  {
    retry: 0,
    timeout: 240_000,
  },
  async ({ name, lane }) => {
    const rig = await useRig({ tasks: racers });
    const ids = Array.from({ length: jobs }, (_, index) => `${lane}-${index}`);
    const all = await Promise.all(ids.map((id, index) => race(rig, name, id, chance(seed + index))));
    let pauses = 0;
    for (const [index, given] of all.entries()) {
      const entries = await ledgerOf(rig, ids[index] as string);
      expect(entries.every(({ state }) => isTerminal(state))).toBe(true);
      check(entries, given, lane === 'light');
      pauses += pausedSpans(given).length;
    }
    expect(pauses).toBeGreaterThan(jobs);
  },
);
