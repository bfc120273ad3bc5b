import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { durationMs } from '../../../core/duration.js';
import { defineTask } from '../../../core/task/task.js';
import { age, connectionName, statementText, timeSpan } from '../sql/fields.js';
import { columnName, tableName } from '../sql/identifier.js';
import { cutoff } from './cutoff.js';
import { countStatement, deleteStatement } from './statements.js';

const input = z.strictObject({
  connection: connectionName,
  table: tableName.describe('`table` or `schema.table`, as the database spells it.'),
  column: columnName.describe('The time of a row.'),
  columnType: z
    .enum(['time', 'epochSeconds', 'epochMillis'])
    .default('time')
    .describe('What the column holds: a date or time (without a zone: UTC), or a number since 1970.'),
  olderThan: age.describe("Rows whose time lies longer than this before the run's nominal time are deleted."),
  where: statementText
    .optional()
    .describe('A further condition, in SQL. It is run as it stands: never make it from what others wrote.'),
  key: z
    .union([columnName, z.array(columnName).min(1).max(16)])
    .optional()
    .describe("Columns that tell rows apart. Default: the database's own row id; a partitioned table needs a key."),
  chunk: z.int().min(1).max(100_000).default(1000).describe('Rows deleted by one statement.'),
  maxChunks: z.int().min(1).optional().describe('No more chunks than this in one attempt.'),
  pause: timeSpan.optional().describe('Rest between chunks.'),
  dryRun: z.boolean().default(false).describe('Counts, deletes nothing.'),
});

/**
 * Deletes rows older than a bound, the oldest first, in chunks that are committed one by one. Result: `{deleted, chunks,
 * complete, cutoff}`, of all attempts together; of a dry run `{wouldDelete, cutoff}`. Whatever was interrupted goes on
 * where it was: what is gone is gone.
 */
export const expireTask = defineTask({
  name: 'expire',
  description: 'Deletes rows older than a bound, in chunks.',
  input,
  async run(context, { connection, olderThan, columnType, key, maxChunks, pause, dryRun, ...rest }) {
    const { signal } = context;
    const database = await context.db(connection);
    const before = cutoff(context.scheduledAt, olderThan);
    const expiry = {
      ...rest,
      dialect: database.dialect,
      kind: columnType,
      cutoff: before,
      key: key === undefined ? [] : [key].flat(),
    };
    if (dryRun) {
      const { sql, parameters } = countStatement(expiry);
      const { rows } = await database.query(sql, parameters, { signal });
      return { wouldDelete: Number(rows[0]?.rows_found), cutoff: before.toISOString() };
    }
    const { sql, parameters } = deleteStatement(expiry);
    const kept = context.heartbeatDetails as { deleted: number; chunks: number } | undefined;
    let { deleted, chunks } = kept ?? { deleted: 0, chunks: 0 };
    let complete = false;
    for (let own = 0; own < (maxChunks ?? Number.POSITIVE_INFINITY); own++) {
      if (own > 0 && pause) await delay(durationMs(pause), undefined, { signal });
      const { rowCount } = await database.query(sql, parameters, { signal });
      // Fewer than a chunk may mean that others were renewed meanwhile; none means that none is left.
      complete = rowCount === 0;
      if (complete) break;
      deleted += rowCount;
      chunks += 1;
      context.heartbeat({ deleted, chunks });
      context.progress(deleted, undefined, 'rows deleted');
    }
    return { deleted, chunks, complete, cutoff: before.toISOString() };
  },
});
