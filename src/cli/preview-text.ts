import type { PreviewEntry, SchedulePreview } from '../core/preview.js';
import type { Output } from './output.js';

/** Times that run, one a line: in the schedule's zone, in UTC with the distance from now, in the viewer's zone. */
export function timesTable(preview: SchedulePreview, output: Output): string {
  return entryTable(
    preview,
    preview.entries.filter(({ excluded }) => excluded === undefined),
    output,
  );
}

/** All there is to say of a schedule: words, warnings, every occurrence, and why times are missing. */
export function explanationText(preview: SchedulePreview, output: Output): string {
  const warnings = preview.warnings.flatMap(({ code, message, hint }) => [
    `${output.state('warning')} ${code}: ${message}`,
    ...(hint ? [`  → ${hint}`] : []),
  ]);
  const notes = preview.notes.map(({ at, text }) => `note: ${at ? `${at}: ` : ''}${text}`);
  const entries = preview.entries.length > 0 ? [entryTable(preview, preview.entries, output)] : [];
  return [[preview.words], warnings, entries, notes]
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
}

function entryTable(preview: SchedulePreview, entries: PreviewEntry[], output: Output): string {
  const { timezone, viewerTimezone } = preview;
  const remarks = entries.map((entry) => remarkOf(entry, output));
  const remarked = remarks.some((remark) => remark !== '');
  const head = [
    timezone.toUpperCase() === 'UTC' ? 'LOCAL' : timezone,
    'UTC',
    ...(viewerTimezone === undefined ? [] : [viewerTimezone]),
    ...(remarked ? ['NOTE'] : []),
  ];
  const rows = entries.map((entry, index) => [
    entry.local,
    output.time(entry.at),
    ...(viewerTimezone === undefined ? [] : [entry.viewer]),
    ...(remarked ? [remarks[index]] : []),
  ]);
  return output.columns(head, rows);
}

const marks: Record<NonNullable<PreviewEntry['mark']>, string> = {
  dst_gap: 'clock change: gap',
  dst_overlap_first: 'clock change: first of two',
  dst_overlap_second: 'clock change: second of two',
  dst_shifted: 'clock change: moved',
};

function remarkOf({ excluded, moved, effectiveAt, mark, note }: PreviewEntry, output: Output): string {
  return [
    excluded !== undefined && `${output.state('skipped')}: ${excluded}`,
    moved !== undefined && `moved ${moved}`,
    effectiveAt !== undefined && `starts ${effectiveAt}`,
    note ?? (mark && marks[mark]),
  ]
    .filter(Boolean)
    .join('; ');
}
