import { durationMs } from '../duration.js';
import { CarillonError, show } from '../errors.js';
import { isoTime } from '../ids.js';
import { hashOf } from './hash.js';
import type { NormalSchedule } from './schema.js';

/** A run that is moved still starts at least so long before the next nominal time. */
const distanceMs = 1000;

/** When a run starts: its nominal time, or later by jitter or window. `next`: the nominal time that follows, if any. */
export type Spread = (at: number, next: number | undefined) => number;

/** A jitter is a span of time, or a share of the time to the next occurrence. */
export type Jitter = { ms: number } | { share: number };

/** @throws CarillonError SCHEDULE_INVALID or DURATION_INVALID */
export function readJitter(text: string, field: string): Jitter {
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim())?.[1];
  if (percent === undefined) return { ms: durationMs(text, field) };
  const share = Number(percent) / 100;
  if (share > 0 && share <= 1) return { share };
  throw new CarillonError('SCHEDULE_INVALID', `Expected \`${field}\` above 0% and at most 100%, got ${show(text)}.`, {
    field,
    value: text,
    hint: 'Write a duration such as 30s, or a share of the time to the next run such as 10%.',
  });
}

/**
 * The rule by which a schedule moves its runs; undefined if it moves none. Jitter is drawn from the job and the nominal
 * time, a window from the job alone: so each is the same for ever. No run passes the next nominal time or `end`.
 */
export function spreadOf(schedule: NormalSchedule, end: number): Spread | undefined {
  const seed = schedule.resolved?.seed ?? '';
  const { jitter, window } = schedule;
  if (jitter === undefined && window === undefined) return undefined;
  const later =
    jitter === undefined
      ? windowDelay(seed, window as string)
      : jitterDelay(seed, readJitter(jitter, 'schedule.jitter'));
  return (at, next) => {
    const latest = Math.min(end, next === undefined ? end : next - distanceMs);
    return Math.max(at, Math.min(at + later(at, next), latest));
  };
}

function windowDelay(seed: string, window: string): Spread {
  const delay = draw(`${seed} window`, durationMs(window, 'schedule.window'));
  return () => delay;
}

function jitterDelay(seed: string, jitter: Jitter): Spread {
  return (at, next) => {
    const span = 'ms' in jitter ? jitter.ms : next === undefined ? 0 : Math.floor((next - at) * jitter.share);
    return draw(`${seed} ${isoTime(at)}`, span);
  };
}

/** A whole number from 0 to `span`, each as likely. */
function draw(seed: string, span: number): number {
  return Math.floor((hashOf(seed) / 2 ** 32) * (span + 1));
}
