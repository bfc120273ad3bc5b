import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { CarillonError, type ErrorDetails, isErrorCode } from '../../core/errors.js';

// Codes of the gRPC protocol.
const grpcCancelled = 1;
const grpcDeadlineExceeded = 4;
const grpcResourceExhausted = 8;
const grpcFailedPrecondition = 9;
const grpcUnavailable = 14;

/** No worker took the question up in time: the deadline passed, or Temporal knows of no poller. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  const code = grpcCode(error);
  return code === grpcDeadlineExceeded || code === grpcCancelled || code === grpcFailedPrecondition;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}

/** What Temporal answered, as the one error class. An error of another kind comes back as it is. */
export function fromTemporal(error: unknown, address: string): unknown {
  if (error instanceof WorkflowUpdateFailedError) return fromFailure(error.cause) ?? error;
  if (error instanceof QueryNotRegisteredError) {
    return new CarillonError('WORKER_UNAVAILABLE', 'The worker does not know the query; it runs another version.', {
      hint: 'Start workers of the same version as the API.',
    });
  }
  const code = grpcCode(error);
  if (code === grpcResourceExhausted) {
    return new CarillonError(
      'LIMIT_EXCEEDED',
      'Temporal takes no more requests at the moment.',
      { hint: 'Try again in a second; raise frontend.namespaceRPS if it persists.' },
      { cause: error },
    );
  }
  if (code === grpcUnavailable || code === grpcDeadlineExceeded || isConnectTimeout(error)) {
    return new CarillonError(
      'TEMPORAL_UNAVAILABLE',
      `Expected the Temporal server at ${address} to answer, got ${reason(error)}.`,
      {
        field: 'TEMPORAL_ADDRESS',
        value: address,
        hint: 'Start it, or check the address; the request can be sent again.',
      },
      { cause: error },
    );
  }
  return error;
}

/** An error the workflow or an activity threw for us: its type is one of our codes. */
function fromFailure(failure: unknown): CarillonError | undefined {
  if (!(failure instanceof ApplicationFailure) || !isErrorCode(failure.type)) {
    return failure instanceof Error && failure.cause ? fromFailure(failure.cause) : undefined;
  }
  return new CarillonError(failure.type, failure.message, (failure.details?.[0] ?? {}) as ErrorDetails);
}

function grpcCode(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  if (error instanceof ServiceError || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
    return grpcCode(error.cause);
  return undefined;
}

/** grpc-js answers a channel that does not come up in time with a plain Error. */
function isConnectTimeout(error: unknown): boolean {
  return error instanceof Error && /^Failed to connect before the deadline/.test(error.message);
}

function reason(error: unknown): string {
  const cause = error instanceof ServiceError && error.cause ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
