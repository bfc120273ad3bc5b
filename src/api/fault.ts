import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { CarillonError, type FieldFault, show } from '../core/errors.js';
import { schemaFault } from '../core/schema-fault.js';

/** Whatever a request ended with, as the one error class. What nobody foresaw keeps its message to itself. */
export function faultOf(error: unknown, input?: unknown): CarillonError {
  if (error instanceof CarillonError) return error;
  if (error instanceof TRPCError) return faultOfProtocol(error, input);
  return new CarillonError('INTERNAL', 'Something failed inside the API.', {}, { cause: error });
}

function faultOfProtocol(error: TRPCError, input: unknown): CarillonError {
  const { cause } = error;
  if (cause instanceof CarillonError) return cause;
  if (cause instanceof z.ZodError && error.code === 'BAD_REQUEST') return schemaFault(cause, input);
  switch (error.code) {
    case 'NOT_FOUND':
      return new CarillonError('PROCEDURE_NOT_FOUND', error.message, {
        hint: 'Procedures are named like jobs.create or runs.list; see docs/api.md.',
      });
    case 'PAYLOAD_TOO_LARGE':
      return new CarillonError('PAYLOAD_TOO_LARGE', error.message, { hint: 'Send less in one request.' });
    case 'PARSE_ERROR':
    case 'BAD_REQUEST':
    case 'UNSUPPORTED_MEDIA_TYPE':
      return new CarillonError('INPUT_INVALID', error.message, {
        hint: 'Send JSON with content-type application/json, at most 20 calls in a batch.',
      });
    case 'METHOD_NOT_SUPPORTED':
      return new CarillonError('INPUT_INVALID', error.message, {
        hint: 'Queries are read by GET, mutations are sent by POST.',
      });
    default:
      return faultOf(cause ?? new Error(error.message));
  }
}

/** What a client learns of an error; never a stack. */
export interface FaultBody {
  code: CarillonError['code'];
  field?: string;
  value?: unknown;
  hint?: string;
  faults?: FieldFault[];
  /** Names the request in the API's log. */
  requestId?: string;
}

export function faultBody(error: CarillonError, requestId: string | undefined): FaultBody {
  const { field, value, hint, faults } = error.details;
  return {
    code: error.code,
    field,
    value: bounded(value),
    hint: error.code === 'INTERNAL' && requestId ? `Look for request ${requestId} in the API's log.` : hint,
    faults: faults?.map((fault) => ({ ...fault, value: bounded(fault.value) })),
    requestId,
  };
}

/** A value sent back to whoever sent it helps only while it is short. */
function bounded(value: unknown): unknown {
  return (JSON.stringify(value)?.length ?? 0) > 500 ? show(value) : value;
}
