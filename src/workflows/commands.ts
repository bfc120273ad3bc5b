import { ApplicationFailure, currentUpdateInfo, setHandler } from '@temporalio/workflow';
import type { CommandMeta, JobSnapshot, RunSummary } from '../core/contract.js';
import type { ErrorCode } from '../core/errors.js';
import { keyPattern, triggeredRunId } from '../core/ids.js';
import { type JobState, promptSyncMs } from './job-state.js';
import { queries, signals, type TriggerAnswer, updates } from './messages.js';
import type { Runner } from './runner.js';

type Payload = Record<string, unknown> | undefined;
type Handler<Answer> = (command: never) => Answer | Promise<Answer>;

/** Binds every command as an Update (answered, refusable) and as a Signal, and the queries. */
export function bindCommands(state: JobState, runner: Runner): void {
  setHandler(queries.status, () => state.status(), { description: 'State, next times, runs under way and the last 20.' });
  setHandler(queries.snapshot, () => state.snapshot(), { description: 'The job as the database keeps it.' });
  setHandler(
    queries.definition,
    () => ({ definition: state.job.definition, definitionVersion: state.job.definitionVersion, digest: state.job.digest }),
    { description: 'What runs, when, and by which rules.' },
  );

  bind('pause', 'No run starts until resumed. {note?, until?: time, by?}', (command) => {
    const until = optionalTime(command, 'until');
    return () => state.pause(Date.now(), { note: optionalText(command, 'note'), by: optionalText(command, 'by'), until });
  });
  bind('resume', 'Ends a pause. {by?}', (command) => {
    optionalText(command, 'by');
    return () => {
      if (state.job.pause) state.resume();
    };
  });
  bind('cancel', 'Cancels what runs and ends the job. {reason?, by?}', (command) => {
    const reason = optionalText(command, 'reason') ?? 'cancelled by command';
    return () => {
      state.close('cancelled', reason, Date.now());
      runner.cancelAll();
    };
  });
  bind('reschedule', 'Replaces the schedule. {schedule, by?}', (command) => redefine(command, 'schedule'));
  bind('update', 'Replaces the definition. {definition, by?}', (command) => redefine(command, 'definition'));
  bindTrigger();

  /**
   * @param read checks the payload synchronously (it is the Update's validator too) and returns what to do
   */
  function bind(
    name: Exclude<keyof typeof updates, 'trigger'>,
    description: string,
    read: (command: Payload) => () => void | Promise<void>,
  ): void {
    const run = async (command: Payload): Promise<JobSnapshot> => {
      const act = check(() => read(command));
      if (!seenBefore(command)) {
        await act();
        byHand(command);
      }
      return state.snapshot();
    };
    handle(name, description, run, (command) => void check(() => read(command)));
  }

  function bindTrigger(): void {
    const keyOf = (command: Payload) => optionalText(command, 'key') ?? commandId(command);
    const read = (command: Payload) => {
      const key = keyOf(command);
      if (key !== undefined && !keyPattern.test(key)) {
        throw refusal('INPUT_INVALID', `Expected \`key\` of 1-100 visible characters, got ${JSON.stringify(key)}.`, 'key', key);
      }
      const known = key === undefined ? undefined : state.find(triggeredRunId(state.job.jobId, key));
      if (!known && !state.admits() && !(key !== undefined && state.carry.recentCommands.includes(`key:${key}`))) {
        const [run] = state.carry.running;
        throw refusal(
          'JOB_BUSY',
          `Run ${run?.runId ?? 'before it'} is in progress and \`overlap\` is ${state.job.definition.overlap}.`,
          'overlap',
          state.job.definition.overlap,
          'Wait for it to end, or let the job overlap (allow, buffer_one).',
        );
      }
    };
    const run = (command: Payload): TriggerAnswer => {
      check(() => read(command));
      const key = keyOf(command) ?? `signal-${state.carry.nextSeq}-${state.job.revision}`;
      const runId = triggeredRunId(state.job.jobId, key);
      if (!state.seen(`key:${key}`)) {
        state.trigger(Date.now(), runId, command?.input);
        byHand(command);
      }
      const found = state.find(runId) as RunSummary | undefined;
      // A run older than the workflow's memory: it was, and its row tells how it ended.
      const summary = found ?? { runId, scheduledAt: state.carry.cursor, trigger: 'manual', state: 'succeeded', attempt: 0 };
      return { snapshot: state.snapshot(), run: summary };
    };
    handle('trigger', 'Starts a run now. {key?, input?, by?}', run, read);
  }

  function redefine(command: Payload, part: 'schedule' | 'definition'): () => Promise<void> {
    const value = command?.[part];
    if (typeof value !== 'object' || value === null) {
      throw refusal('INPUT_INVALID', `Expected \`${part}\` to be an object, got ${JSON.stringify(value) ?? 'nothing'}.`, part, value);
    }
    return async () => {
      const ready = command?.prepared as Awaited<ReturnType<Runner['prepare']>> | undefined;
      const prepared = ready ?? (await runner.prepare({ current: state.job.definition, [part]: value }));
      if (state.closed) throw closedRefusal();
      state.redefine(prepared, Date.now(), optionalText(command, 'by'));
    };
  }

  function handle(name: keyof typeof updates, description: string, run: Handler<unknown>, validate: (command: Payload) => void): void {
    const execute = run as (command: Payload) => Promise<never>;
    const validator = (command: Payload) => check(() => validate(command));
    setHandler(updates[name] as typeof updates.resume, execute as never, { description, validator: validator as never });
    setHandler(
      signals[name] as typeof signals.resume,
      async (command) => {
        try {
          await execute(command as Payload);
        } catch (error) {
          const failure = error instanceof ApplicationFailure ? error : (error as Error).cause;
          const code = failure instanceof ApplicationFailure ? (failure.type ?? 'INTERNAL') : 'INTERNAL';
          state.refused({ code, message: failure instanceof Error ? failure.message : String(error) });
        }
      },
      { description },
    );
  }

  /** A closed job answers the repetition of a command that closed it, and refuses everything else. */
  function check<Result>(read: () => Result): Result {
    if (state.closed) throw closedRefusal();
    return read();
  }

  function closedRefusal(): ApplicationFailure {
    return refusal('JOB_CLOSED', `Job ${state.job.jobId} is ${state.job.state}.`, 'id', state.job.jobId, 'Create a new job.');
  }

  function seenBefore(command: Payload): boolean {
    const id = commandId(command);
    return id !== undefined && state.seen(id);
  }

  /** The API writes the answer of its commands to the database; what came by hand, the workflow writes itself. */
  function byHand(command: Payload): void {
    if ((command as CommandMeta | undefined)?.commandId === undefined || !currentUpdateInfo()) {
      state.syncWithin(Date.now(), promptSyncMs);
    }
  }
}

function commandId(command: Payload): string | undefined {
  return optionalText(command, 'commandId') ?? currentUpdateInfo()?.id;
}

function optionalText(command: Payload, field: string): string | undefined {
  const value = command?.[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.length <= 1000) return value;
  throw refusal('INPUT_INVALID', `Expected \`${field}\` to be text of at most 1000 characters.`, field, value);
}

function optionalTime(command: Payload, field: string): string | undefined {
  const text = optionalText(command, field);
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) && time > Date.now()) return new Date(time).toISOString();
  throw refusal('TIME_INVALID', `Expected \`${field}\` to be a future time with an offset, got ${JSON.stringify(text)}.`, field, text);
}

function refusal(code: ErrorCode, message: string, field: string, value: unknown, hint?: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, code, { field, value, hint });
}
