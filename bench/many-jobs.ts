import type { JobSnapshot, LedgerEntry } from '../src/core/contract.js';
import { definitionSchema } from '../src/core/definition.js';
import type { JobState, RunState } from '../src/core/states.js';
import { createStore } from '../src/store/store.js';

/** Runs of each job. */
export const runsEach = 10;
const [tasks, owners, teams] = [8, 50, 20];
const begin = Date.parse('2026-11-01T00:00:00Z');
const minuteMs = 60_000;
/** Jobs of one statement. */
const batch = 250;

/** The job of this number: what lists find it by is spread over all of them. */
export function jobOf(number: number) {
  return {
    id: `job-${String(number).padStart(6, '0')}`,
    task: `report-${number % tasks}`,
    owner: `owner-${number % owners}`,
    team: `team-${number % teams}`,
    priority: number % 10 === 0 ? 1 : 3,
    word: `w${(number * 7919) % 100_003}`,
  };
}

/** Writes jobs `from` to `to`, and their runs, past the workflows: into the database alone. */
export async function fillJobs(url: string, from: number, to: number): Promise<void> {
  const store = createStore({ url, timeoutMs: 60_000, poolSize: 2 });
  let next = from;
  const writer = async () => {
    while (next < to) {
      const first = next;
      next += batch;
      const numbers = Array.from({ length: Math.min(batch, to - first) }, (_, index) => first + index);
      await store.write(numbers.map((number) => ({ snapshot: snapshotOf(number), entries: entriesOf(number) })));
    }
  };
  // Two, so that one prepares while the database writes what the other has.
  await Promise.all([writer(), writer()]);
  await store.close();
}

function snapshotOf(number: number): JobSnapshot {
  const { id, task, owner, team, priority, word } = jobOf(number);
  const fields = definitionSchema.parse({
    ...{ task, owner, priority, input: { number, address: `https://example.com/${id}` }, schedule: { every: '1h' } },
    ...{ description: `Writes the report ${word} for ${team}`, labels: { team, env: number % 3 ? 'prod' : 'test' } },
  });
  const state = stateOf(number);
  const at = timeOf(number);
  const open = state === 'scheduled' || state === 'paused';
  return {
    ...{ project: 'default', jobId: id, revision: 12, state, definitionVersion: 1, digest: `${number}` },
    definition: { ...fields, input: fields.input, lane: 'standard', timeouts: { ...fields.timeouts, attempt: 'PT5M' } },
    ...{ words: 'every hour', createdAt: at, definedAt: at, running: 0, pause: null, lastRun: null },
    nextRunAt: state === 'scheduled' ? timeOf(number * 3 + 100_000) : null,
    counters: { succeeded: 9, failed: 1, timedOut: 0, cancelled: 0, skipped: 0, missed: 0, started: 10 },
    closedAt: open ? null : at,
    closeReason: open ? null : 'schedule exhausted',
  };
}

function entriesOf(number: number): LedgerEntry[] {
  const { id } = jobOf(number);
  return Array.from({ length: runsEach }, (_, index) => {
    const scheduledAt = timeOf(number + index * 60);
    const state: RunState = (number + index) % 12 === 0 ? 'failed' : 'succeeded';
    return {
      ...{ runId: `${id}@${scheduledAt}`, scheduledAt, state, attempt: 1, definitionVersion: 1 },
      trigger: (number + index) % 40 === 0 ? 'manual' : 'schedule',
      ...{ startedAt: scheduledAt, finishedAt: scheduledAt, worker: '4242@worker-1', result: { rows: index } },
      ...(state === 'failed' && { error: { code: 'HTTP_STATUS', message: 'Expected 200, got 503.' } }),
    };
  });
}

function stateOf(number: number): JobState {
  const share = number % 20;
  if (share < 14) return 'scheduled';
  return share < 16 ? 'paused' : share < 19 ? 'completed' : 'failed';
}

function timeOf(minutes: number): string {
  return new Date(begin + minutes * minuteMs).toISOString();
}
