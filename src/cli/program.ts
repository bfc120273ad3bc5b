import { Command, Option } from 'commander';
import { packageVersion } from '../api/version.js';
import { addApply } from './commands/apply.js';
import { addAudit } from './commands/audit.js';
import { addBackfills } from './commands/backfills.js';
import { addBulk } from './commands/bulk.js';
import { addCalendars } from './commands/calendars.js';
import { addDelete } from './commands/delete.js';
import { addDiff } from './commands/diff.js';
import { addDoctor } from './commands/doctor.js';
import { addEvents } from './commands/events.js';
import { addExport } from './commands/export.js';
import { addJobCommands } from './commands/job-commands.js';
import { addJobs } from './commands/jobs.js';
import { addKeys } from './commands/keys.js';
import { addMembers } from './commands/members.js';
import { addNew } from './commands/new-task.js';
import { addJobTimes, addNext } from './commands/next.js';
import { addOperations } from './commands/operations.js';
import { addProjects } from './commands/projects.js';
import { addRunCommands } from './commands/run-commands.js';
import { addRunJob } from './commands/run-job.js';
import { addRunLogs } from './commands/run-logs.js';
import { addRuns } from './commands/runs.js';
import { addSecrets } from './commands/secrets.js';
import { addSimulate } from './commands/simulate.js';
import { addTasks } from './commands/tasks.js';
import { addValidate } from './commands/validate.js';
import { addVersions } from './commands/versions.js';
import { exitCodeHelp } from './exit.js';
import type { Io } from './io.js';
import { formats } from './output.js';

/** @param setExitCode for commands that end well enough to print, but not with 0 */
export function createProgram(io: Io, setExitCode: (code: number) => void): Command {
  const program = new Command('carillon')
    .description('Jobs that run on time, every time, on Temporal.')
    .version(packageVersion())
    .option(
      '--url <address>',
      "the API's address (else CARILLON_URL, ./.carillon/addresses.json, http://127.0.0.1:7070)",
    )
    .option('--project <name>', 'project the command is about', io.env.CARILLON_PROJECT || 'default')
    .addOption(new Option('-o, --output <format>', 'how data is printed').choices(formats).default('table'))
    .option('--no-color', 'no colours, also on a terminal')
    .addHelpText('after', exitCodeHelp);
  // Settings are inherited by commands made after them.
  program.exitOverride().configureOutput({ writeOut: io.out, writeErr: io.err });
  program.showHelpAfterError('(carillon <command> --help shows what it takes)');

  const jobs = program.command('jobs').description('submit jobs, look at them, change them');
  addJobs(jobs, io);
  addJobCommands(jobs, io);
  addRunJob(jobs, io, setExitCode);
  addVersions(jobs, io);
  addJobTimes(jobs, io);
  const runs = program.command('runs').description('the ledger: every occurrence and what became of it');
  addRuns(runs, io);
  addRunLogs(runs, io);
  addRunCommands(runs, io, setExitCode);
  addCalendars(
    program.command('calendars').description('days and hours that schedules leave out, shared in a project'),
    io,
  );
  addBackfills(program.command('backfills').description("run a job's occurrences of a range"), io, setExitCode);
  addBulk(program.command('bulk').description('change many jobs, or failed runs, at once'), io, setExitCode);
  addOperations(program.command('operations').description('what bulk began, and how far it is'), io, setExitCode);
  addSecrets(program.command('secrets').description('what tasks use, and nobody reads'), io);
  addTasks(program.command('tasks').description('kinds of work that jobs can name'), io);
  addKeys(program.command('keys').description('API keys: who else may ask, and for what'), io);
  addProjects(program.command('projects').description('tenants: who shares jobs, and how much they use'), io);
  addMembers(program.command('members').description('who may do what in a project'), io);
  addNew(program.command('new').description('make files for what one writes oneself'), io);
  addNext(program, io);
  addSimulate(program, io);
  addApply(program, io, setExitCode);
  addDiff(program, io, setExitCode);
  addValidate(program, io, setExitCode);
  addEvents(program, io);
  addExport(program, io);
  addDelete(program, io, setExitCode);
  addAudit(program, io);
  addDoctor(program, io, setExitCode);
  return program;
}
