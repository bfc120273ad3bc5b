/** A task host: makes attempts of the user's tasks, one at a time, for the worker that started it. */
import { writeSync } from 'node:fs';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { overridden } from '../../core/task/overrides.js';
import { createServices } from '../services/services.js';
import { loadConfig } from '../tasks/load.js';
import { HostAttempt } from './host-attempt.js';
import type { FromHost, ToHost } from './messages.js';
import type { HostSurroundings } from './task-host.js';
import { startWatchdog } from './watchdog.js';
import { toWire } from './wire-error.js';

const [, , configPath, memoryMb, given = '{}'] = process.argv;
const { overrides, temporal }: HostSurroundings = JSON.parse(given);

startWatchdog((2 * Number(memoryMb) + 128) * 1024 * 1024);

function send(message: FromHost, done: () => void = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, done);
  else done();
}

function crash(error: unknown): void {
  console.error(error);
  send({ type: 'crashed', error: toWire(error) }, () => process.exit(1));
}

process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
// The worker ends its hosts itself, after their attempts.
process.on('SIGINT', () => {});

async function main(): Promise<void> {
  const { registry, settings } = await loadConfig(configPath);
  let attempt: HostAttempt | undefined;
  const converted = async (what: 'encode' | 'decode', payloads: Payload[]) => {
    if (!attempt) throw new Error('Expected an attempt to be under way.');
    return attempt.ask<Payload[]>({ what, payloads });
  };
  const codec: PayloadCodec = {
    encode: (payloads) => converted('encode', payloads),
    decode: (payloads) => converted('decode', payloads),
  };
  const services = createServices(overridden(settings, overrides ?? {}), {
    env: process.env,
    temporal: temporal && (async () => (await import('../workflows/link.js')).lazyLink(temporal, codec)),
  });
  process.on('message', (message: ToHost) => {
    if (message.type === 'ping') send({ type: 'pong' });
    else if (message.type === 'run') {
      const { call } = message;
      const running = new HostAttempt(call, services, send);
      attempt = running;
      void running
        .make(() => registry.get(call.task))
        .then((end) => {
          attempt = undefined;
          // Straight to the outputs, behind all that was printed, whatever the task made of process.stdout.
          for (const stream of [1, 2]) tryWrite(stream, call.mark);
          send({ type: 'ended', end });
        });
    } else if (message.type === 'abort') attempt?.abort(message.reason);
    else attempt?.answer(message);
  });
  send({ type: 'ready' });
}

function tryWrite(stream: number, text: string): void {
  try {
    writeSync(stream, text);
  } catch {
    // The task closed it.
  }
}

main().catch(crash);
