import { isoTime } from '../../ids.js';
import type { Calendar } from '../schema.js';
import { compileRules } from './calendar.js';

const minuteMs = 60_000;

/** A stretch of local time that a calendar takes out: from (inclusive) to (exclusive), as `2026-12-25T00:00`. */
export interface TakenOut {
  from: string;
  to: string;
  what: string;
}

/**
 * What a calendar takes out between two local times, in order; stretches that touch and have one name are one. Rules say
 * minutes at the finest, so it is minutes that are looked at.
 * @param from, to local times in ms, to be read with UTC getters
 * @throws CarillonError CALENDAR_INVALID
 */
export function takenOut({ rules }: Calendar, from: number, to: number): TakenOut[] {
  const covers = compileRules(rules, (index) => `rules.${index}`);
  const found: { from: number; to: number; what: string }[] = [];
  for (let at = from; at < to; ) {
    const cover = covers(at);
    if (!cover) {
      at += minuteMs;
      continue;
    }
    const last = found.at(-1);
    const until = Math.min(cover.until, to);
    if (last && last.to === at && last.what === cover.what) last.to = until;
    else found.push({ from: at, to: until, what: cover.what });
    at = until;
  }
  return found.map(({ what, ...stretch }) => ({ from: local(stretch.from), to: local(stretch.to), what }));
}

function local(ms: number): string {
  return isoTime(ms).slice(0, 16);
}
