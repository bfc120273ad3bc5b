import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { FastifyReply } from 'fastify';
import type { HttpPart } from '../http/part.js';
import { isNamed } from './conditions.js';
import { errorPage } from './error-page.js';
import { openApi } from './openapi.js';

/** Of `swagger-ui-dist`, by their names below `/docs/`. */
const files: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** Nothing but what this server has itself. Swagger UI writes styles into its elements. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Carillon API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });
`;

/** The document of the API at `/openapi.json`, and pages for people at `/docs`. Nobody is asked who they are. */
export const docs: HttpPart = async (app) => {
  const folder = join(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'), '..');
  const config = { public: true } as const;
  const send = (reply: FastifyReply, type: string, body: string | Buffer) =>
    reply
      .header('content-security-policy', policy)
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-cache')
      .type(type)
      .send(body);

  let document: { text: string; etag: string } | undefined;
  app.get('/openapi.json', { config }, (request, reply) => {
    document ??= published();
    const { text, etag } = document;
    reply.header('etag', etag);
    const known = request.headers['if-none-match'];
    if (known !== undefined && isNamed(etag, known)) return reply.status(304).send();
    return send(reply, 'application/json; charset=utf-8', text);
  });
  app.get('/docs/', { config }, (_, reply) => reply.redirect('/docs', 308));
  app.get('/docs', { config }, (_, reply) => send(reply, 'text/html; charset=utf-8', page));
  app.get('/docs/errors', { config }, (_, reply) => send(reply, 'text/html; charset=utf-8', errorPage()));
  app.get('/docs/start.js', { config }, (_, reply) => send(reply, 'text/javascript; charset=utf-8', start));
  for (const [name, type] of Object.entries(files)) {
    app.get(`/docs/${name}`, { config }, async (_, reply) => send(reply, type, await readFile(join(folder, name))));
  }
};

function published(): { text: string; etag: string } {
  const text = JSON.stringify(openApi());
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` };
}
