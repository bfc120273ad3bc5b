import { memberListInput, memberRef, putMemberInput } from '../members/inputs.js';
import { deleteMember, listMembers, putMember } from '../members/members.js';
import { memberDeletedView, memberPage, memberView } from '../members/views.js';
import { procedure, router } from '../trpc.js';

const members = '/projects/{project}/members';

export const membersRouter = router({
  list: procedure
    .meta({ summary: 'Who is a member of a project, and as what.', rest: { method: 'GET', path: members } })
    .input(memberListInput)
    .output(memberPage)
    .query(({ ctx, input }) => listMembers(ctx, input)),

  put: procedure
    .meta({
      summary: 'Make somebody a member, or change what they are.',
      rest: { method: 'PUT', path: `${members}/{subject}` },
    })
    .input(putMemberInput)
    .output(memberView)
    .mutation(({ ctx, input }) => putMember(ctx, input)),

  delete: procedure
    .meta({
      summary: 'Take a member out of a project, within 5 s.',
      rest: { method: 'DELETE', path: `${members}/{subject}` },
    })
    .input(memberRef)
    .output(memberDeletedView)
    .mutation(({ ctx, input }) => deleteMember(ctx, input)),
});
