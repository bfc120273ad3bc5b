import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import type { KeyRing } from './key-ring.js';
import { SealingCodec } from './payload-codec.js';

/** The SDK loads it by `require`: from the sources, too, it is the compiled one. */
const compiled = !import.meta.url.endsWith('.ts');
const failureConverterPath = fileURLToPath(
  new URL(compiled ? 'failure-converter.js' : '../../dist/keyring/failure-converter.js', import.meta.url),
);

export interface Sealing {
  /** Opens what is sealed. */
  keyRing: KeyRing;
  /** Whether what is sent is sealed. */
  sealPayloads: boolean;
}

/** How a client or a worker turns values into payloads; undefined: as usual, as there is no key. */
export function dataConverterOf(sealing: Sealing | undefined): DataConverter | undefined {
  return sealing && convertedBy(new SealingCodec(sealing.keyRing, sealing.sealPayloads), sealing.sealPayloads);
}

export function convertedBy(codec: PayloadCodec, sealPayloads: boolean): DataConverter {
  return { payloadCodecs: [codec], ...(sealPayloads && { failureConverterPath }) };
}

/** The workflow bundle of that file, with failures sealed that workflows make. */
export function sealingBundle(codePath: string): { code: string } {
  return { code: `globalThis.carillonSealsFailures = true;\n${readFileSync(codePath, 'utf8')}` };
}
