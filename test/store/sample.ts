import { randomBytes } from 'node:crypto';
import type { JobSnapshot, LedgerEntry } from '../../src/core/contract.js';
import { type Definition, type DefinitionInput, definitionSchema } from '../../src/core/definition.js';

/** A project nobody else uses: what keeps tests apart in one database. */
export function newProject(): string {
  return `t-${randomBytes(6).toString('hex')}`;
}

export function definition(changes: Partial<DefinitionInput> = {}): Definition {
  const submitted = definitionSchema.parse({
    task: 'log',
    input: { message: 'hello' },
    schedule: { every: '10s' },
    ...changes,
  });
  return {
    ...submitted,
    input: submitted.input,
    lane: 'standard',
    timeouts: { ...submitted.timeouts, attempt: 'PT5M' },
  };
}

/** A snapshot with every optional field left out. */
export function snapshot(project: string, jobId: string, changes: Partial<JobSnapshot> = {}): JobSnapshot {
  return {
    project,
    jobId,
    revision: 2,
    state: 'scheduled',
    definition: definition(),
    definitionVersion: 1,
    digest: 'digest-1',
    words: 'every 10 seconds',
    createdAt: '2026-11-21T09:00:00Z',
    definedAt: '2026-11-21T09:00:00Z',
    nextRunAt: null,
    running: 0,
    counters: { succeeded: 0, failed: 0, timedOut: 0, cancelled: 0, skipped: 0, missed: 0, started: 0 },
    lastRun: null,
    pause: null,
    closedAt: null,
    closeReason: null,
    ...changes,
  };
}

/** A run with every optional field left out. */
export function entry(runId: string, changes: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    runId,
    scheduledAt: '2026-11-21T09:00:00Z',
    trigger: 'schedule',
    state: 'succeeded',
    attempt: 1,
    definitionVersion: 1,
    ...changes,
  };
}

/** `count` times, a second apart. */
export function times(count: number, start = '2026-11-21T09:00:00Z'): string[] {
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(start) + index * 1000).toISOString().replace('.000Z', 'Z'),
  );
}

/** The elements in another order, the same for the same seed. */
export function shuffled<Item>(items: Item[], seed: number): Item[] {
  let state = seed + 1;
  const weighed = items.map((item) => {
    state = (state * 48271) % 2147483647;
    return { item, weight: state };
  });
  return weighed.sort((a, b) => a.weight - b.weight).map(({ item }) => item);
}
