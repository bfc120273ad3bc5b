import { describe, expect, it } from 'vitest';
import type { JobSnapshot, LedgerEntry } from '../../../src/core/contract.js';
import type { Bench } from '../conformance.js';
import { definition, entry, newProject, snapshot } from '../sample.js';

const lastRun = {
  runId: 'a@1',
  scheduledAt: '2026-11-21T09:00:00Z',
  trigger: 'schedule',
  state: 'failed',
  attempt: 2,
} as const;

function fullSnapshot(project: string): JobSnapshot {
  return snapshot(project, 'a', {
    revision: 5_000_000_000,
    state: 'paused',
    definition: definition({
      description: 'Ärger & "quotes"',
      owner: 'ops',
      labels: { team: 'a', 'k.e/y': '' },
      priority: 1,
    }),
    definitionVersion: 7,
    idempotencyKey: 'key-1',
    createdAt: '2026-11-21T09:00:00.001Z',
    createdBy: 'ann',
    definedAt: '2026-11-22T09:00:00.999Z',
    definedBy: 'bob',
    nextRunAt: '2027-01-01T00:00:00.500Z',
    running: 2,
    counters: { succeeded: 1, failed: 2, timedOut: 3, cancelled: 4, skipped: 5, missed: 6, started: 10 },
    lastRun: { ...lastRun, error: { code: 'HTTP_STATUS', message: 'got 500' } },
    pause: { note: 'maintenance', by: 'ann', since: '2026-11-22T10:00:00Z', until: '2026-11-23T10:00:00Z' },
    closedAt: '2026-12-01T00:00:00.123Z',
    closeReason: 'done',
  });
}

const fullEntry: LedgerEntry = {
  runId: 'a@2026-11-21T09:00:00.007Z',
  scheduledAt: '2026-11-21T09:00:00.007Z',
  trigger: 'catch_up',
  state: 'timed_out',
  attempt: 3,
  definitionVersion: 7,
  reason: 'overlap',
  startedAt: '2026-11-21T09:00:00.010Z',
  finishedAt: '2026-11-21T09:00:01Z',
  error: { code: 'TIMEOUT_RUN', message: '' },
  input: { nested: [1, null, { deep: true }], big: 1e300, small: -0.1 },
  result: [],
  worker: 'host-1:4711',
};

/** `\u0000` written out, and halves of a surrogate pair, which neither text nor jsonb can hold. */
const nasty = {
  'NUL inside': ['a\0b', 'a\uFFFDb'],
  'a lone high surrogate': ['a\uD83Db', 'a\uFFFDb'],
  'a lone low surrogate at the end': ['a\uDE00', 'a\uFFFD'],
  'a whole pair': ['😀 👩‍👩‍👧', '😀 👩‍👩‍👧'],
  'right to left': ['שלום \u202Eعالم', 'שלום \u202Eعالم'],
  'quotes and backslashes': [`'"\`\\'; drop table runs; --`, `'"\`\\'; drop table runs; --`],
  'an escape that is none': ['\\u0000 \\\\u0000 \\ud800', '\\u0000 \\\\u0000 \\ud800'],
  'array syntax': ['{a,"b",NULL}', '{a,"b",NULL}'],
  'the word NULL': ['NULL', 'NULL'],
  nothing: ['', ''],
  'control characters': ['\u0001\t\r\n\u007F\u2028', '\u0001\t\r\n\u007F\u2028'],
  '10,000 characters': ['é'.repeat(10_000), 'é'.repeat(10_000)],
} as const;

export function describeRoundTrips(bench: Bench): void {
  describe('round trips', () => {
    it('keeps every field of a job, and its version', async () => {
      const { store } = bench;
      const full = fullSnapshot(newProject());
      await store.write([{ snapshot: full, entries: [] }]);

      const { updatedAt, ...row } = (await store.jobs.get(full.project, 'a')) ?? {};
      expect(row).toStrictEqual(full);
      expect(updatedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
      expect(await store.versions.get(full.project, 'a', 7)).toStrictEqual({
        project: full.project,
        jobId: 'a',
        version: 7,
        definition: full.definition,
        digest: full.digest,
        words: full.words,
        definedAt: full.definedAt,
        definedBy: 'bob',
      });
    });

    it('leaves absent what was absent', async () => {
      const { store } = bench;
      const bare = snapshot(newProject(), 'a');
      await store.write([{ snapshot: bare, entries: [entry('a@1')] }]);

      const { updatedAt: _, ...job } = (await store.jobs.get(bare.project, 'a')) ?? {};
      expect(job).toStrictEqual(bare);
      const { recordedAt: __, ...run } = (await store.runs.get(bare.project, 'a@1')) ?? {};
      expect(run).toStrictEqual({ ...entry('a@1'), project: bare.project, jobId: 'a' });
      expect(await store.jobs.get(bare.project, 'b')).toBeUndefined();
      expect(await store.runs.get(bare.project, 'b@1')).toBeUndefined();
      expect(await store.versions.get(bare.project, 'a', 2)).toBeUndefined();
    });

    it('keeps every field of a run, to the millisecond', async () => {
      const { store } = bench;
      const project = newProject();
      await store.write([{ snapshot: snapshot(project, 'a'), entries: [fullEntry] }]);

      const { recordedAt, ...row } = (await store.runs.get(project, fullEntry.runId)) ?? {};
      expect(row).toStrictEqual({ ...fullEntry, project, jobId: 'a' });
      expect(recordedAt).toMatch(/Z$/);
    });

    it.each([null, false, 0, '', 'text', [null], {}])('tells the result %j from no result', async (result) => {
      const { store } = bench;
      const project = newProject();
      const entries = [entry('a@with', { result, input: result }), entry('a@without')];
      await store.write([{ snapshot: snapshot(project, 'a'), entries }]);

      const kept = await store.runs.get(project, 'a@with');
      expect(kept).toMatchObject({ result, input: result });
      const none = await store.runs.get(project, 'a@without');
      expect(none).not.toHaveProperty('result');
      expect(none).not.toHaveProperty('input');
    });

    it.each(Object.entries(nasty))('stores %s', async (_, [given, kept]) => {
      const { store } = bench;
      const project = newProject();
      const error = { code: 'TASK_FAILED', message: given };
      await store.write([
        {
          snapshot: snapshot(project, 'a', {
            definition: definition({ input: { [given]: given }, description: given.slice(0, 1000) }),
            words: given,
            createdBy: given,
            closeReason: given,
            pause: { note: given, since: '2026-11-21T09:00:00Z' },
          }),
          entries: [entry('a@1', { state: 'failed', error, result: { [given]: [given] }, worker: given })],
        },
      ]);

      expect(await store.jobs.get(project, 'a')).toMatchObject({
        definition: { input: { [kept]: kept }, description: kept.slice(0, 1000) },
        words: kept,
        createdBy: kept,
        closeReason: kept,
        pause: { note: kept },
      });
      expect(await store.runs.get(project, 'a@1')).toMatchObject({
        error: { code: 'TASK_FAILED', message: kept },
        result: { [kept]: [kept] },
        worker: kept,
      });
      // As a question such text is as harmless.
      expect((await store.jobs.list({ project, text: given.slice(0, 1000) }, { limit: 5 })).items).toHaveLength(1);
    });
  });
}
