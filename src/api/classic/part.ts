import { CarillonError } from '../../core/errors.js';
import type { HttpPart } from '../http/part.js';
import { apiJobRoutes } from './api-jobs.js';
import { addLogin, apiV1Routes, yamlTypes } from './api-v1.js';
import { addRoutes } from './route.js';
import { timedJobRoutes } from './timed-job.js';

/** Routes as other schedulers have them, for clients that were written for those. */
export const classicPart: HttpPart = async (app, options) => {
  // A page of another site can send plain text without asking; YAML it cannot.
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser(yamlTypes, { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async ({ method, headers }) => {
    const site = headers['sec-fetch-site'];
    if (method === 'GET' || site === undefined || site === 'same-origin' || site === 'none') return;
    throw new CarillonError('FORBIDDEN', 'Expected a client, got a page of another site.', {
      hint: 'Pages call the API at /v1 or /trpc.',
    });
  });
  addRoutes(app, options, [...apiJobRoutes, ...timedJobRoutes, ...apiV1Routes]);
  addLogin(app, options);
};
