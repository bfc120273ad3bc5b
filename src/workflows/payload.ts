import { ApplicationFailure, currentUpdateInfo } from '@temporalio/workflow';
import type { ErrorCode } from '../core/errors.js';

/** What came with a command: from the API checked already, by hand anything. The sandbox has no zod. */
export type Payload = Record<string, unknown> | undefined;

/** What makes a command known when it is repeated. */
export function commandId(command: Payload): string | undefined {
  return optionalText(command, 'commandId') ?? currentUpdateInfo()?.id;
}

export function optionalText(command: Payload, field: string): string | undefined {
  const value = command?.[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.length <= 1000) return value;
  const message = `Expected \`${field}\` to be text of at most 1000 characters.`;
  throw refusal('INPUT_INVALID', message, field, value, 'Shorten it, or leave it out.');
}

export function optionalTime(command: Payload, field: string): string | undefined {
  const text = optionalText(command, field);
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) && time > Date.now()) return new Date(time).toISOString();
  const message = `Expected \`${field}\` to be a future time with an offset, got ${JSON.stringify(text)}.`;
  throw refusal(
    'TIME_INVALID',
    message,
    field,
    text,
    'Name a time ahead, such as 2030-12-24T08:00:00Z, or leave it out.',
  );
}

/** One of a few words. */
export function optionalChoice<Choice extends string>(
  command: Payload,
  field: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = optionalText(command, field);
  if (text === undefined || choices.includes(text as Choice)) return text as Choice | undefined;
  const message = `Expected \`${field}\` to be one of ${choices.join(', ')}, got ${JSON.stringify(text)}.`;
  throw refusal('INPUT_INVALID', message, field, text, `Write one of ${choices.join(', ')}, or leave it out.`);
}

/** A refusal as the API hands it on: the code is the failure's type. */
export function refusal(
  code: ErrorCode,
  message: string,
  field: string,
  value: unknown,
  hint: string,
): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, code, { field, value, hint });
}
