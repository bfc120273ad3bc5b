import { CarillonError, show } from '../../core/errors.js';
import { noCredentials } from '../auth/authenticate.js';
import type { Context } from '../context.js';
import type { Caller } from './caller.js';
import { type Need, needs } from './needs.js';
import { ownsTarget } from './ownership.js';
import { forbidden, grantsIn, noSuchProject, reachOf } from './permission.js';

const table: Record<string, Need> = needs;

/** What a call is let in with. */
export interface Admission {
  /** The input, signed by the caller where it is to be. */
  input: unknown;
  /** Inputs, results and logs are to be left out of the answer. */
  payloads: 'shown' | 'hidden';
}

/**
 * Whether the caller may call a procedure with this input.
 * @throws CarillonError UNAUTHENTICATED, FORBIDDEN, PROJECT_NOT_FOUND; what looking for the owner fails with
 */
export async function guard(ctx: Context, path: string, rawInput: () => Promise<unknown>): Promise<Admission> {
  const need = table[path];
  const raw = await rawInput();
  if (!need) throw new CarillonError('FORBIDDEN', `Expected ${path} to be guarded.`);
  const { caller } = ctx;
  if (need.right === 'anyone') return { input: raw, payloads: 'shown' };
  if (caller.kind === 'nobody') throw noCredentials();
  const input = need.signed ? signed(raw, caller) : raw;
  if (need.right === 'member') {
    if (caller.grants.length > 0) return { input, payloads: 'shown' };
    throw new CarillonError('FORBIDDEN', 'Expected a role in some project, got none.', {
      hint: 'Ask somebody who manages the members of a project.',
    });
  }
  if (need.on === 'instance') {
    if (reachOf(caller, '*', need.right)) return { input, payloads: 'shown' };
    throw forbidden(need.right, 'for all projects');
  }
  return { input, payloads: await admitTo(ctx, need, raw) };
}

async function admitTo(ctx: Context, need: Need, raw: unknown): Promise<Admission['payloads']> {
  const { caller } = ctx;
  const right = need.right as Exclude<Need['right'], 'anyone' | 'member'>;
  const project = projectOf(raw);
  if (grantsIn(caller, project).length === 0) throw noSuchProject(project);
  const inProject = `in project ${show(project)}`;
  const reach = reachOf(caller, project, right);
  if (!reach) throw forbidden(right, inProject);
  if (reach === 'own' && !need.restricts && !(await ownsTarget(ctx, need, project, raw))) {
    throw new CarillonError('FORBIDDEN', `Expected a job that you own ${inProject}.`, {
      hint: `Your role brings ${right} for jobs whose \`owner\` is you or a team of yours.`,
    });
  }
  if (!need.payloads || reachOf(caller, project, 'payloads:read')) return 'shown';
  if (need.payloads === 'needed') throw forbidden('payloads:read', inProject);
  return 'hidden';
}

/** As the schema will read it: what is no text there, it refuses. */
function projectOf(raw: unknown): string {
  const named = (raw as { project?: unknown } | null | undefined)?.project;
  return typeof named === 'string' ? named : 'default';
}

/** Longest `by`, in UTF-16 units, as the inputs have it. */
const longestName = 100;

/** Who asks is the caller, whatever the client wrote. While nobody is asked who they are, the client's word stays. */
function signed(raw: unknown, { kind, name, id }: Caller): unknown {
  if (kind === 'open' || typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  const { by: written } = raw as { by?: unknown };
  // What does not fit the schema is for the schema to refuse.
  if (written !== undefined && (typeof written !== 'string' || written === '' || written.length > longestName))
    return raw;
  return { ...raw, by: (name || id).slice(0, longestName) };
}
