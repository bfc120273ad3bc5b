import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import { durationMs } from '../../../core/duration.js';
import type { TaskContext } from '../../../core/task/context.js';
import { defineTask } from '../../../core/task/task.js';
import { timeSpan } from '../sql/fields.js';
import { Pace } from './pace.js';
import { keyAt, type Position, positionAfter } from './position.js';
import { ExpiringTable, type Key } from './table.js';

const input = z.strictObject({
  table: z
    .string()
    .regex(
      /^([\w.-]{3,255}|arn:[\w:/.-]+)$/,
      'Expected a table name of 3 to 255 letters, digits, dots, dashes, or an ARN.',
    ),
  attribute: z
    .string()
    .min(1)
    .max(255)
    .describe('Attribute with the time at which an item expires: a number, seconds since 1970.'),
  olderThan: timeSpan.optional().describe('Deletes only what expired longer than this before the nominal time.'),
  segments: z.int().min(1).max(100).default(1).describe('Parts of the table that are scanned at the same time.'),
  batch: z.int().min(1).max(25).default(25).describe('Items deleted at the same time in each part.'),
  maxPerSecond: z.number().positive().optional().describe('No more deletes a second than this, all parts together.'),
  safe: z
    .boolean()
    .default(true)
    .describe(
      'Deletes each item under the condition that it is still expired. False: in batches, without looking again.',
    ),
});

/** What the next attempt needs, as plain JSON. */
interface Kept {
  deleted: number;
  positions: Position[];
}

/**
 * Deletes the items of a DynamoDB table that have expired. Result: `{deleted, renewed, throttled}`. The next attempt goes
 * on where the kept positions are, and counts on. Fails with DYNAMODB_FAILED or DYNAMODB_THROTTLED.
 */
export const dynamodbExpireTask = defineTask({
  name: 'dynamodb.expire',
  description: 'Scans a DynamoDB table and deletes the items that have expired.',
  timeout: '1h',
  input,
  async run(context, { table: name, attribute, olderThan, segments, batch, maxPerSecond, safe }) {
    const aws = await import('@aws-sdk/client-dynamodb');
    const { endpoint, region } = context.settings.dynamodb ?? {};
    // The task waits itself where it is throttled: it can be cancelled meanwhile, and says so.
    const client = new aws.DynamoDBClient({ endpoint, region, maxAttempts: 1 });
    const stop = new AbortController();
    const signal = AbortSignal.any([context.signal, stop.signal]);
    // Every request under way listens to it.
    setMaxListeners(0, signal);
    let throttled = 0;
    const patience = {
      signal,
      random: () => randomInt(2 ** 32) / 2 ** 32,
      onThrottled(waitMs: number) {
        throttled += 1;
        if (throttled <= 10) context.log.warn('DynamoDB throttles.', { waitMs });
      },
    };
    const beforeMs = context.scheduledAt.getTime() - (olderThan === undefined ? 0 : durationMs(olderThan));
    const expired = { table: name, attribute, before: Math.ceil(beforeMs / 1000) };
    const pace = new Pace(maxPerSecond, Date.now);
    const kept = keptOf(context, segments);
    let renewed = 0;
    try {
      const table = await ExpiringTable.open(aws, client, expired, patience);
      await allOrFirstFault(
        kept.positions.map((_, segment) => () => sweep(table, segment)),
        stop,
      );
    } finally {
      client.destroy();
    }
    return { deleted: kept.deleted, renewed, throttled };

    async function sweep(table: ExpiringTable, segment: number): Promise<void> {
      for (let position = kept.positions[segment]; position && position !== 'done'; ) {
        const { keys, next } = await table.scan(segment, segments, keyAt(position));
        for (let at = 0; at < keys.length; at += batch) await remove(table, keys.slice(at, at + batch));
        position = positionAfter(next);
        kept.positions[segment] = position;
        context.heartbeat({ deleted: kept.deleted, positions: [...kept.positions] });
      }
    }

    async function remove(table: ExpiringTable, keys: Key[]): Promise<void> {
      await pace.take(keys.length, signal);
      if (safe) {
        const gone = await Promise.all(keys.map((key) => table.deleteExpired(key)));
        const count = gone.filter(Boolean).length;
        kept.deleted += count;
        renewed += keys.length - count;
      } else {
        await table.deleteAll(keys);
        kept.deleted += keys.length;
      }
      context.progress(kept.deleted, undefined, 'items deleted');
    }
  },
});

/** What an earlier attempt kept, if it cut the table into as many parts. */
function keptOf({ heartbeatDetails }: TaskContext, segments: number): Kept {
  const kept = heartbeatDetails as Kept | undefined;
  const positions = kept?.positions.length === segments ? [...kept.positions] : Array(segments).fill('start');
  return { deleted: kept?.deleted ?? 0, positions };
}

/** Runs all at once. The first fault stops the others, and is thrown when they have ended. */
async function allOrFirstFault(parts: (() => Promise<void>)[], stop: AbortController): Promise<void> {
  const faults: unknown[] = [];
  const ended = parts.map((part) =>
    part().catch((error) => {
      faults.push(error);
      stop.abort(error);
    }),
  );
  await Promise.all(ended);
  if (faults.length > 0) throw faults[0];
}
