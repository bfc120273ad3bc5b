/**
 * What the audit tells of an answer or a row. Fields are named one by one, so that what a procedure answers beside them,
 * such as a new key or a result, never gets into it.
 */
const fields = [
  ...['id', 'project', 'name', 'state', 'revision', 'version', 'definitionVersion', 'digest', 'owner'],
  ...['runId', 'jobId', 'retryOf', 'action', 'changed', 'confirmed', 'deleted', 'count', 'rotated', 'keyId'],
  ...['subject', 'role', 'payloads', 'scopes', 'grants', 'rights', 'prefix', 'expiresAt', 'revokedAt', 'quotas'],
  ...['description', 'timezone', 'rules', 'pause', 'closeReason', 'closedAt', 'dismissed', 'note', 'title', 'limits'],
] as const;

/** JSON longer than this is left out. */
const longest = 64 * 1024;

/** A job, a run, a key and so on without what it carries; undefined when nothing is left. */
export function told(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const subject = subjectOf(value as Record<string, unknown>);
  const kept: Record<string, unknown> = Object.fromEntries(
    fields.flatMap((name) => (subject[name] === undefined || subject[name] === null ? [] : [[name, subject[name]]])),
  );
  const { definition } = subject;
  if (typeof definition === 'object' && definition !== null) {
    const { input: _input, ...rest } = definition as Record<string, unknown>;
    kept.definition = rest;
    kept.owner ??= rest.owner;
  }
  if (Object.keys(kept).length === 0) return undefined;
  const { length } = JSON.stringify(kept);
  return length > longest ? { omitted: `${length} characters` } : kept;
}

/** Commands answer with the job or the backfill inside. */
function subjectOf(value: Record<string, unknown>): Record<string, unknown> {
  const { job, backfill, ...beside } = value;
  const inner = job ?? backfill;
  return typeof inner === 'object' && inner !== null ? { ...inner, ...beside } : value;
}
