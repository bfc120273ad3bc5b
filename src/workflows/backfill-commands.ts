import { ApplicationFailure, defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import type { BackfillState } from '../core/backfill/backfill-state.js';
import type { BackfillSnapshot } from '../core/backfill/contract.js';
import type { CancelCommand, PauseCommand, ResumeCommand } from '../core/commands.js';
import type { BackfillRunner } from './backfill-runner.js';
import { commandId, optionalText, type Payload, refusal } from './payload.js';

const updates = {
  pause: defineUpdate<BackfillSnapshot, [PauseCommand?]>('pause'),
  resume: defineUpdate<BackfillSnapshot, [ResumeCommand?]>('resume'),
  cancel: defineUpdate<BackfillSnapshot, [CancelCommand?]>('cancel'),
};
const signals = {
  pause: defineSignal<[PauseCommand?]>('pause'),
  resume: defineSignal<[ResumeCommand?]>('resume'),
  cancel: defineSignal<[CancelCommand?]>('cancel'),
};
const snapshot = defineQuery<BackfillSnapshot>('snapshot');

/** Binds the commands of a backfill as Updates (answered, refusable) and as Signals, and the query. */
export function bindBackfillCommands(state: BackfillState, runner: BackfillRunner): void {
  setHandler(snapshot, () => state.snapshot, { description: 'The backfill as the database keeps it.' });

  bind('pause', 'Runs in progress end, no other starts until resumed. {note?, by?}', (command) => {
    const pause = { note: optionalText(command, 'note'), by: optionalText(command, 'by') };
    return () => state.pause(Date.now(), pause);
  });
  bind('resume', 'Ends a pause. {by?}', () => () => state.resume(Date.now()));
  bind('cancel', 'Cancels what runs and ends the backfill. {reason?, by?}', (command) => {
    const reason = optionalText(command, 'reason') ?? 'cancelled by command';
    return () => {
      state.cancel(Date.now(), reason);
      runner.cancelAll();
    };
  });

  /** @param read checks the payload synchronously (it is the Update's validator too) and returns what to do */
  function bind(name: keyof typeof updates, description: string, read: (command: Payload) => () => void): void {
    const run = (command?: Payload): BackfillSnapshot => {
      const act = check(command, read);
      const id = commandId(command);
      if (act && (id === undefined || !state.commands.seen(id))) act();
      return state.snapshot;
    };
    const validator = (command?: Payload) => void check(command, read);
    setHandler(updates[name] as typeof updates.resume, run as never, { description, validator: validator as never });
    setHandler(
      signals[name] as typeof signals.resume,
      (command) => {
        try {
          run(command as Payload);
        } catch (error) {
          const code = error instanceof ApplicationFailure ? (error.type ?? 'INTERNAL') : 'INTERNAL';
          state.carry.lastRefusal = { code, message: error instanceof Error ? error.message : String(error) };
        }
      },
      { description },
    );
  }

  /** Nothing is left to check of a command that was carried out before: it is answered again, even when closed. */
  function check(command: Payload, read: (command: Payload) => () => void): (() => void) | undefined {
    const id = commandId(command);
    if (id !== undefined && state.commands.has(id)) return undefined;
    const { backfillId, state: name } = state.carry.backfill;
    if (state.closed) {
      const message = `Backfill ${backfillId} is ${name}.`;
      throw refusal('BACKFILL_CLOSED', message, 'id', backfillId, 'Create a new backfill.');
    }
    return read(command);
  }
}
