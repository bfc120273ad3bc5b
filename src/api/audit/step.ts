import type { Context } from '../context.js';
import { faultOf } from '../fault.js';
import { readBefore } from './before.js';
import { type Deed, leavesOpen, recordDeed, recordRefusal, subjectOf } from './record.js';
import { told } from './told.js';

/** A call, as the audit looks at it. */
export interface Call {
  ctx: Context;
  path: string;
  type: 'query' | 'mutation' | 'subscription';
  /** Whether the procedure is of a project. */
  ofProject: boolean;
  input: unknown;
}

type Ended = { ok: true; data: unknown } | { ok: false; error: unknown };

/**
 * Lets a call happen and records what became of it: a change that was made, one of which nobody knows whether it was, or
 * a refusal. Neither waits for the database, nor fails with it.
 */
export async function audited<End extends Ended>(call: Call, next: () => Promise<End>): Promise<End> {
  const { ctx, path, type, ofProject, input } = call;
  const { project, target } = subjectOf(input);
  const about = { action: path, ...(ofProject && { project }), ...(target !== undefined && { target }) };
  // Who may not change it is not worth a statement.
  const before =
    type === 'mutation' && ctx.caller.kind !== 'nobody' ? await readBefore(ctx, path, { project, target }) : undefined;
  const end = await next();
  if (!end.ok) {
    const fault = faultOf(end.error, input);
    recordRefusal(ctx, fault, about);
    if (type === 'mutation' && leavesOpen(fault)) recordDeed(ctx, { ...about, outcome: fault.code });
    return end;
  }
  if (type === 'mutation' && changedSomething(path, input, end.data)) recordDeed(ctx, deedOf(about, before, end.data));
  return end;
}

function deedOf(about: Pick<Deed, 'action' | 'project' | 'target'>, before: unknown, data: unknown): Deed {
  const after = told(data);
  // An id may have been given by the API.
  const target = about.target ?? (typeof after?.id === 'string' ? after.id : undefined);
  return { ...about, ...(target !== undefined && { target }), outcome: 'done', before: told(before), after };
}

function changedSomething(path: string, input: unknown, data: unknown): boolean {
  if (path === 'jobs.validate') return false;
  const { dryRun } = (input ?? {}) as Record<string, unknown>;
  const { changed, action, rotated } = (data ?? {}) as Record<string, unknown>;
  return dryRun !== true && changed !== false && action !== 'unchanged' && rotated !== 0;
}
