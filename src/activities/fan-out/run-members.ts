import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ChunkProgress, ChunkRequest, Tally } from '../../core/fan-out/contract.js';
import type { RunDependencies } from '../execute-run.js';
import { ChunkBook } from './chunk-book.js';
import { readItemsOf } from './item-pages.js';
import { MemberRunner } from './member-runner.js';

/** Beats carry cancellation back, and what is done to the next attempt. */
const beatMs = 1000;

/** Runs the members of a chunk, some at a time. A later attempt goes on where the beats of this one ended. */
export async function runMembers(deps: RunDependencies, request: ChunkRequest): Promise<Tally> {
  const context = Context.current();
  const { cancellationSignal, info } = context;
  const { allowed, folder, run } = request;
  const files = deps.services.files(run);
  const before = info.heartbeatDetails as ChunkProgress | undefined;
  const book = new ChunkBook(request, files, info.attempt, before);
  const enough = new AbortController();
  const stopped = AbortSignal.any([cancellationSignal, enough.signal]);
  const interrupted = () => cancellationSignal.aborted && !context.cancellationDetails?.cancelRequested;
  const runner = new MemberRunner(deps, request, { stopped, interrupted });
  const beat = setInterval(() => context.heartbeat(book.progress), beatMs);
  // One reader for all who work: the items of a page are in memory, not those of the chunk.
  const items = readItemsOf(files, folder, request);

  const work = async () => {
    while (!stopped.aborted) {
      const next = await items.next();
      if (next.done) return;
      const { index, item } = next.value;
      if (book.isDone(index)) continue;
      const end = await runner.run(index, item);
      if (end.state === 'stopped') return;
      if (end.state !== 'failed') book.end(index, end.state);
      else await book.fail(index, item, end.error);
      if (allowed !== null && book.failed > allowed) enough.abort();
    }
  };

  try {
    const workers = Array.from({ length: Math.min(request.concurrency, request.to - request.from) }, () =>
      work().catch((error) => {
        enough.abort();
        throw error;
      }),
    );
    for (const { reason } of (await Promise.allSettled(workers)) as PromiseRejectedResult[]) if (reason) throw reason;
    await book.write();
  } finally {
    clearInterval(beat);
    await items.return(undefined);
    context.heartbeat(book.progress);
  }
  if (interrupted()) throw ApplicationFailure.retryable('The worker shut down amid the members.', 'WORKER_LOST');
  const { marks, ...tally } = book.progress;
  return tally;
}
