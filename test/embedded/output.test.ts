import { expect, test } from 'vitest';
import type { LedgerEntry } from '../../src/core/contract.js';
import { banner, painter, runLine } from '../../src/embedded/output.js';

const entry: LedgerEntry = {
  runId: 'backup@2026-11-21T09:00:00Z',
  scheduledAt: '2026-11-21T09:00:00Z',
  trigger: 'schedule',
  state: 'succeeded',
  attempt: 2,
  startedAt: '2026-11-21T09:00:00.010Z',
  finishedAt: '2026-11-21T09:01:30.260Z',
  definitionVersion: 1,
};

test('a run is one line: time, run id, state, attempt, duration', () => {
  expect(runLine(entry, painter(false))).toBe(
    '2026-11-21T09:01:30.260Z  backup@2026-11-21T09:00:00Z  succeeded  attempt 2  PT1M30.25S',
  );
});

test('a failed run says why, on the same line', () => {
  const error = { code: 'HTTP_STATUS', message: 'Expected 200, got 500.\nmore' };
  expect(runLine({ ...entry, state: 'failed', error }, painter(false))).toMatch(
    / {2}failed {2}attempt 2 {2}PT1M30\.25S {2}HTTP_STATUS: Expected 200, got 500\.$/,
  );
});

test('an occurrence that did not run shows its nominal time and the reason', () => {
  const missed: LedgerEntry = {
    ...entry,
    state: 'skipped',
    reason: 'overlap',
    attempt: 0,
    startedAt: undefined,
    finishedAt: undefined,
  };
  expect(runLine(missed, painter(false))).toBe(
    '2026-11-21T09:00:00Z  backup@2026-11-21T09:00:00Z  skipped (overlap)  -  -',
  );
});

test('the banner names a default port that was taken', () => {
  const lines = banner(
    {
      seconds: 3.62,
      api: 'http://127.0.0.1:40001',
      apiPort: { port: 40_001, insteadOf: 7070 },
      temporal: '127.0.0.1:7233',
      state: '/srv/carillon',
    },
    painter(false),
  );
  expect(lines[0]).toContain('ready (3.6 s)');
  expect(lines).toContain('API       http://127.0.0.1:40001  (7070 is taken)');
  expect(lines.join('\n')).not.toContain('Web UI');
});

test.each([
  [{ adminKey: 'car_secret', adminKeyFile: '/s/admin.key', isNew: true }, ['Key       car_secret', '/s/admin.key']],
  [{ adminKey: 'car_secret', adminKeyFile: '/s/admin.key', isNew: false }, ['Key       in /s/admin.key']],
  [undefined, ['Key       none: whoever reaches the API may do everything (--no-auth)']],
])('the banner shows the admin key at the start that made it: %j', (key, texts) => {
  const ready = { seconds: 1, api: 'http://127.0.0.1:7070', apiPort: { port: 7070 }, temporal: '127.0.0.1:7233' };
  const text = banner({ ...ready, state: '/s', key }, painter(false)).join('\n');
  for (const one of texts) expect(text).toContain(one);
  expect(text.includes('car_secret')).toBe(key?.isNew === true);
});

test('colour is added only when asked for', () => {
  expect(runLine(entry, painter(true))).toContain('\u001b[32msucceeded\u001b[0m');
});
