import cors from '@fastify/cors';
import type { Payload } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CarillonError } from '../../core/errors.js';
import { schemaFault } from '../../core/schema-fault.js';
import { SealingCodec } from '../../keyring/payload-codec.js';
import type { Caller } from '../access/caller.js';
import type { HttpPart, HttpPartOptions } from '../http/part.js';

/** Payloads of one request at most: a history page of the Web UI has fewer. */
const mostPayloads = 1000;
/** Of a request, in bytes. */
const bodyLimit = 16 * 1024 * 1024;

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'Expected base64.');
const wirePayload = z.object({ metadata: z.record(z.string(), base64).nullish(), data: base64.nullish() });
const body = z.object({ payloads: z.array(wirePayload).max(mostPayloads) });

/**
 * Temporal's remote codec: `POST /codec/encode` and `/codec/decode`, so that the Web UI and the `temporal` command show
 * what is sealed to who may see it.
 */
export const codecPart: HttpPart = async (app, options) => {
  await app.register(async (scope) => addRoutes(scope, options), { prefix: '/codec' });
};

async function addRoutes(app: FastifyInstance, { inner, contextOf }: HttpPartOptions): Promise<void> {
  const codec = new SealingCodec(inner.keyRing, true);
  // A browser asks without credentials whether it may ask.
  app.addHook('onRoute', (route) => {
    if (route.method === 'OPTIONS') route.config = { ...route.config, public: true };
  });
  await app.register(cors, {
    origin: originOf(inner.consoles.temporalUi),
    credentials: true,
    methods: ['POST'],
    allowedHeaders: ['authorization', 'content-type', 'x-namespace'],
  });
  for (const what of ['encode', 'decode'] as const) {
    app.post(`/${what}`, { bodyLimit }, async (request) => {
      assertMaySeeAll(contextOf(request).caller);
      const read = body.safeParse(request.body);
      // What was sent is not sent back.
      if (!read.success) throw schemaFault(read.error, undefined);
      return { payloads: (await codec[what](read.data.payloads.map(payloadOf))).map(wireOf) };
    });
  }
}

/** A sealed payload does not say which project it belongs to. @throws CarillonError FORBIDDEN */
function assertMaySeeAll({ grants, scopes }: Caller): void {
  const granted = grants.some(({ project, payloads }) => project === '*' && payloads);
  if (granted && (!scopes || scopes.includes('payloads:read'))) return;
  throw new CarillonError('FORBIDDEN', 'Expected the right payloads:read in all projects.', {
    hint: 'Ask an owner of the installation for it.',
  });
}

/** False: pages of no other origin may ask. */
function originOf(address: string | undefined): string | false {
  return address !== undefined && URL.canParse(address) ? new URL(address).origin : false;
}

function payloadOf({ metadata, data }: z.output<typeof wirePayload>): Payload {
  const bytes = Object.entries(metadata ?? {}).map(([name, text]) => [name, Buffer.from(text, 'base64')]);
  return { metadata: Object.fromEntries(bytes), data: Buffer.from(data ?? '', 'base64') };
}

function wireOf({ metadata, data }: Payload): z.output<typeof wirePayload> {
  const texts = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
  return { metadata: Object.fromEntries(texts), data: Buffer.from(data ?? []).toString('base64') };
}
