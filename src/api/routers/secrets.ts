import { secretListInput, secretPutInput, secretRef, secretRotateInput } from '../secrets/inputs.js';
import { deleteSecret, listSecrets, putSecret, rotateSecrets } from '../secrets/secrets.js';
import { secretDeletedView, secretPage, secretRotateView, secretView } from '../secrets/views.js';
import { procedure, router } from '../trpc.js';

export const secretsRouter = router({
  put: procedure
    .meta({ summary: 'Store a secret, or replace its value.', rest: { method: 'PUT', path: '/secrets/{name}' } })
    .input(secretPutInput)
    .output(secretView)
    .mutation(({ ctx, input }) => putSecret(ctx, input)),

  list: procedure
    .meta({
      summary: 'The secrets of a project by name, without their values.',
      rest: { method: 'GET', path: '/secrets' },
    })
    .input(secretListInput)
    .output(secretPage)
    .query(({ ctx, input }) => listSecrets(ctx, input)),

  delete: procedure
    .meta({
      summary: 'Delete a secret; runs that refer to it fail from then on.',
      rest: { method: 'DELETE', path: '/secrets/{name}' },
    })
    .input(secretRef)
    .output(secretDeletedView)
    .mutation(({ ctx, input }) => deleteSecret(ctx, input)),

  rotate: procedure
    .meta({
      summary: 'Seal secrets of all projects anew that are sealed with an earlier key, some at a time.',
      rest: { method: 'POST', path: '/secrets/rotate' },
    })
    .input(secretRotateInput)
    .output(secretRotateView)
    .mutation(({ ctx, input }) => rotateSecrets(ctx, input)),
});
