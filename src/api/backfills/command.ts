import type { BackfillSnapshot } from '../../core/backfill/contract.js';
import { isBackfillClosed } from '../../core/backfill/states.js';
import type { CommandMeta } from '../../core/commands.js';
import { CarillonError, show } from '../../core/errors.js';
import type { InnerContext } from '../context.js';
import { readBackfill, storedBackfill } from './read.js';
import { viewBackfill } from './view.js';
import type { BackfillCommandView } from './views.js';

interface Command extends CommandMeta {
  project: string;
  id: string;
  note?: string;
  reason?: string;
}

/** Sends a command and tells what became of the backfill. */
export async function commandBackfill(
  context: InnerContext,
  name: 'pause' | 'resume' | 'cancel',
  { project, id, ...payload }: Command,
): Promise<BackfillCommandView> {
  const row = await storedBackfill(context, project, id);
  const ref = { project, jobId: row.jobId, backfillId: id };
  const commandId = payload.commandId ?? context.randomText(16);
  const answer = await context.gateway.command<BackfillSnapshot>(ref, name, { ...payload, commandId });
  if (answer === 'unconfirmed') return { backfill: viewBackfill(row), confirmed: false };
  if (answer === undefined) throw closed(await readBackfill(context, project, id));
  await context.store.backfills.save(answer).catch((error) => {
    context.log('warn', 'A backfill could not be written to the read model.', { ...ref, error: String(error) });
  });
  return { backfill: viewBackfill(answer), confirmed: true };
}

function closed({ backfillId, state, closedAt }: BackfillSnapshot): CarillonError {
  const how = isBackfillClosed(state) ? ` (${state} at ${closedAt})` : '';
  return new CarillonError(
    'BACKFILL_CLOSED',
    `Expected backfill ${show(backfillId)} to be open, got one that has ended${how}.`,
    { field: 'id', value: backfillId, hint: 'Create a new backfill; what has run is left out.' },
  );
}
