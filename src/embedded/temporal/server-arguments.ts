import { searchAttributes } from '../../core/contract.js';

/** Types of the search attributes as the Temporal CLI and the operator service name them. */
export const searchAttributeTypes: Record<string, 'Keyword' | 'Int'> = Object.fromEntries(
  Object.entries(searchAttributes).map(([key, name]) => [name, key === 'priority' ? 'Int' : 'Keyword']),
);

/**
 * Server settings: timers below 1 s fire in time, and the limits leave room for thousands of jobs on one machine. By
 * default a shard reads its queues 20 times a second: whatever comes after waits for the next 50 ms.
 */
const dynamicConfig: Record<string, unknown> = {
  'history.timerProcessorMaxTimeShift': '50ms',
  'history.transferProcessorMaxPollRPS': 1000,
  'history.timerProcessorMaxPollRPS': 1000,
  'frontend.rps': 20_000,
  'frontend.namespaceRPS': 20_000,
  'frontend.namespaceCount': 10_000,
  'frontend.namespaceRPS.visibility': 100,
  'matching.rps': 20_000,
  'history.rps': 20_000,
};

/** Arguments of `temporal` for a server of ours on the loopback address. Without `database` it lives in memory. */
export function serverArguments(options: { port: number; uiPort: number; database?: string }): string[] {
  const { port, uiPort, database } = options;
  return [
    'server',
    'start-dev',
    ...['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort), '--log-level', 'error'],
    ...(database
      ? ['--db-filename', database, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL']
      : []),
    ...Object.entries(searchAttributeTypes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
  ];
}
