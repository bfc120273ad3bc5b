import type { RunError } from '../core/contract.js';
import { CarillonError } from '../core/errors.js';

const longestMessage = 2000;

/**
 * What a task threw, as data: its code and its message with the chain of causes. The code is a CarillonError's, else
 * the error's own `code` or class name (these are what `retry.nonRetryableErrors` names), else TASK_FAILED.
 */
export function runErrorOf(error: unknown): RunError {
  return { code: codeOf(error), message: messageOf(error).slice(0, longestMessage) };
}

/** What caused the error, the nearest first; undefined when nothing did. */
export function causesOf(error: unknown): RunError[] | undefined {
  const causes: RunError[] = [];
  for (let cause = causeOf(error); cause !== undefined && causes.length < 5; cause = causeOf(cause)) {
    const message = cause instanceof Error ? cause.message || cause.name : String(cause);
    causes.push({ code: codeOf(cause), message: message.slice(0, longestMessage) });
  }
  return causes.length > 0 ? causes : undefined;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? (error.cause ?? undefined) : undefined;
}

function codeOf(error: unknown): string {
  if (error instanceof CarillonError) return error.code;
  if (!(error instanceof Error)) return 'TASK_FAILED';
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && code.length <= 100) return code;
  return error.name === 'Error' ? 'TASK_FAILED' : error.name;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const chain = [error.message || error.name];
  for (let cause = error.cause, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (!chain.some((said) => said.includes(cause.message))) chain.push(cause.message);
  }
  return chain.join(': ');
}
