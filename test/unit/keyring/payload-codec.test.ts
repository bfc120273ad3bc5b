import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect, test } from 'vitest';
import { KeyRing } from '../../../src/keyring/key-ring.js';
import { SealingCodec, sealedEncoding } from '../../../src/keyring/payload-codec.js';

const newKey = () => randomBytes(32).toString('base64');
const ringOf = (...keys: string[]) => KeyRing.parse(keys.join(','), 'test');
const payloadOf = (value: unknown) => defaultPayloadConverter.toPayload(value) as Payload;
const read = (payload: Payload | undefined) => defaultPayloadConverter.fromPayload(payload as Payload);
const textOf = (payload: Payload) =>
  [...Object.values(payload.metadata ?? {}), payload.data ?? []].map((bytes) => Buffer.from(bytes).toString()).join();

test.each([{ a: ['canary', 1, null] }, 'canary', 0, null, undefined, new Uint8Array([0, 255, 7])])(
  'what was sealed comes back as it was (%#)',
  async (value) => {
    const codec = new SealingCodec(ringOf(newKey()), true);
    const [sealed] = await codec.encode([payloadOf(value)]);
    expect(Buffer.from(sealed?.metadata?.encoding ?? []).toString()).toBe(sealedEncoding);
    expect(textOf(sealed as Payload)).not.toContain('canary');
    const [opened] = await codec.decode([sealed as Payload]);
    expect(read(opened)).toEqual(value);
  },
);

test('the same value is sealed differently each time, and only once', async () => {
  const codec = new SealingCodec(ringOf(newKey()), true);
  const [one, other] = await codec.encode([payloadOf('same'), payloadOf('same')]);
  expect(Buffer.from(one?.data ?? [])).not.toEqual(Buffer.from(other?.data ?? []));
  expect(await codec.encode([one as Payload])).toEqual([one]);
});

test('what is not sealed is read as it is, and stays so until sealing is switched on', async () => {
  const [clear, ring] = [payloadOf('in clear'), ringOf(newKey())];
  expect(await new SealingCodec(ring, true).decode([clear])).toEqual([clear]);
  const opening = new SealingCodec(ring, false);
  expect(await opening.encode([clear])).toEqual([clear]);
  const sealed = await new SealingCodec(ring, true).encode([clear]);
  expect(read((await opening.decode(sealed))[0])).toBe('in clear');
});

test('an earlier key opens; without it, or altered, a payload does not open', async () => {
  const [old, fresh] = [newKey(), newKey()];
  const [sealed] = (await new SealingCodec(ringOf(old), true).encode([payloadOf('x')])) as [Payload];
  expect(read((await new SealingCodec(ringOf(fresh, old), true).decode([sealed]))[0])).toBe('x');
  await expect(new SealingCodec(ringOf(fresh), true).decode([sealed])).rejects.toMatchObject({
    code: 'ENCRYPTION_KEY_UNKNOWN',
  });
  const data = Buffer.from(sealed.data as Uint8Array);
  data[data.length - 20] = (data.at(-20) as number) ^ 1;
  await expect(new SealingCodec(ringOf(old), true).decode([{ ...sealed, data }])).rejects.toMatchObject({
    code: 'DECRYPTION_FAILED',
  });
});
