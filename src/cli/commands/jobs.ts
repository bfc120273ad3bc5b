import type { Command } from 'commander';
import type { CountView, JobDetailView, JobItemView, JobView, StatusView } from '../../api/views.js';
import type { DefinitionInput } from '../../core/definition.js';
import { type DefinitionFlags, definitionOf, withDefinitionFlags } from '../definition-flags.js';
import { readSingleDocument } from '../files/read.js';
import { wholeNumber } from '../flag-values.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import { type JobFilterFlags, jobFilterOf, withJobFilter } from '../job-filter.js';
import type { Output } from '../output.js';
import { missedText, pauseText, whyOf } from '../wording.js';

/** Commands that submit jobs and look at them. */
export function addJobs(jobs: Command, io: Io): void {
  withDefinitionFlags(jobs.command('create').argument('[id]', "default: the task's name and a random suffix"))
    .description('submit a job, by flags or from a YAML file')
    .option('-f, --file <path>', 'file with one document; flags outrank it')
    .option('--idempotency-key <key>', 'a repeated request gets the job of the first')
    .action(
      async (
        id: string | undefined,
        flags: DefinitionFlags & { file?: string; idempotencyKey?: string },
        command: Command,
      ) => {
        const { client, output, project, by } = openInvocation(command, io);
        const fromFile = flags.file === undefined ? {} : readSingleDocument(flags.file, io);
        const fields: object = { ...fromFile, ...definitionOf(flags, io.cwd) };
        const request = { project, ...(fields as DefinitionInput), by, idempotencyKey: flags.idempotencyKey };
        const job = await client.jobs.create.mutate(id === undefined ? request : { ...request, id });
        io.err(`created ${job.id}: ${job.words}\n`);
        output.data(job, () => jobFields(job, output));
      },
    );

  withJobFilter(jobs.command('list'), '; orders by next run')
    .description('jobs, newest first')
    .option('-n, --limit <n>', 'jobs on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (flags: JobFilterFlags & { limit: number; cursor?: string }, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const { limit, cursor } = flags;
      const page = await client.jobs.list.query({ ...jobFilterOf(flags), project, limit, cursor });
      output.data(page, () => jobTable(page.items, output));
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });

  withJobFilter(jobs.command('count'))
    .description('the number of jobs, by state')
    .action(async (flags: JobFilterFlags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const count = await client.jobs.count.query({ ...jobFilterOf(flags), project });
      output.data(count, () => countFields(count, output));
    });

  jobs
    .command('get')
    .argument('<id>')
    .description('a job with its definition')
    .action(async (id: string, _flags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const job = await client.jobs.get.query({ id, project });
      output.data(job, () => jobDetails(job, output));
    });

  jobs
    .command('status')
    .argument('<id>')
    .description('what a job is doing now')
    .action(async (id: string, _flags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const status = await client.jobs.status.query({ id, project });
      output.data(status, () => statusDetails(status, output));
      if (!status.live) io.err('note: from the ledger; the job has ended, or no worker answered.\n');
    });
}

export function jobFields(job: JobView, output: Output): string {
  const { counters, definition } = job;
  return output.fields([
    ['id', job.id],
    ['project', job.project],
    ['state', output.state(job.state)],
    ['task', `${definition.task} (${definition.lane})`],
    ['when', job.words],
    ['next run', output.time(job.nextRunAt)],
    ['last run', job.lastRun && `${job.lastRun.runId} ${output.state(job.lastRun.state)}`],
    [
      'runs',
      `${counters.succeeded} succeeded, ${counters.failed + counters.timedOut} failed, ${counters.cancelled} cancelled, ${counters.skipped + counters.missed} not run`,
    ],
    ['paused', job.pause && pauseText(job.pause, output)],
    ['due meanwhile', job.pause?.missed && missedText(job.pause.missed)],
    [
      'calendars',
      Object.entries(job.calendars ?? {})
        .map(([name, revision]) => `${name} (revision ${revision})`)
        .join(', '),
    ],
    ['owner', definition.owner],
    ['description', definition.description],
    [
      'version',
      `${job.definitionVersion}, ${output.time(job.definedAt)}${job.definedBy ? ` by ${job.definedBy}` : ''}`,
    ],
    ['closed', job.closedAt && `${output.time(job.closedAt)}: ${job.closeReason}`],
    ['Temporal UI', job.links.temporalUi],
    ['Temporal CLI', job.links.temporalCli],
  ]);
}

function jobDetails(job: JobDetailView, output: Output): string {
  const next = job.next.map((time) => `  ${output.time(time)}`);
  return [jobFields(job, output), ...(next.length > 0 ? ['', 'next times', ...next] : [])].join('\n');
}

function countFields({ total, atLeast, byState = {} }: CountView, output: Output): string {
  const states = Object.entries(byState).map(([state, count]): [string, number] => [output.state(state), count]);
  return output.fields([...states, ['total', atLeast ? `more than ${total}` : total]]);
}

function jobTable(items: JobItemView[], output: Output): string {
  return output.columns(
    ['ID', 'STATE', 'TASK', 'WHEN', 'NEXT RUN', 'LAST RUN'],
    items.map((job) => [
      job.id,
      output.state(job.state),
      job.task,
      job.words,
      output.time(job.nextRunAt),
      job.lastRun ? output.state(job.lastRun.state) : '',
    ]),
  );
}

export function statusDetails(status: StatusView, output: Output): string {
  const runs = [...status.running, ...status.recent].map((run) => [
    run.runId,
    output.state(run.state),
    run.attempt,
    output.time(run.startedAt),
    whyOf(run) || ('lastFailure' in run ? String(run.lastFailure ?? '') : ''),
  ]);
  const head = output.fields([
    ['id', status.id],
    ['state', output.state(status.state)],
    ['next times', status.nextTimes.map((time) => output.time(time)).join('\n')],
    ['paused', status.pause && pauseText(status.pause, output)],
    ['due meanwhile', status.pause?.missed && missedText(status.pause.missed)],
    ['last refusal', status.lastRefusal && `${status.lastRefusal.code}: ${status.lastRefusal.message}`],
  ]);
  return runs.length > 0 ? `${head}\n\n${output.columns(['RUN', 'STATE', 'ATTEMPT', 'STARTED', 'WHY'], runs)}` : head;
}
