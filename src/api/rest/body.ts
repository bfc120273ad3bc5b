import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CarillonError } from '../../core/errors.js';

export const mergePatchType = 'application/merge-patch+json';

/** Bodies are JSON in UTF-8, or nothing; as a merge patch only where the path takes one. */
export function addBodyParsers(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const parse = (request: FastifyRequest, bytes: Buffer, done: (error: Error | null, body?: unknown) => void) => {
    if (bytes.length === 0) return done(null, undefined);
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      return parseJson(request, text, done);
    } catch (cause) {
      return done(new CarillonError('INPUT_INVALID', 'Expected the body to be UTF-8.', { field: '(root)' }, { cause }));
    }
  };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, parse);
  app.addContentTypeParser(mergePatchType, { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    if (request.method === 'PATCH') return parse(request, bytes, done);
    return done(
      new CarillonError('MEDIA_TYPE_UNSUPPORTED', `Expected application/json, got ${mergePatchType}.`, {
        field: 'Content-Type',
        hint: 'Merge patches are sent by PATCH.',
      }),
    );
  });
}
