import type { z } from 'zod';
import { CarillonError, show } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import type { LastOwner, MemberKey, MemberRow } from '../../store/store.js';
import { coversRole, reachOf } from '../access/permission.js';
import type { Context } from '../context.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import type { MemberRef, memberListInput, PutMemberInput } from './inputs.js';
import type { MemberView } from './views.js';

/** Who has a role in this very project, by subject. */
export async function listMembers(
  { store, keyRing }: Context,
  { project, limit, cursor }: z.output<typeof memberListInput>,
): Promise<{ items: MemberView[]; nextCursor: string | null }> {
  const query = { list: 'members', project };
  const after = cursor === undefined ? undefined : decodeCursor<MemberKey>(keyRing, query, cursor);
  const page = await store.members.list(project, { limit, after });
  return { items: page.items, nextCursor: page.next && encodeCursor(keyRing, query, page.next) };
}

/**
 * Makes somebody a member, or changes what they are.
 * @throws CarillonError FORBIDDEN: it gives, or takes, more than the caller has; it would leave no owner
 */
export async function putMember(ctx: Context, { by, ...input }: PutMemberInput): Promise<MemberView> {
  const { project, subject, role, payloads } = input;
  const there = await ctx.store.members.get(project, subject);
  if (there) assertAtLeast(ctx, there);
  assertAtLeast(ctx, { project, role });
  if (payloads && !there?.payloads) assertMayShow(ctx, project);
  if (project !== '*') await ctx.projects.ensure(project, by);
  const row = { project, subject, role, payloads, addedAt: isoTime(ctx.now()), addedBy: by };
  const written = await ctx.store.members.put(row, await lastOwner(ctx, project));
  if (written === 'last_owner') throw noOwnerLeft(subject);
  ctx.directory.forget();
  return written;
}

/** @throws CarillonError MEMBER_NOT_FOUND, FORBIDDEN */
export async function deleteMember(ctx: Context, { project, subject }: MemberRef): Promise<{ deleted: true }> {
  const there = await ctx.store.members.get(project, subject);
  if (there) assertAtLeast(ctx, there);
  const outcome = there ? await ctx.store.members.delete(project, subject, await lastOwner(ctx, project)) : 'absent';
  if (outcome === 'last_owner') throw noOwnerLeft(subject);
  if (outcome === 'absent') {
    throw new CarillonError('MEMBER_NOT_FOUND', `Expected \`subject\` to be a member, got ${show(subject)}.`, {
      field: 'subject',
      value: subject,
      hint: 'List the members of the project; who has a role in all projects is listed under `*`.',
    });
  }
  ctx.directory.forget();
  return { deleted: true };
}

/** Nobody gives more than they have, and nobody takes it from whoever has more: also not from themselves. */
function assertAtLeast({ caller }: Context, { project, role }: Pick<MemberRow, 'project' | 'role'>): void {
  if (coversRole(caller, project, role)) return;
  throw new CarillonError('FORBIDDEN', `Expected \`role\` to bring no more than you may yourself, got ${show(role)}.`, {
    field: 'role',
    value: role,
    hint: "Only owners give or take the owner's role; a key gives no more than its scopes.",
  });
}

function assertMayShow({ caller }: Context, project: string): void {
  if (reachOf(caller, project, 'payloads:read') || reachOf(caller, project, 'project:manage')) return;
  throw new CarillonError('FORBIDDEN', 'Expected `payloads` to be false: you do not see payloads yourself.', {
    field: 'payloads',
    value: true,
    hint: 'Ask an owner of the project.',
  });
}

/**
 * A project may lose its last owner only while somebody owns all projects. Of these, the last one stays, unless a key
 * asks: it owns them too.
 */
async function lastOwner({ store, caller }: Context, project: string): Promise<LastOwner> {
  if (project === '*') return caller.kind === 'user' ? 'keep' : 'allow';
  if (reachOf(caller, '*', 'project:manage')) return 'allow';
  return (await store.members.hasOwner('*')) ? 'allow' : 'keep';
}

function noOwnerLeft(subject: string): CarillonError {
  return new CarillonError('FORBIDDEN', `Expected an owner to be left, got a change of the last one.`, {
    field: 'subject',
    value: subject,
    hint: 'Make somebody else an owner first.',
  });
}
