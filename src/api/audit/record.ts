import { projectName } from '../../core/definition.js';
import { type CarillonError, errorCodes } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import type { AuditEntry } from '../../store/store.js';
import type { Context } from '../context.js';

/** What is known of one thing that was done, beside who did it. */
export interface Deed extends Pick<AuditEntry, 'action' | 'project' | 'target' | 'outcome' | 'before' | 'after'> {}

/** Codes that say: this caller may not. */
const refusals = new Set<string>(['UNAUTHENTICATED', 'FORBIDDEN', 'PROJECT_NOT_FOUND']);
/** An error passes several places on its way out. */
const recorded = new WeakSet<CarillonError>();

type Asked = Pick<Context, 'audit' | 'now' | 'randomText' | 'caller' | 'address' | 'requestId'>;

export function recordDeed({ audit, now, randomText, caller, address, requestId }: Asked, deed: Deed): void {
  const { kind, id, name } = caller;
  audit.record({
    ...{ id: randomText(16), at: isoTime(now()), caller: { kind, id, name }, address, requestId, ...deed },
    ...(kind === 'key' && { keyId: id.replace(/^key:/, '') }),
  });
}

/** Records that a request was refused, once. Other errors are left alone. */
export function recordRefusal(asked: Asked, fault: CarillonError, deed: Omit<Deed, 'outcome'>): void {
  if (!refusals.has(fault.code) || recorded.has(fault)) return;
  recorded.add(fault);
  recordDeed(asked, { ...deed, outcome: fault.code });
}

/** Whether a change that ended so may have happened all the same. */
export function leavesOpen(fault: CarillonError): boolean {
  return errorCodes[fault.code].status >= 500;
}

/** What an input says of project and target, as far as it makes sense. */
export function subjectOf(input: unknown): { project?: string; target?: string } {
  if (typeof input !== 'object' || input === null) return {};
  const { project, id, runId, name, subject, key } = input as Record<string, unknown>;
  const named = projectName.safeParse(project ?? 'default');
  const target = [runId, id, name, subject, key].find((one) => typeof one === 'string') as string | undefined;
  return {
    ...(named.success && { project: named.data }),
    ...(target !== undefined && { target: target.slice(0, 400) }),
  };
}
