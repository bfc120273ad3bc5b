import { CarillonError, type ErrorDetails, isErrorCode } from '../../core/errors.js';

/** An error as it travels between a host and its worker. */
export interface WireError {
  name: string;
  message: string;
  /** Undefined: what was thrown is not an Error. */
  stack?: string;
  code?: string;
  details?: ErrorDetails;
  cause?: WireError;
}

const deepest = 6;
const longest = 10_000;

export function toWire(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error)) return { name: '', message: cut(String(error)) };
  const { code } = error as { code?: unknown };
  return {
    name: cut(String(error.name)),
    message: cut(String(error.message)),
    stack: cut(String(error.stack)),
    ...(typeof code === 'string' && { code: cut(code) }),
    ...(error instanceof CarillonError && { details: plain(error.details) }),
    ...(error.cause !== undefined && depth < deepest && { cause: toWire(error.cause, depth + 1) }),
  };
}

/** The error again, as far as reports look at it: class name, code, message, causes. */
export function fromWire({ name, message, stack, code, details, cause }: WireError): unknown {
  if (stack === undefined) return message;
  const options = cause ? { cause: fromWire(cause) } : {};
  // A task's own copy of Carillon may be another one than ours: the name tells, not the class.
  if (name === 'CarillonError' && isErrorCode(code)) return new CarillonError(code, message, details, options);
  const error = new Error(message, options);
  Object.defineProperties(error, { name: { value: name }, stack: { value: stack } });
  return code === undefined ? error : Object.assign(error, { code });
}

function plain(details: ErrorDetails): ErrorDetails {
  try {
    return JSON.parse(JSON.stringify(details)) as ErrorDetails;
  } catch {
    return { hint: details.hint };
  }
}

function cut(text: string): string {
  return text.length > longest ? text.slice(0, longest) : text;
}
