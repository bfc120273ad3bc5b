import { randomUUID } from 'node:crypto';
import type { PayloadCodec } from '@temporalio/common';
import type { TaskContext } from '../../core/task/context.js';
import { revive } from '../../core/task/outcome.js';
import type { Question } from './messages.js';
import type { HostListener, TaskHost } from './task-host.js';
import { fromWire, toWire } from './wire-error.js';

/**
 * Makes an attempt in a host: what it tells goes to the context, what it asks is answered from there, and when the
 * context's signal aborts it has `graceMs` to end; then it is killed with all it started.
 */
export async function runInHost(
  host: TaskHost,
  task: string,
  context: TaskContext,
  input: unknown,
  graceMs: number,
  codec?: PayloadCodec,
): Promise<unknown> {
  const { project, jobId, runId, scheduledAt, effectiveAt, attempt, heartbeatDetails, signal } = context;
  let timer: NodeJS.Timeout | undefined;
  const abort = () => {
    host.abort({ type: 'abort', reason: toWire(signal.reason) });
    timer = setTimeout(() => host.kill(), graceMs);
  };
  const mark = `\u0000carillon ${randomUUID()}\n`;
  const call = { project, jobId, runId, scheduledAt, effectiveAt, attempt, heartbeatDetails, task, input, mark };
  const running = host.run(call, listenerOf(context, codec));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    const end = await running;
    if ('error' in end) throw fromWire(end.error);
    if ('outcome' in end) return revive(end.outcome);
    if ('omitted' in end) return { omitted: end.omitted };
    return end.result === undefined ? undefined : JSON.parse(end.result);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function listenerOf(context: TaskContext, codec: PayloadCodec | undefined): HostListener {
  return {
    message(message, answer) {
      if (message.type === 'log') context.log[message.level](message.message, message.fields);
      else if (message.type === 'progress') context.progress(message.done, message.total, message.note);
      else if (message.type === 'heartbeat') context.heartbeat(message.details);
      else {
        const { id, question } = message;
        void answerOf(question, context, codec).then(
          (value) => answer({ type: 'answer', id, value }),
          (error) => answer({ type: 'answer', id, error: toWire(error) }),
        );
      }
    },
    printed: (stream, line) => context.log[stream === 'stdout' ? 'info' : 'warn'](line, { stream }),
    omitted: (bytes) =>
      context.log.warn(`The task printed too much: ${bytes} bytes were left out.`, { omitted: bytes }),
  };
}

/** Asked of the worker, so that it knows which secrets were read: these it masks. */
async function answerOf(question: Question, { lastSuccess, secrets }: TaskContext, codec: PayloadCodec | undefined) {
  if (question.what === 'lastSuccess') return lastSuccess();
  if (question.what === 'secret') return secrets.get(question.name);
  return codec ? codec[question.what](question.payloads) : question.payloads;
}
