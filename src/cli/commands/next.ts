import type { Command } from 'commander';
import { isoTime } from '../../core/ids.js';
import { describeSchedule, normaliseSchedule, plannedTimes, zonedTime } from '../../core/schedule/index.js';
import { wholeNumber } from '../flag-values.js';
import { outputOf } from '../invocation.js';
import type { Io } from '../io.js';

/** Works without a server: the same schedule maths as the API and the worker. */
export function addNext(program: Command, io: Io): void {
  program
    .command('next')
    .argument('<schedule>', 'a cron expression, or "every 10s"')
    .description('what a schedule means and when it fires; needs no server')
    .option('--tz <zone>', 'IANA zone', 'UTC')
    .option('-n, --count <n>', 'how many times', wholeNumber, 10)
    .action((text: string, flags: { tz: string; count: number }, command: Command) => {
      const output = outputOf(command, io);
      const interval = /^every\s+(.+)$/i.exec(text.trim());
      const now = io.now();
      const asked = { ...(interval ? { every: interval[1] } : { cron: text }), timezone: flags.tz };
      const schedule = normaliseSchedule(asked, now);
      const { times } = plannedTimes(schedule, now, Math.min(Math.max(flags.count, 1), 1000));
      const local = times.map((time) => zonedTime(time, flags.tz));
      const answer = { words: describeSchedule(schedule), times: times.map(isoTime), local, timezone: flags.tz };
      output.data(answer, () => {
        const rows = answer.times.map((time, index) => [local[index], output.time(time)]);
        return `${answer.words}\n\n${output.columns([flags.tz.toUpperCase() === 'UTC' ? 'LOCAL' : flags.tz, 'UTC'], rows)}`;
      });
    });
}
