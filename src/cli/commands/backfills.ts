import { setTimeout as wait } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { BackfillCommandView, BackfillView, SurveyView } from '../../api/backfills/views.js';
import type { CarillonClient } from '../../api/client/client.js';
import {
  type BackfillOrder,
  type BackfillStateName,
  backfillOrders,
  isBackfillClosed,
  type RerunRule,
  rerunRules,
} from '../../core/backfill/states.js';
import { readInput } from '../definition-flags.js';
import { exitCodes } from '../exit.js';
import { collectList, wholeNumber } from '../flag-values.js';
import { type Invocation, noteUnconfirmed, openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';

/** How often progress is asked for. */
const lookMs = 500;

interface CreateFlags {
  from: string;
  to: string;
  id?: string;
  max?: number;
  priority?: number;
  rerun?: RerunRule;
  order?: BackfillOrder;
  input?: string;
  note?: string;
  dryRun?: true;
  wait?: true;
}

/** Commands that run a job's occurrences of a range, and steer that. */
export function addBackfills(backfills: Command, io: Io, setExitCode: (code: number) => void): void {
  /** Follows a backfill on the side; the data is how it ended. */
  const follow = async ({ client, project, output }: Invocation, id: string) => {
    for (let shown = ''; ; await wait(lookMs)) {
      const backfill = await client.backfills.get.query({ id, project });
      const line = progressLine(backfill);
      if (line !== shown) io.err(`${line}\n`);
      shown = line;
      if (!isBackfillClosed(backfill.state)) continue;
      if (backfill.state !== 'completed') setExitCode(exitCodes.refused);
      output.data(backfill, () => backfillFields(backfill, output));
      return;
    }
  };

  backfills
    .command('create')
    .argument('<job>')
    .description("run a job's occurrences of a range")
    .requiredOption('--from <time>', 'nominal times at or after (ISO 8601 with an offset)')
    .requiredOption('--to <time>', 'nominal times before')
    .option('--id <id>', 'id of the backfill: a repeated request gets the first one')
    .option('--max <n>', 'runs at once, 1 to 100', wholeNumber)
    .option('--priority <1-5>', '1 is most urgent, 5 the default', wholeNumber)
    .addOption(new Option('--rerun <rule>', 'which nominal times run').choices(rerunRules))
    .addOption(new Option('--order <order>', 'which come first').choices(backfillOrders))
    .option('--input <json>', 'input of its runs, as JSON or @file')
    .option('--note <text>', 'what it is for')
    .option('--dry-run', 'tell what would run, and do nothing')
    .option('--wait', 'follow it to its end; exit with 1 unless every run succeeded')
    .action(async (jobId: string, flags: CreateFlags, command: Command) => {
      const invocation = openInvocation(command, io);
      const { client, output, project, by } = invocation;
      const { max: maxActiveRuns, input, wait: waits, ...rest } = flags;
      const answer = await client.backfills.create.mutate({
        ...{ ...rest, project, jobId, by, maxActiveRuns },
        input: input === undefined ? undefined : readInput(input, io.cwd),
      });
      const { backfill, dryRun } = answer;
      if (dryRun) output.data(dryRun, () => surveyFields(dryRun, output));
      if (!backfill) return;
      io.err(`created ${backfill.id}: ${backfill.request.from} to ${backfill.request.to}\n`);
      if (waits) await follow(invocation, backfill.id);
      else output.data(backfill, () => backfillFields(backfill, output));
    });

  backfills
    .command('list')
    .description('backfills, newest first')
    .option('--job <id>', 'only of this job')
    .option('--state <state>', 'only these; may be repeated', collectList)
    .option('-n, --limit <n>', 'backfills on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (flags: { job?: string; state?: string[]; limit: number; cursor?: string }, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const { job: jobId, state, ...rest } = flags;
      const page = await client.backfills.list.query({
        ...{ ...rest, project, jobId },
        state: state as BackfillStateName[],
      });
      output.data(page, () => backfillTable(page.items, output));
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });

  backfills
    .command('get')
    .argument('<id>')
    .description('a backfill and how far it is')
    .option('--wait', 'follow it to its end; exit with 1 unless every run succeeded')
    .action(async (id: string, flags: { wait?: true }, command: Command) => {
      const invocation = openInvocation(command, io);
      if (flags.wait) return follow(invocation, id);
      const { client, output, project } = invocation;
      const backfill = await client.backfills.get.query({ id, project });
      output.data(backfill, () => backfillFields(backfill, output));
    });

  const steer = (
    name: 'pause' | 'resume' | 'cancel',
    description: string,
    send: (client: CarillonClient, ref: { id: string; project: string; by?: string }) => Promise<BackfillCommandView>,
  ) =>
    backfills
      .command(name)
      .argument('<id>')
      .description(description)
      .action(async (id: string, flags: object, command: Command) => {
        const { client, output, project, by } = openInvocation(command, io);
        const { backfill, confirmed } = await send(client, { ...flags, id, project, by });
        noteUnconfirmed(io, confirmed);
        output.data(backfill, () => backfillFields(backfill, output));
      });
  steer('pause', 'let the runs in progress end and start no more', (client, ref) =>
    client.backfills.pause.mutate(ref),
  ).option('--note <text>', 'why');
  steer('resume', 'go on with a paused backfill', (client, ref) => client.backfills.resume.mutate(ref));
  steer('cancel', 'end a backfill, and its runs in progress', (client, ref) =>
    client.backfills.cancel.mutate(ref),
  ).option('--reason <text>', 'why');
}

function progressLine({ state, progress }: BackfillView): string {
  const { percent, total, exact, succeeded, failed, timedOut, running } = progress;
  const ended = succeeded + failed + timedOut;
  return `${state} ${percent} %: ${ended} of ${total}${exact ? '' : ' or more'} ended, ${failed + timedOut} failed, ${running} running`;
}

function backfillFields(backfill: BackfillView, output: Output): string {
  const { progress, request, pause } = backfill;
  return output.fields([
    ['id', backfill.id],
    ['job', `${backfill.jobId}, version ${backfill.definitionVersion}`],
    ['state', output.state(backfill.state)],
    ['range', `${request.from} to ${request.to}`],
    ['rule', `${request.rerun}, ${request.order} first, at most ${request.maxActiveRuns} at once`],
    ['progress', `${progress.percent} %, ${progress.total}${progress.exact ? '' : ' or more'} runs`],
    ['reached', progress.reached],
    [
      'runs',
      `${progress.succeeded} succeeded, ${progress.failed + progress.timedOut} failed, ${progress.cancelled} cancelled, ${progress.running} running`,
    ],
    ['left out', `${progress.skipped} ran before, ${progress.excluded} excluded`],
    ['note', request.note],
    ['paused', pause && `${output.time(pause.since)} ${pause.note ?? ''}`],
    ['created', `${output.time(backfill.createdAt)}${backfill.createdBy ? ` by ${backfill.createdBy}` : ''}`],
    ['closed', backfill.closedAt && `${output.time(backfill.closedAt)}: ${backfill.closeReason}`],
  ]);
}

function surveyFields(survey: SurveyView, output: Output): string {
  const more = survey.exact ? '' : ' or more';
  const last = survey.last.filter((time) => !survey.first.includes(time));
  const between = survey.first.length + last.length < survey.total ? ['…'] : [];
  return output.fields([
    ['would run', `${survey.total}${more}, by version ${survey.definitionVersion}`],
    ['left out', `${survey.skipped}${more} ran before, ${survey.excluded}${more} excluded`],
    ['times', [...survey.first, ...between, ...last].join('\n')],
  ]);
}

function backfillTable(items: BackfillView[], output: Output): string {
  return output.columns(
    ['ID', 'JOB', 'STATE', 'FROM', 'TO', 'PROGRESS', 'FAILED', 'CREATED'],
    items.map(({ id, jobId, state, request, progress, createdAt }) => [
      ...[id, jobId, output.state(state), request.from, request.to, `${progress.percent} %`],
      ...[progress.failed + progress.timedOut, output.time(createdAt)],
    ]),
  );
}
