import type { Payload, PayloadCodec } from '@temporalio/common';
// The package has no names that Node could find when it is imported as a module.
import proto from '@temporalio/proto';
import type { KeyRing } from './key-ring.js';

/** What the metadata of a sealed payload says under `encoding`. */
export const sealedEncoding = 'binary/encrypted';

const { Payload: Wire } = proto.temporal.api.common.v1;

/** Seals payloads on their way to Temporal, metadata included, and opens them on their way back. */
export class SealingCodec implements PayloadCodec {
  /** @param sealing false: what is sealed is opened, and nothing more is sealed */
  constructor(
    private readonly keyRing: KeyRing,
    private readonly sealing: boolean,
  ) {}

  /** Those that are sealed already stay as they are. */
  async encode(payloads: Payload[]): Promise<Payload[]> {
    return this.sealing ? payloads.map((payload) => (isSealed(payload) ? payload : this.#seal(payload))) : payloads;
  }

  /**
   * Those that are not sealed stay as they are, so that sealing can begin in a running installation.
   * @throws CarillonError ENCRYPTION_KEY_UNKNOWN, DECRYPTION_FAILED
   */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      if (!isSealed(payload)) return payload;
      const { metadata, data } = Wire.decode(this.keyRing.open('payload', payload.data ?? new Uint8Array()));
      return { metadata, data };
    });
  }

  #seal(payload: Payload): Payload {
    return {
      metadata: {
        encoding: Buffer.from(sealedEncoding),
        'encryption-key-id': Buffer.from(this.keyRing.currentId),
      },
      data: this.keyRing.seal('payload', Wire.encode(payload).finish()),
    };
  }
}

function isSealed({ metadata }: Payload): boolean {
  const encoding = metadata?.encoding;
  return encoding !== undefined && encoding !== null && Buffer.from(encoding).toString() === sealedEncoding;
}
