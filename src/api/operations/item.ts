import { type CarillonError, type ErrorCode, errorCodes } from '../../core/errors.js';
import type { OperationRow } from '../../store/store.js';
import type { Caller } from '../access/caller.js';
import { call } from '../call.js';
import type { Context, InnerContext } from '../context.js';
import { faultOf } from '../fault.js';

/** What became of one job, or run; `later`: something is away, and it is to be tried again. */
export type Outcome = 'done' | 'skipped' | 'later' | CarillonError;

/** Nothing is left to be done: it ended, went, or was seen to by somebody else. */
const settled: ErrorCode[] = ['JOB_CLOSED', 'JOB_NOT_FOUND', 'RUN_NOT_FAILED', 'RUN_NOT_FOUND'];
const passing: ErrorCode[] = ['STORE_UNAVAILABLE', 'TEMPORAL_UNAVAILABLE', 'LIMIT_EXCEEDED', 'RATE_LIMITED'];

/**
 * Does to one job, or run, what the operation says, as who asked for it. Done twice, it is done once: command and key
 * are those of the operation.
 */
export async function applyTo(context: InnerContext, operation: OperationRow, id: string): Promise<Outcome> {
  const { caller, address } = operation.requester as { caller: Caller; address: string };
  const ctx: Context = { ...context, caller, address, requestId: operation.operationId };
  try {
    await command(ctx, operation, id);
    return 'done';
  } catch (error) {
    const fault = faultOf(error);
    if (passing.includes(fault.code)) return 'later';
    // Deleted a moment ago, before it could be noted.
    if (fault.code === 'JOB_NOT_FOUND' && operation.action === 'delete') return 'done';
    if (settled.includes(fault.code)) return 'skipped';
    if (errorCodes[fault.code].status === 500) {
      context.log('error', 'An operation could not change a job in a way nobody foresaw.', {
        ...{ project: operation.project, operation: operation.operationId, id, error: String(fault.cause ?? fault) },
      });
    }
    return fault;
  }
}

function command(ctx: Context, { action, project, operationId, createdBy: by, note }: OperationRow, id: string) {
  const ref = { project, id, commandId: operationId, by };
  switch (action) {
    case 'pause':
      return call(ctx, 'jobs.pause', { ...ref, note });
    case 'resume':
      return call(ctx, 'jobs.resume', ref);
    case 'cancel':
      return call(ctx, 'jobs.cancel', { ...ref, reason: note });
    case 'delete':
      return call(ctx, 'jobs.delete', { ...ref, reason: note });
    case 'trigger':
      return call(ctx, 'jobs.trigger', { ...ref, key: operationId });
    case 'retry':
      return call(ctx, 'runs.retry', { project, runId: id, by });
  }
}
