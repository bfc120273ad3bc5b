import { ApplicationFailure, currentUpdateInfo, setHandler, sleep } from '@temporalio/workflow';
import type { JobSnapshot } from '../core/contract.js';
import type { PausedPolicy } from '../core/definition.js';
import { isoTime, keyPattern, triggeredRunId } from '../core/ids.js';
import type { JobState } from '../core/job/job-state.js';
import { promptSyncMs } from '../core/job/outbox.js';
import { snapshotOf, statusOf } from '../core/job/views.js';
import type { Clock } from './clock.js';
import { queries, signals, type TriggerAnswer, updates } from './messages.js';
import { commandId, optionalChoice, optionalText, optionalTime, type Payload, refusal } from './payload.js';
import type { Runner } from './runner.js';

type Handler<Answer> = (command: never) => Answer | Promise<Answer>;

/** Said here too: the schema that has them cannot enter the sandbox. */
const pausedPolicies: readonly PausedPolicy[] = ['drop', 'last', 'all'];

/** Binds every command as an Update (answered, refusable) and as a Signal, and the queries. */
export function bindCommands(state: JobState, runner: Runner, clock: Clock, onChange: () => void): void {
  setHandler(queries.status, () => statusOf(state), {
    description: 'State, next times, runs under way and the last 20.',
  });
  setHandler(queries.snapshot, () => snapshotOf(state), { description: 'The job as the database keeps it.' });
  setHandler(
    queries.definition,
    () => ({
      definition: state.job.definition,
      definitionVersion: state.job.definitionVersion,
      digest: state.job.digest,
    }),
    { description: 'What runs, when, and by which rules.' },
  );

  bind(
    'pause',
    'No occurrence runs until resumed; `trigger` still does. {note?, until?: time, missed?, by?}',
    (command) => {
      const until = optionalTime(command, 'until');
      const missed = optionalChoice(command, 'missed', pausedPolicies);
      const [note, by] = [optionalText(command, 'note'), optionalText(command, 'by')];
      return () => state.pause(clock.now, { note, by, until, missed });
    },
  );
  bind('resume', 'Ends a pause. {missed?: drop | last | all, by?}', (command) => {
    optionalText(command, 'by');
    const missed = optionalChoice(command, 'missed', pausedPolicies);
    return () => state.resume(clock.now, missed);
  });
  bind('cancel', 'Cancels what runs and ends the job. {reason?, by?}', (command) => {
    const reason = optionalText(command, 'reason') ?? 'cancelled by command';
    return () => {
      state.close('cancelled', reason, clock.now);
      runner.cancelAll();
    };
  });
  bind('reschedule', 'Replaces the schedule. {schedule, ifVersion?, by?}', (command) => redefine(command, 'schedule'));
  bind('update', 'Replaces the definition. {definition, ifVersion?, by?}', (command) =>
    redefine(command, 'definition'),
  );
  bind('cancelRun', 'Cancels one run, under way or waiting. {runId, reason?, by?}', (command) => {
    const runId = optionalText(command, 'runId');
    const reason = optionalText(command, 'reason');
    const { running, waiting } = state.runs;
    if (runId === undefined || ![...running, ...waiting].some((run) => run.runId === runId)) {
      const message = `Expected \`runId\` to be a run that is under way or waits, got ${JSON.stringify(runId) ?? 'nothing'}.`;
      throw refusal('RUN_ENDED', message, 'runId', runId, 'Ask `status` for those in progress.');
    }
    // It may end by itself before this is carried out: then there is nothing left to do.
    return () => void runner.cancelRun(runId, reason);
  });
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
      clock.tick();
      const act = check(command, () => read(command));
      const id = commandId(command);
      if (act && (id === undefined || !state.commands.seen(id))) {
        for (let settled = false; !settled; ) {
          const held = state.heldUntil(clock.now);
          if (held !== undefined) {
            await sleep(held - clock.now, { summary: `a run is about to start, then: ${name}` });
            clock.tick();
          }
          // What came due before the command is accounted for first.
          await runner.decideDue(clock.now, false);
          settled = state.heldUntil(clock.now) === undefined;
        }
        if (state.closed) throw closedRefusal();
        await act();
        byHand(command);
        onChange();
      }
      return snapshotOf(state);
    };
    handle(name, description, run, read);
  }

  function bindTrigger(): void {
    const keyOf = (command: Payload) => optionalText(command, 'key') ?? commandId(command);
    const read = (command: Payload) => {
      const key = keyOf(command);
      if (key !== undefined && !keyPattern.test(key)) {
        throw refusal(
          'INPUT_INVALID',
          `Expected \`key\` of 1-100 visible characters, got ${JSON.stringify(key)}.`,
          'key',
          key,
          'Use another key, or leave it out.',
        );
      }
      const retryOf = optionalText(command, 'retryOf');
      const known = key === undefined ? undefined : state.runs.find(triggeredRunId(state.job.jobId, key));
      if (retryOf !== undefined) nominalTime(command);
      const waits = retryOf !== undefined && !state.runs.catchUpFull;
      if (
        !known &&
        !waits &&
        !state.runs.admission(Date.now()).admitted &&
        !(key !== undefined && state.commands.has(`key:${key}`))
      ) {
        const [run] = state.runs.running;
        throw refusal(
          'JOB_BUSY',
          `Run ${run?.runId ?? 'before it'} is in progress and \`overlap\` is ${state.job.definition.overlap}.`,
          'overlap',
          state.job.definition.overlap,
          'Wait for it to end, or let the job overlap (allow, buffer_one, cancel_previous).',
        );
      }
    };
    const run = (command: Payload): TriggerAnswer => {
      clock.tick();
      check(command, () => read(command));
      const key = keyOf(command) ?? `signal-${state.carry.nextSeq}-${state.job.revision}`;
      const runId = triggeredRunId(state.job.jobId, key);
      const id = commandId(command);
      const repeated = id !== undefined && state.commands.seen(id);
      if (!state.commands.seen(`key:${key}`) && !repeated) {
        const retryOf = optionalText(command, 'retryOf');
        const again = retryOf === undefined ? undefined : { ...nominalTime(command), detail: `retry of ${retryOf}` };
        state.trigger(clock.now, runId, command?.input, again);
        runner.stopReplaced();
        byHand(command);
      }
      return { snapshot: snapshotOf(state), run: state.runs.find(runId) ?? null };
    };
    handle('trigger', 'Starts a run now. {key?, input?, retryOf?, by?}', run, read);
  }

  function nominalTime(command: Payload): { scheduledAt: string } {
    const text = optionalText(command, 'scheduledAt') ?? '';
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return { scheduledAt: isoTime(time) };
    const message = `Expected \`scheduledAt\` to be the nominal time of the run, got ${JSON.stringify(text)}.`;
    throw refusal('TIME_INVALID', message, 'scheduledAt', text, 'Write it as the ledger has it.');
  }

  function redefine(command: Payload, part: 'schedule' | 'definition'): () => Promise<void> {
    const value = command?.[part];
    if (typeof value !== 'object' || value === null) {
      throw refusal(
        'INPUT_INVALID',
        `Expected \`${part}\` to be an object, got ${JSON.stringify(value) ?? 'nothing'}.`,
        part,
        value,
        `Send the whole ${part} as an object.`,
      );
    }
    const ofVersion = () => {
      const { definitionVersion } = state.job;
      const expected = command?.ifVersion;
      if (expected === undefined || expected === definitionVersion) return;
      throw refusal(
        'JOB_CHANGED',
        `Expected version ${JSON.stringify(expected)} of the definition, got ${definitionVersion}.`,
        'ifVersion',
        expected,
        'Look at the definition as it is now, and decide again.',
      );
    };
    ofVersion();
    return async () => {
      const ready = command?.prepared as Awaited<ReturnType<Runner['prepare']>> | undefined;
      const prepared = ready ?? (await runner.prepare({ [part]: value }));
      if (state.closed) throw closedRefusal();
      ofVersion();
      state.redefine(prepared, clock.now, optionalText(command, 'by'));
    };
  }

  function handle(
    name: keyof typeof updates,
    description: string,
    run: Handler<unknown>,
    validate: (command: Payload) => unknown,
  ): void {
    const execute = run as (command: Payload) => Promise<never>;
    const validator = (command: Payload) => void check(command, () => validate(command));
    setHandler(updates[name] as typeof updates.resume, execute as never, {
      description,
      validator: validator as never,
    });
    setHandler(
      signals[name] as typeof signals.resume,
      async (command) => {
        try {
          await execute(command as Payload);
        } catch (error) {
          const code = error instanceof ApplicationFailure ? (error.type ?? 'INTERNAL') : 'INTERNAL';
          state.carry.lastRefusal = { code, message: error instanceof Error ? error.message : String(error) };
        }
      },
      { description },
    );
  }

  /** Nothing is left to check of a command that was carried out before: it is answered again, even by a closed job. */
  function check<Result>(command: Payload, read: () => Result): Result | undefined {
    const id = commandId(command);
    if (id !== undefined && state.commands.has(id)) return undefined;
    if (state.closed) throw closedRefusal();
    return read();
  }

  function closedRefusal(): ApplicationFailure {
    return refusal(
      'JOB_CLOSED',
      `Job ${state.job.jobId} is ${state.job.state}.`,
      'id',
      state.job.jobId,
      'Create a new job.',
    );
  }

  /** The API writes the answer of its commands to the database; what came by hand, the workflow writes itself. */
  function byHand(command: Payload): void {
    if (command?.commandId === undefined || !currentUpdateInfo()) {
      state.outbox.syncWithin(clock.now, promptSyncMs);
    }
  }
}
