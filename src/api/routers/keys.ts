import { keyCreateInput, keyListInput, keyRef } from '../keys/inputs.js';
import { createKey, listKeys, readKey, revokeKey } from '../keys/keys.js';
import { keyCreatedView, keyPage, keyView } from '../keys/views.js';
import { procedure, router } from '../trpc.js';

export const keysRouter = router({
  create: procedure
    .meta({
      summary: 'Make an API key. The answer shows it, once; it may do no more than its maker.',
      rest: { method: 'POST', path: '/keys', status: 201 },
    })
    .input(keyCreateInput)
    .output(keyCreatedView)
    .mutation(({ ctx, input }) => createKey(ctx, input)),

  get: procedure
    .meta({
      summary: 'What an API key may do, and when it was used last.',
      rest: { method: 'GET', path: '/keys/{id}' },
    })
    .input(keyRef)
    .output(keyView)
    .query(({ ctx, input }) => readKey(ctx, input)),

  list: procedure
    .meta({ summary: 'The API keys of a project, the newest first.', rest: { method: 'GET', path: '/keys' } })
    .input(keyListInput)
    .output(keyPage)
    .query(({ ctx, input }) => listKeys(ctx, input)),

  revoke: procedure
    .meta({
      summary: 'Revoke an API key: every process refuses it within 5 s.',
      rest: { method: 'DELETE', path: '/keys/{id}' },
    })
    .input(keyRef)
    .output(keyView)
    .mutation(({ ctx, input }) => revokeKey(ctx, input)),
});
