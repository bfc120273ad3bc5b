import type { Command } from 'commander';
import type { SchedulePreview } from '../../core/preview.js';
import { previewSchedule } from '../../core/preview.js';
import { wholeNumber } from '../flag-values.js';
import { openInvocation, outputOf } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { explanationText, timesTable } from '../preview-text.js';
import { type PreviewFlags, scheduleSaid, withSchedule } from '../schedule-argument.js';

type Show = (preview: SchedulePreview, output: Output) => string;

const showTimes: Show = (preview, output) => `${preview.words}\n\n${timesTable(preview, output)}`;

/** Work without a server, unless the schedule names a calendar: the same schedule maths as the API and the worker. */
export function addNext(program: Command, io: Io): void {
  const add = (name: string, description: string, show: Show) =>
    withSchedule(program.command(name))
      .description(description)
      .action(async (text: string | undefined, flags: PreviewFlags, command: Command) => {
        const { schedule, after } = await scheduleSaid(text, flags, command, io);
        const output = outputOf(command, io);
        const preview = previewSchedule(schedule, {
          after,
          count: bounded(flags.count),
          viewerTimezone: flags.viewerTz,
        });
        output.data(preview, () => show(preview, output));
      });
  add('next', 'when a schedule fires; needs no server', showTimes);
  add('explain', 'what a schedule means: words, warnings, every time and why others are missing', explanationText);
}

/** The same of a job that is there. */
export function addJobTimes(jobs: Command, io: Io): void {
  const add = (name: string, description: string, show: Show) =>
    jobs
      .command(name)
      .argument('<id>')
      .description(description)
      .option('--viewer-tz <zone>', 'tell the times in this zone as well')
      .option('-n, --count <n>', 'how many times', wholeNumber, 10)
      .action(async (id: string, flags: { viewerTz?: string; count: number }, command: Command) => {
        const { client, output, project } = openInvocation(command, io);
        const { viewerTz: viewerTimezone, count } = flags;
        const preview = await client.jobs.next.query({ id, project, viewerTimezone, count: bounded(count) });
        output.data(preview, () => show(preview, output));
      });
  add('next', 'when a job runs next', showTimes);
  add('explain', "what a job's schedule means, and why times are missing", explanationText);
}

function bounded(count: number): number {
  return Math.min(Math.max(count, 1), 1000);
}
