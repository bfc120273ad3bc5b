/**
 * Awaits `work`, and calls `cancel` when the signal aborts before it ended. Resolves or rejects only once both are done,
 * so that the connection is free then. Rejects with the signal's reason when it aborted and the work failed.
 */
export async function cancellable<Result>(
  signal: AbortSignal | undefined,
  cancel: () => Promise<void>,
  work: () => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  let cancelling: Promise<void> | undefined;
  const onAbort = () => {
    cancelling = cancel();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await work();
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await cancelling;
  }
}
