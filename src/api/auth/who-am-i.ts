import type { HttpPart } from '../http/part.js';

/** GET /auth/me: who the credentials of the request belong to, and what they may do; 401 without any. */
export const whoAmI: HttpPart = async (app) => {
  app.get('/auth/me', async ({ caller }, reply) => {
    const { kind, id, name, owns, grants, scopes } = caller;
    reply.header('cache-control', 'no-store');
    return { kind, id, name, owns, grants, ...(scopes && { scopes }) };
  });
};
