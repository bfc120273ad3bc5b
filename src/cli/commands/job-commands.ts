import { type Command, Option } from 'commander';
import type { CommandView } from '../../api/views.js';
import { type PausedPolicy, pausedPolicies } from '../../core/definition.js';
import { CarillonError } from '../../core/errors.js';
import type { Schedule } from '../../core/schedule/schema.js';
import { confirm } from '../confirm.js';
import { readInput } from '../definition-flags.js';
import { type Invocation, noteUnconfirmed, openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import { type ScheduleFlags, scheduleOf, withScheduleFlags } from '../schedule-flags.js';
import { missedText } from '../wording.js';
import { jobFields, statusDetails } from './jobs.js';

interface PauseFlags {
  note?: string;
  until?: string;
  missed?: PausedPolicy;
}

interface ResumeFlags {
  missed?: PausedPolicy;
  dryRun?: true;
}

/** Commands that change a job. */
export function addJobCommands(jobs: Command, io: Io): void {
  const finish = ({ output }: Invocation, answer: CommandView, said: string) => {
    if (answer.confirmed) io.err(`${said}\n`);
    noteUnconfirmed(io, answer.confirmed);
    output.data(answer, () => (answer.job ? jobFields(answer.job, output) : ''));
  };

  jobs
    .command('pause')
    .argument('<id>')
    .description('let no run start until the job is resumed')
    .option('--note <text>', 'why')
    .option('--until <time>', 'resume by itself at this time (ISO 8601 with an offset)')
    .addOption(new Option('--missed <policy>', 'of what is due meanwhile, on resuming').choices(pausedPolicies))
    .action(async (id: string, flags: PauseFlags, command: Command) => {
      const invocation = openInvocation(command, io);
      const { client, project, by } = invocation;
      finish(invocation, await client.jobs.pause.mutate({ id, project, by, ...flags }), `paused ${id}`);
    });

  jobs
    .command('resume')
    .argument('<id>')
    .description('end a pause, after telling what was due meanwhile and what becomes of it')
    .addOption(new Option('--missed <policy>', 'of what was due meanwhile').choices(pausedPolicies))
    .option('--dry-run', 'tell, and change nothing')
    .action(async (id: string, { missed, dryRun }: ResumeFlags, command: Command) => {
      const invocation = openInvocation(command, io);
      const { client, project, by, output } = invocation;
      const status = await client.jobs.status.query({ id, project });
      if (status.pause?.missed) io.err(`due meanwhile: ${missedText(status.pause.missed, missed)}\n`);
      else io.err(status.pause ? 'due meanwhile: nothing is known\n' : `${id} is not paused\n`);
      if (dryRun) {
        io.err('dry run: nothing changed\n');
        output.data(status, () => statusDetails(status, output));
        return;
      }
      finish(invocation, await client.jobs.resume.mutate({ id, project, by, missed }), `resumed ${id}`);
    });

  jobs
    .command('cancel')
    .argument('<id>')
    .description('end a job, and the runs in progress')
    .option('--reason <text>', 'why')
    .action(async (id: string, flags: { reason?: string }, command: Command) => {
      const invocation = openInvocation(command, io);
      const { client, project, by } = invocation;
      finish(invocation, await client.jobs.cancel.mutate({ id, project, by, ...flags }), `cancelled ${id}`);
    });

  jobs
    .command('delete')
    .argument('<id>')
    .description('end a job and the runs in progress, and take it out of every list; its history stays')
    .option('--reason <text>', 'why')
    .option('--yes', 'do not ask')
    .action(async (id: string, { yes, reason }: { yes?: true; reason?: string }, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      if (!(await confirm(io, yes, `Delete ${id}? Its id is not given again.`))) {
        throw new CarillonError('INPUT_INVALID', 'Nothing was deleted.');
      }
      const answer = await client.jobs.delete.mutate({ id, project, by, reason });
      io.err(`deleted ${id}\n`);
      noteUnconfirmed(io, answer.confirmed);
      output.data(answer, () => output.fields([['deleted', output.time(answer.deletedAt)]]));
    });

  withScheduleFlags(jobs.command('reschedule').argument('<id>'))
    .description("replace a job's schedule")
    .action(async (id: string, flags: ScheduleFlags, command: Command) => {
      const invocation = openInvocation(command, io);
      const { client, project, by } = invocation;
      const schedule = scheduleOf(flags) as Schedule | undefined;
      if (!schedule) {
        throw new CarillonError('INPUT_INVALID', 'Expected a schedule, got none.', {
          field: 'schedule',
          hint: 'Give one of --every, --cron, --rrule, --at, --now.',
        });
      }
      const answer = await client.jobs.reschedule.mutate({ id, project, by, schedule });
      finish(invocation, answer, `rescheduled ${id}: ${answer.job?.words}`);
    });

  jobs
    .command('trigger')
    .argument('<id>')
    .description('start a run now, beside the schedule')
    .option('--key <key>', 'part of the run id: the same key never starts a second run')
    .option('--input <json>', 'input of this run alone, as JSON or @file')
    .action(async (id: string, flags: { key?: string; input?: string }, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      const input = flags.input === undefined ? undefined : readInput(flags.input, io.cwd);
      const answer = await client.jobs.trigger.mutate({ id, project, by, key: flags.key, input });
      noteUnconfirmed(io, answer.confirmed);
      output.data(answer, () =>
        output.fields([
          ['run', answer.runId],
          ['state', answer.run && output.state(answer.run.state)],
          ['scheduled at', output.time(answer.run?.scheduledAt)],
        ]),
      );
    });
}
