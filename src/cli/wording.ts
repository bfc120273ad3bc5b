import type { JobView, RunView } from '../api/views.js';
import type { PausedPolicy } from '../core/definition.js';
import type { Output } from './output.js';

type Pause = NonNullable<JobView['pause']>;
type Missed = NonNullable<Pause['missed']>;

/** Since when, by whom, until when and why a job is paused. */
export function pauseText({ since, by, until, failures, probeAt, note }: Pause, output: Output): string {
  return [
    `${output.time(since)}${by ? ` by ${by}` : ''}`,
    !note && failures && `${failures} failures in a row`,
    until && `until ${output.time(until)}`,
    probeAt && `tried again ${output.time(probeAt)}`,
    note,
  ]
    .filter(Boolean)
    .join(', ');
}

const becomes: Record<PausedPolicy, (missed: Missed) => string> = {
  drop: () => 'none of them runs',
  last: ({ last }) => `the last of them runs${last ? ` (${last})` : ''}`,
  all: () => 'all of them run, one after another',
};

/** What was due during a pause, and what becomes of it on resuming. */
export function missedText(missed: Missed, policy: PausedPolicy = missed.policy): string {
  const { count, first, last } = missed;
  if (count === 0) return 'nothing so far';
  const times = first && last && first !== last ? `, ${first} to ${last}` : first ? `, ${first}` : '';
  return `${count} ${count === 1 ? 'occurrence' : 'occurrences'}${times}; on resuming ${becomes[policy](missed)} (${policy})`;
}

/** Why a run failed, or an occurrence did not run. */
export function whyOf({ error, reason, detail }: Pick<RunView, 'error' | 'reason' | 'detail'>): string {
  if (error) return `${error.code}: ${error.message}`;
  return [reason, detail].filter(Boolean).join(': ');
}
