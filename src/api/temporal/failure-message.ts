import type { LoadedDataConverter, Payload, ProtoFailure } from '@temporalio/common';

/** The message of a failure that Temporal has, out of its seal if it is sealed. */
export async function messageOf(
  failure: ProtoFailure | null | undefined,
  { payloadCodecs, payloadConverter }: LoadedDataConverter,
): Promise<string | undefined> {
  const { encodedAttributes, message } = failure ?? {};
  if (!encodedAttributes) return message ?? undefined;
  let payloads: Payload[] = [encodedAttributes];
  for (const codec of payloadCodecs) payloads = await codec.decode(payloads);
  return payloadConverter.fromPayload<{ message?: string }>(payloads[0] as Payload).message;
}
