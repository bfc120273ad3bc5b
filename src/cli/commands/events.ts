import { type Command, Option } from 'commander';
import type { EventView } from '../../api/views.js';
import type { JobState, RunState } from '../../core/states.js';
import { collectList, wholeNumber } from '../flag-values.js';
import { type Invocation, openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';

interface EventFlags {
  job?: string;
  kind?: 'job' | 'run';
  state?: string[];
  limit?: number;
}
type Change = Exclude<EventView, { kind: 'position' }>;

/** Follows what happens. */
export function addEvents(program: Command, io: Io): void {
  program
    .command('events')
    .description('changes of jobs and runs as they happen, until Ctrl-C')
    .option('--job <id>', 'only this job and its runs')
    .addOption(new Option('--kind <kind>', 'only changes of these').choices(['job', 'run']))
    .option('--state <state>', 'only what is in one of these states now; may be repeated', collectList)
    .option('-n, --limit <n>', 'end after so many', wholeNumber)
    .action(async (flags: EventFlags, command: Command) => {
      const invocation = openInvocation(command, io);
      const asData = command.optsWithGlobals<{ output: string }>().output !== 'table';
      // Asked first: an API that does not answer, or refuses, is told at once.
      await invocation.client.jobs.count.query({ project: invocation.project });
      await follow(invocation, flags, (change) =>
        io.out(asData ? `${JSON.stringify(change)}\n` : `${lineOf(change, invocation.output)}\n`),
      );
    });
}

function follow({ client, project }: Invocation, flags: EventFlags, print: (change: Change) => void): Promise<void> {
  const { job: jobId, kind, state, limit = Number.POSITIVE_INFINITY } = flags;
  const filter = { jobId, kinds: kind && [kind], states: state as (JobState | RunState)[] | undefined };
  return new Promise((resolve, reject) => {
    let printed = 0;
    const subscription = client.events.follow.subscribe(
      { project, ...filter },
      {
        onData({ data }: { data: EventView }) {
          if (data.kind === 'position' || printed >= limit) return;
          print(data);
          printed += 1;
          if (printed < limit) return;
          subscription.unsubscribe();
          resolve();
        },
        onError: reject,
        onComplete: resolve,
      },
    );
  });
}

/** An event for people. */
function lineOf(change: Change, output: Output): string {
  const { at, kind, before } = change;
  const which = change.kind === 'job' ? `${change.jobId} revision ${change.revision}` : change.runId;
  const more = change.kind === 'job' ? [] : [change.attempt > 1 && `attempt ${change.attempt}`, change.reason];
  const state =
    before && before !== change.state ? `${before} → ${output.state(change.state)}` : output.state(change.state);
  return [at, kind, which, state, ...more].filter(Boolean).join('  ');
}
