import type { Exclusion, NormalSchedule, Source } from '../schema.js';
import { compileSource, contextOf, type SourceContext } from '../source.js';
import { Zone } from '../zone.js';
import { type Cover, calendarNamed, compileRules, coverInZone } from './calendar.js';

/** What takes an instant out; undefined for one that may run. */
export type Excludes = (instant: number) => Cover | undefined;

/** All exclusions of a normalised schedule as one function; undefined if there are none. */
export function compileExclusions(schedule: NormalSchedule): Excludes | undefined {
  if (!schedule.exclude?.length) return undefined;
  const context = contextOf(schedule);
  const all = schedule.exclude.map((exclusion, index) =>
    compile(exclusion, context, schedule.resolved?.calendars, `schedule.exclude.${index}`),
  );
  return (instant) => {
    for (const excludes of all) {
      const cover = excludes(instant);
      if (cover) return cover;
    }
    return undefined;
  };
}

type Calendars = NonNullable<NormalSchedule['resolved']>['calendars'];

function compile(exclusion: Exclusion, context: SourceContext, calendars: Calendars, path: string): Excludes {
  if ('calendar' in exclusion) {
    const { calendar: name } = exclusion;
    const calendar = calendarNamed(name, calendars, `${path}.calendar`);
    const zone = Zone.of(calendar.timezone ?? context.timezone, `calendar ${name} timezone`);
    const covers = coverInZone(
      compileRules(calendar.rules, (index) => `calendar ${name} rules.${index}`),
      zone,
    );
    return (instant) => {
      const cover = covers(instant);
      return cover && { ...cover, what: `calendar ${name} (${cover.what})` };
    };
  }
  if (isSource(exclusion)) return sourceCover(exclusion, context, path);
  return coverInZone(
    compileRules([exclusion], () => path),
    Zone.of(context.timezone),
  );
}

export function isSource(exclusion: Exclusion): exclusion is Source {
  return ['at', 'every', 'cron', 'rrule'].some((kind) => kind in exclusion);
}

/** A source takes out the instants at which it would be due; a cron without seconds, the whole of its minutes. */
function sourceCover(source: Source, context: SourceContext, path: string): Excludes {
  // A wall clock that shows an excluded time twice excludes both.
  const dst = { ...context.dst, overlap: 'both' as const };
  const { next, cron } = compileSource(source, { ...context, dst }, path);
  const unit = cron !== undefined && cron.every === undefined && !hasSeconds(source.cron as string) ? 60_000 : 1;
  const what = sourceText(source);
  return (instant) => {
    const begin = Math.floor(instant / unit) * unit;
    return next(begin - 1) === begin ? { what, until: begin + unit } : undefined;
  };
}

/** Six fields begin with seconds, and so do seven. */
function hasSeconds(expression: string): boolean {
  const fields = expression.trim().replace(/^(?:CRON_)?TZ=\S+\s+/, '');
  return fields.split(/\s+/).length > 5;
}

/** A source as a person wrote it, to name it in a reason. */
export function sourceText(source: Source): string {
  if (source.cron !== undefined) return `cron ${source.cron}`;
  if (source.rrule !== undefined) return `rrule ${source.rrule.replace(/\s*[\r\n]+\s*/g, ' ')}`;
  if (source.every !== undefined) return `every ${source.every}`;
  const times = [source.at ?? []].flat();
  return times.length === 1 ? `at ${times[0]}` : `at ${times.length} times`;
}
