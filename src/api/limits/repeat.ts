import { createHash } from 'node:crypto';
import { stableJson } from '../../core/prepare.js';
import { base32 } from '../base32.js';
import { createRouter } from '../router.js';

interface Procedure {
  _def: { type: 'query' | 'mutation' | 'subscription'; inputs: { shape?: Record<string, unknown> }[] };
}
const procedures = createRouter()._def.procedures as unknown as Record<string, Procedure>;

/** Fields by which a procedure knows a repeated call. `key` is one where there is a `commandId` as well. */
const fields = ['idempotencyKey', 'commandId'];
/** Those that go by the id of what they create. */
const byId: Record<string, string> = { 'backfills.create': 'id' };
/** Those that change nothing when they are called again. */
const repeatable = [
  'jobs.validate',
  'jobs.ensure',
  'jobs.delete',
  'calendars.put',
  'calendars.delete',
  'runs.retry',
  'runs.redrive',
  'runs.dismiss',
  'operations.cancel',
  'keys.revoke',
  'projects.update',
  'members.put',
  'members.delete',
];

export function isMutation(path: string): boolean {
  return procedures[path]?._def.type === 'mutation';
}

/** Whether a call does no harm when it is carried out twice with the same key. */
export function isRepeatable(path: string): boolean {
  return repeatable.includes(path) || fieldsOf(path).length > 0;
}

/**
 * Gives the input of a mutation the fields by which a repeated call is known, so that a request that is carried out
 * again, after the process that did it first has died, finds what that one did.
 * @param scope what the key of the request is unique in
 */
export function fillRepeatFields(path: string, input: unknown, scope: { callerId: string; key: string }): unknown {
  if (typeof input !== 'object' || input === null || !isMutation(path)) return input;
  const missing = fieldsOf(path).filter((field) => (input as Record<string, unknown>)[field] === undefined);
  if (missing.length === 0) return input;
  const parts = [scope.callerId, scope.key, path, stableJson(input)];
  const digest = base32(createHash('sha256').update(JSON.stringify(parts)).digest());
  const value = `idem-${digest.slice(0, 32)}`;
  return { ...input, ...Object.fromEntries(missing.map((field) => [field, value])) };
}

function fieldsOf(path: string): string[] {
  const shape = procedures[path]?._def.inputs[0]?.shape ?? {};
  const known = fields.filter((field) => field in shape);
  if ('commandId' in shape && 'key' in shape) known.push('key');
  const id = byId[path];
  return id === undefined ? known : [...known, id];
}
