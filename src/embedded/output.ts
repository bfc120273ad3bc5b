import { formatDuration } from '../core/duration.js';
import type { RunNews } from '../core/run-news.js';
import type { RunState } from '../core/states.js';
import type { Credentials } from './credentials.js';
import type { Port } from './ports.js';

type Paint = (code: number, text: string) => string;

/** Colours text, or leaves it alone where nobody would see the colour. */
export function painter(colour: boolean): Paint {
  return (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
}

const bold = 1;
const dim = 2;
const red = 31;
const green = 32;
const yellow = 33;

export interface Readiness {
  seconds: number;
  api: string;
  apiPort: Port;
  temporal: string;
  temporalPort?: Port;
  ui?: string;
  uiPort?: Port;
  state: string;
  /** Absent: nobody is asked for one. */
  key?: Pick<Credentials, 'adminKey' | 'adminKeyFile' | 'isNew'>;
}

/** What a person needs once everything is up: addresses, state folder, three commands to try. */
export function banner(ready: Readiness, paint: Paint): string[] {
  const row = (label: string, text: string, port?: Port) =>
    `${paint(bold, label.padEnd(10))}${text}${port?.insteadOf ? paint(dim, `  (${port.insteadOf} is taken)`) : ''}`;
  return [
    paint(green, `Carillon is ready (${ready.seconds.toFixed(1)} s). Ctrl-C ends it; the next start continues.`),
    row('API', ready.api, ready.apiPort),
    row('Temporal', ready.temporal, ready.temporalPort),
    ...(ready.ui ? [row('Web UI', ready.ui, ready.uiPort)] : []),
    row('State', ready.state),
    ...keyLines(ready.key).map((text, line) => row(line === 0 ? 'Key' : '', text)),
    row('Try', 'npx carillon jobs list'),
    row('', 'npx carillon runs list --job demo-every-10s'),
    row('', 'npx carillon next "0 9 * * MON-FRI" --tz Europe/Berlin'),
  ];
}

/** The admin key is shown by the start that made it. */
function keyLines(key: Readiness['key']): string[] {
  if (!key) return ['none: whoever reaches the API may do everything (--no-auth)'];
  const { adminKey, adminKeyFile, isNew } = key;
  return isNew ? [adminKey, `may do everything; kept in ${adminKeyFile}`] : [`in ${adminKeyFile}`];
}

const stateColours: Partial<Record<RunState, number>> = { succeeded: green, failed: red, timed_out: red };

/** One line for one ledger entry: time, run id, state, attempt, duration, and what went wrong. */
export function runLine(entry: RunNews, paint: Paint): string {
  const { startedAt, finishedAt, state, reason, error } = entry;
  const took = startedAt && finishedAt ? formatDuration(Date.parse(finishedAt) - Date.parse(startedAt)) : '-';
  return [
    paint(dim, finishedAt ?? entry.scheduledAt),
    entry.runId,
    paint(stateColours[state] ?? yellow, reason ? `${state} (${reason})` : state),
    entry.attempt > 0 ? `attempt ${entry.attempt}` : '-',
    took,
    ...(error ? [paint(red, `${error.code}: ${error.message.split('\n')[0]}`)] : []),
  ].join('  ');
}
