import { auditListAllInput, auditListInput } from '../audit/inputs.js';
import { listAudit } from '../audit/list.js';
import { auditPage } from '../audit/views.js';
import { procedure, router } from '../trpc.js';

export const auditRouter = router({
  list: procedure
    .meta({
      summary: 'Who changed what in a project and who was refused, newest first.',
      rest: { method: 'GET', path: '/audit' },
    })
    .input(auditListInput)
    .output(auditPage)
    .query(({ ctx, input }) => listAudit(ctx, input)),

  listAll: procedure
    .meta({
      summary: 'The same of all projects, and of what concerns none.',
      rest: { method: 'GET', path: '/audit/all' },
    })
    .input(auditListAllInput)
    .output(auditPage)
    .query(({ ctx, input }) => listAudit(ctx, input)),
});
