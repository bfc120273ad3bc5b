import { CarillonError, show } from '../../core/errors.js';
import { maximumVersion } from '../inputs.js';
import type { Json } from './json.js';
import type { Operation } from './operations.js';
import { own } from './query.js';

/** Headers that make a request conditional (RFC 9110, section 13). */
export interface ConditionHeaders {
  'if-match'?: string;
  'if-none-match'?: string;
}

/** Fields by which procedures take the version that was expected. */
const versionFields = ['ifVersion', 'ifRevision'] as const;
/** What procedures answer when it is another one. */
const conflicts = new Set(['JOB_CHANGED', 'JOB_EXISTS', 'CALENDAR_CHANGED']);

/** The field that takes what `If-Match` says; undefined where the path takes none. */
export function versionField({ method, fields }: Operation): string | undefined {
  if (method === 'GET') return undefined;
  return versionFields.find((field) => own(fields.body, field) ?? own(fields.query, field));
}

/**
 * The version that headers expect: the procedure itself compares it, so that nothing comes in between.
 * @param current the version there is now, to choose among several; undefined: there is none
 * @returns 0: there must be none yet; undefined: any
 * @throws CarillonError PRECONDITION_FAILED, INPUT_INVALID
 */
export async function expectedVersion(
  operation: Operation,
  headers: ConditionHeaders,
  current: () => Promise<number | undefined>,
): Promise<number | undefined> {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (operation.method === 'GET' || (match === undefined && noneMatch === undefined)) return undefined;
  if (noneMatch !== undefined && (noneMatch.trim() !== '*' || operation.method !== 'PUT' || match !== undefined)) {
    throw malformed('If-None-Match', noneMatch, '`*`, by PUT, without If-Match');
  }
  if (!versionField(operation)) {
    throw malformed(match === undefined ? 'If-None-Match' : 'If-Match', match ?? noneMatch, 'nothing: it is not taken');
  }
  if (match === undefined) return 0;
  const any = match.trim() === '*';
  const tags = any ? [] : tagsOf(match);
  // Weak tags never match.
  const versions = tags
    .flatMap((one) => /^"([1-9]\d{0,9})"$/.exec(one)?.[1] ?? [])
    .map(Number)
    .filter((version) => version <= maximumVersion);
  if (tags.length === 1 && versions.length === 1) return versions[0];
  const there = await current();
  if (there !== undefined && (any || versions.includes(there))) return there;
  throw failed(`Expected the resource to be as If-Match says (${show(match)}), got another, or none.`);
}

/** A conflict with what headers expected, as HTTP has it. */
export function asPrecondition(error: CarillonError): CarillonError {
  return conflicts.has(error.code) ? failed(error.message, error) : error;
}

/** Whether a tag is among those of an `If-None-Match`, weakly compared. */
export function isNamed(etag: string, noneMatch: string): boolean {
  return noneMatch.trim() === '*' || tagsIn(noneMatch).some((one) => one.replace(/^W\//, '') === etag);
}

/** @throws CarillonError INPUT_INVALID when the text is no list of tags */
function tagsOf(text: string): string[] {
  const tags = tagsIn(text);
  const rest = text.replace(/(W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g, '').replace(/[\s,]/g, '');
  if (tags.length === 0 || rest !== '') throw malformed('If-Match', text, 'the ETag of a resource, or `*`');
  return tags;
}

function tagsIn(text: string): string[] {
  return [...text.matchAll(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g)].map(([tag]) => tag);
}

/** The input with the version that headers expect. */
export function withVersion(operation: Operation, input: Json, version: number | undefined): Json {
  const field = versionField(operation);
  if (version === undefined || field === undefined) return input;
  if (input[field] !== undefined && input[field] !== version) {
    throw malformed('If-Match', version, `the same as \`${field}\`, or only one of them`);
  }
  return { ...input, [field]: version };
}

function failed(message: string, cause?: unknown): CarillonError {
  return new CarillonError(
    'PRECONDITION_FAILED',
    message,
    { field: 'If-Match', hint: 'Read the resource as it is now, and decide again.' },
    { cause },
  );
}

function malformed(header: string, value: unknown, expected: string): CarillonError {
  return new CarillonError('INPUT_INVALID', `Expected ${header} to be ${expected}, got ${show(value)}.`, {
    field: header,
    value,
    hint: 'See docs/rest.md for the paths that take conditions.',
  });
}
