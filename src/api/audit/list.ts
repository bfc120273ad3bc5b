import type { z } from 'zod';
import type { AuditKey } from '../../store/store.js';
import type { InnerContext } from '../context.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import type { auditListAllInput } from './inputs.js';
import type { AuditPage } from './views.js';

/** @param input without a project: entries of all projects and of none */
export async function listAudit(
  { store, keyRing }: InnerContext,
  { limit, cursor, caller, ...filter }: z.output<typeof auditListAllInput> & { project?: string },
): Promise<AuditPage> {
  const query = { list: 'audit', caller, ...filter };
  const after = cursor === undefined ? undefined : decodeCursor<AuditKey>(keyRing, query, cursor);
  const page = await store.audit.list({ callerId: caller, ...filter }, { limit, after });
  return { items: page.items, nextCursor: page.next && encodeCursor(keyRing, query, page.next) };
}
