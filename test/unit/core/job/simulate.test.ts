import { describe, expect, test } from 'vitest';
import type { DefinitionInput } from '../../../../src/core/definition.js';
import { isoTime } from '../../../../src/core/ids.js';
import { type Simulation, type SimulationOptions, simulate } from '../../../../src/core/job/simulate.js';

const start = Date.parse('2026-11-21T09:00:00Z');
const at = (minutes: number) => isoTime(start + minutes * 60_000);

function play(definition: Partial<DefinitionInput>, options: Partial<SimulationOptions> = {}): Simulation {
  const base = { task: 'work', schedule: { every: '1m', anchor: at(0) } };
  return simulate({ ...base, ...definition }, { from: at(0), to: at(10.5), durations: '5s', ...options });
}

/** Nominal minute, what became of it, and the minutes between which it ran. */
function lines({ entries }: Simulation): string[] {
  const minutes = (time: string | undefined) => time && Math.round((Date.parse(time) - start) / 600) / 100;
  return entries.map(({ scheduledAt, trigger, state, reason, startedAt, finishedAt, attempt }) => {
    const times = startedAt ? `${minutes(startedAt)}-${minutes(finishedAt)}` : '';
    return [minutes(scheduledAt), trigger, reason ?? state, attempt > 1 && `#${attempt}`, times]
      .filter(Boolean)
      .join(' ');
  });
}

test('the same code and the same arguments give the same answer', () => {
  const options = { durations: ['5s', '150s'], outages: [{ from: at(4.5), to: at(6.5) }] };
  expect(play({ overlap: 'buffer_all' }, options)).toEqual(play({ overlap: 'buffer_all' }, options));
});

test('what still runs and what comes next is said', () => {
  const { running, next, counters } = play({}, { durations: '2m' });
  expect(running.map(({ scheduledAt }) => scheduledAt)).toEqual([at(10)]);
  expect(next.slice(0, 2)).toEqual([at(11), at(12)]);
  expect(counters).toMatchObject({ started: 4, succeeded: 3 });
});

describe('attempts', () => {
  const failing: SimulationOptions['durations'] = ({ attempt, index }) => ({
    duration: '6s',
    outcome: index === 0 && attempt < 3 ? 'failed' : 'succeeded',
  });

  test.each(['standard', 'light'] as const)('a failed one is made again after its wait, in the lane %s', (lane) => {
    const schedule = { every: '10m', anchor: at(0) };
    const bounded = lane === 'light' ? { attempt: '2s' } : {};
    const durations: SimulationOptions['durations'] = (run) => ({ ...failing(run), duration: 'PT1.2S' });
    const retry = { initialInterval: '12s', backoffCoefficient: 2 };
    const { entries } = play({ lane, schedule, retry, timeouts: bounded }, { durations, to: at(11) });
    // 1.2 + 12 + 1.2 + 24 + 1.2 s
    expect(entries).toMatchObject([{ state: 'succeeded', attempt: 3, startedAt: at(10), finishedAt: at(10.66) }]);
  });

  test('one that takes too long times out, and the last ends the run', () => {
    const timeouts = { attempt: '30s' };
    const { entries } = play(
      { schedule: { every: '10m', anchor: at(0) }, timeouts, retry: { maximumAttempts: 1 } },
      { durations: '1m', to: at(11) },
    );
    expect(entries).toMatchObject([{ state: 'timed_out', error: { code: 'TIMEOUT_ATTEMPT' }, finishedAt: at(10.5) }]);
  });
});

describe('outages', () => {
  test('a run under way is made again when workers are back', () => {
    const played = play(
      { schedule: { every: '4m', anchor: at(0) } },
      { durations: '1m', outages: [{ from: at(4.5), to: at(6) }] },
    );
    expect(lines(played)).toEqual(['4 schedule succeeded #2 4-7', '8 schedule succeeded 8-9']);
  });

  test('without attempts left it is lost', () => {
    const definition = { schedule: { every: '4m', anchor: at(0) }, retry: { maximumAttempts: 1 } };
    const { entries } = play(definition, { durations: '1m', outages: [{ from: at(4.5), to: at(6) }] });
    expect(entries[0]).toMatchObject({ state: 'failed', error: { code: 'WORKER_LOST' }, finishedAt: at(6) });
  });

  test('runs that are caught up keep their distance, and leave room for what is on time', () => {
    const catchUp = { policy: 'all' as const, spacing: '3m' };
    const played = play({ catchUp }, { outages: [{ from: at(2.5), to: at(4.5) }] });
    expect(lines(played)).toEqual([
      ...['1 schedule succeeded 1-1.08', '2 schedule succeeded 2-2.08'],
      ...['3 catch_up succeeded 4.5-4.58', '4 catch_up succeeded 7.5-7.58'],
      ...[5, 6, 7, 8, 9, 10].map((minute) => `${minute} schedule succeeded ${minute}-${minute}.08`),
    ]);
  });
});

test('a pause by hand keeps what its rule says', () => {
  const played = play(
    { whilePaused: 'drop' },
    { pauses: [{ from: at(1.5), to: at(4.5), missed: 'last' }], to: at(5.5) },
  );
  expect(lines(played)).toEqual([
    '1 schedule succeeded 1-1.08',
    '2 schedule paused',
    '3 schedule paused',
    '4 catch_up succeeded 4.5-4.58',
    '5 schedule succeeded 5-5.08',
  ]);
});

test('a job that ended decides nothing any more', () => {
  const { entries, next } = play({ schedule: { every: '1m', anchor: at(0), maxRuns: 2 } });
  expect(entries.map(({ scheduledAt }) => scheduledAt)).toEqual([at(1), at(2)]);
  expect(next).toEqual([]);
});

describe('refusals', () => {
  test.each([
    ['a time nobody can read', { to: 'tomorrow' }, 'TIME_INVALID', 'to'],
    ['an end before the beginning', { to: at(-1) }, 'INPUT_INVALID', 'to'],
    [
      'an outage that ends before it begins',
      { outages: [{ from: at(2), to: at(1) }] },
      'INPUT_INVALID',
      'outages.0.to',
    ],
    ['a duration nobody can read', { durations: 'long' }, 'DURATION_INVALID', 'durations'],
  ] as const)('%s', (_, options, code, field) => {
    const refused = expect.objectContaining({ code, details: expect.objectContaining({ field }) });
    expect(() => play({}, options as Partial<SimulationOptions>)).toThrow(refused);
  });

  test('more than a hundred thousand occurrences', () => {
    const away = { outages: [{ from: at(0.1), to: '2026-11-24T00:00:00Z' }], to: '2026-11-24T01:00:00Z' };
    const refused = expect.objectContaining({ code: 'LIMIT_EXCEEDED' });
    expect(() => play({ schedule: { every: '1s', anchor: at(0) } }, away)).toThrow(refused);
  }, 60_000);
});
