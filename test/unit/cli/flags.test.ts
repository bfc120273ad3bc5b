import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { definitionOf, withDefinitionFlags } from '../../../src/cli/definition-flags.js';
import { definitionSchema } from '../../../src/core/definition.js';

/** What a command line says of a definition, which must be one. */
function definition(...argv: string[]): Record<string, unknown> {
  const command = withDefinitionFlags(new Command().exitOverride().configureOutput({ writeErr: () => {} }));
  const said = definitionOf(command.parse(argv, { from: 'user' }).opts(), '/');
  definitionSchema.parse({ task: 'log', ...said });
  return said;
}

describe('flags of a definition', () => {
  it.each([
    [['--cron', '0 9 13 * FRI', '--and'], { cron: '0 9 13 * FRI', and: true }],
    [
      ['--rrule', 'FREQ=DAILY', '--anchor', '2026-01-01T00:00:00Z'],
      { rrule: 'FREQ=DAILY', anchor: '2026-01-01T00:00:00Z' },
    ],
    [['--at', '2026-12-01T09:00:00Z'], { at: '2026-12-01T09:00:00Z' }],
    [
      ['--at', '2026-12-01T09:00', '--at', '2026-12-02T09:00', '--tz', 'Asia/Tokyo'],
      { at: ['2026-12-01T09:00', '2026-12-02T09:00'], timezone: 'Asia/Tokyo' },
    ],
    [
      [
        '--every',
        '1h',
        '--exclude-calendar',
        'holidays',
        '--exclude-calendar',
        'nights',
        '--on-excluded',
        'next_working',
      ],
      { every: '1h', exclude: [{ calendar: 'holidays' }, { calendar: 'nights' }], onExcluded: 'next_working' },
    ],
    [['--every', '1h', '--jitter', '10%'], { every: '1h', jitter: '10%' }],
    [['--every', '1d', '--window', '2h', '--dst-gap', 'skip'], { every: '1d', window: '2h', dst: { gap: 'skip' } }],
    [['--now', '--dst-overlap', 'both'], { immediate: true, dst: { overlap: 'both' } }],
  ])('%j say when', (argv, schedule) => {
    expect(definition(...argv)).toEqual({ schedule });
  });

  it('say by which rules', () => {
    const said = definition(
      ...['--every', '1m', '--overlap', 'buffer_all', '--buffer-size', '7', '--max-active-runs', '3'],
      ...['--while-paused', 'last', '--pause-after-failures', '5', '--probe-after', '10m'],
      ...['--catch-up', 'all', '--catch-up-within', '6h', '--catch-up-spacing', '30s'],
    );
    expect(said).toEqual({
      schedule: { every: '1m' },
      overlap: 'buffer_all',
      bufferSize: 7,
      maxActiveRuns: 3,
      whilePaused: 'last',
      pauseAfterFailures: { count: 5, probeAfter: '10m' },
      catchUp: { policy: 'all', within: '6h', spacing: '30s' },
    });
  });

  it.each([['--overlap'], ['--while-paused'], ['--on-excluded'], ['--dst-gap'], ['--dst-overlap']])(
    'refuse what %s does not know',
    (flag) => {
      expect(() => definition('--every', '1m', flag, 'perhaps')).toThrow(/Allowed choices/);
    },
  );
});
