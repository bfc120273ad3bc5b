import type { Command } from 'commander';
import type { RunDetailView, RunView } from '../../api/views.js';
import type { RunTrigger } from '../../core/contract.js';
import { formatDuration } from '../../core/duration.js';
import type { RunState } from '../../core/states.js';
import { collectList, wholeNumber } from '../flag-values.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { whyOf } from '../wording.js';

export function addRuns(runs: Command, io: Io): void {
  runs
    .command('list')
    .description('runs and occurrences that did not run, newest first')
    .option('--job <id>', 'only of this job')
    .option('--state <state>', 'only these; may be repeated', collectList)
    .option('--trigger <trigger>', 'only those that this asked for: schedule, catch_up, manual, probe, backfill')
    .option('--fingerprint <text>', 'only those whose error has this fingerprint')
    .option('--from <time>', 'nominal time at or after (ISO 8601 with an offset)')
    .option('--to <time>', 'nominal time before')
    .option('-n, --limit <n>', 'runs on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (flags: ListFlags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const { job: jobId, state, trigger, ...rest } = flags;
      const page = await client.runs.list.query({
        ...rest,
        project,
        jobId,
        state: state as RunState[],
        trigger: trigger as RunTrigger,
      });
      output.data(page, () => runTable(page.items, output));
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });

  runs
    .command('get')
    .argument('<run-id>', 'such as backup@2026-11-21T09:00:00Z')
    .description('one run, with its attempts')
    .action(async (runId: string, _flags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const run = await client.runs.get.query({ runId, project });
      output.data(run, () => [runFields(run, output), attemptTable(run, output)].filter(Boolean).join('\n\n'));
    });
}

interface ListFlags {
  job?: string;
  state?: string[];
  trigger?: string;
  fingerprint?: string;
  from?: string;
  to?: string;
  limit: number;
  cursor?: string;
}

export function runTable(items: RunView[], output: Output): string {
  return output.columns(
    ['RUN', 'STATE', 'ATTEMPT', 'SCHEDULED', 'TOOK', 'WHY'],
    items.map((run) => [
      run.runId,
      output.state(run.state),
      run.attempt,
      output.time(run.scheduledAt),
      took(run),
      whyOf(run) || (run.finishedAt ? '' : progressOf(run)),
    ]),
  );
}

function runFields(run: RunDetailView, output: Output): string {
  return output.fields([
    ['run', run.runId],
    ['job', run.jobId],
    ['state', output.state(run.state)],
    ['why', whyOf(run)],
    ['attempt', run.attempt],
    ['trigger', run.trigger],
    ['scheduled', output.time(run.scheduledAt)],
    ['was to start', output.time(run.effectiveAt)],
    ['started', output.time(run.startedAt)],
    ['finished', output.time(run.finishedAt)],
    ['took', took(run)],
    ['definition', `version ${run.definitionVersion}`],
    ['input', run.input === undefined ? undefined : JSON.stringify(run.input)],
    ['result', run.result === undefined ? undefined : JSON.stringify(run.result)],
    ['kept at', run.resultLocation],
    ['progress', progressOf(run)],
    [
      'log',
      run.log && `${run.log.lines} lines${run.log.truncated ? ', not all' : ''}: carillon runs logs ${run.runId}`,
    ],
    ['worker', run.worker],
    ['fingerprint', run.errorFingerprint],
    ['causes', run.errorCauses?.map(({ code, message }) => `${code}: ${message}`).join('\n')],
    ['dismissed', run.dismissed && [output.time(run.dismissed.at), run.dismissed.note].filter(Boolean).join(', ')],
    ['Temporal', run.links.temporalUi ?? run.links.temporalCli],
  ]);
}

function progressOf({ progress }: RunView): string {
  if (!progress) return '';
  const { done, total, note } = progress;
  return `${done}${total === undefined ? '' : ` of ${total}`}${note ? `: ${note}` : ''}`;
}

/** Of more than one attempt; of one, the fields tell everything. */
function attemptTable({ attempts }: RunDetailView, output: Output): string {
  if (attempts.length < 2) return '';
  return output.columns(
    ['ATTEMPT', 'STATE', 'STARTED', 'FINISHED', 'WORKER', 'WHY'],
    attempts.map((one) => [
      one.attempt,
      output.state(one.state),
      one.startedAt,
      one.finishedAt,
      one.worker,
      one.error && `${one.error.code}: ${one.error.message}`,
    ]),
  );
}

export function took({ startedAt, finishedAt }: Pick<RunView, 'startedAt' | 'finishedAt'>): string {
  if (!startedAt || !finishedAt) return '';
  const ms = Date.parse(finishedAt) - Date.parse(startedAt);
  return ms > 0 ? formatDuration(ms) : 'PT0S';
}
