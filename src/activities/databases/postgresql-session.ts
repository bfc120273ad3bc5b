import type { PoolClient } from 'pg';
import type { CarillonError } from '../../core/errors.js';
import type { QueryOptions, QueryResult, TaskDatabase } from '../../core/task/services.js';
import { cancellable } from './cancellable.js';
import { checkedParameters } from './parameters.js';
import { PostgresqlCursor } from './postgresql-cursor.js';
import { portable, readable } from './postgresql-values.js';

const rowsAtOnce = 200;

/** One connection, as long as it is lent. Statements run one after the other. */
export class PostgresqlSession implements TaskDatabase {
  readonly dialect = 'postgresql';

  constructor(
    private readonly client: PoolClient,
    /** Ends what the connection is at. */
    private readonly cancel: () => Promise<void>,
    private readonly failure: (error: unknown) => CarillonError,
  ) {}

  async query(
    sql: string,
    parameters: readonly unknown[] = [],
    { signal, maxRows }: QueryOptions = {},
  ): Promise<QueryResult> {
    const values = checkedParameters(parameters, 'postgresql');
    return cancellable(signal, this.cancel, async () => {
      try {
        if (maxRows !== undefined) return await this.#firstRows(sql, values, maxRows);
        // The extended protocol takes one statement only, also where there are no parameters.
        const statement = { text: sql, values, queryMode: 'extended' };
        const { rows, rowCount } = await this.client.query<Record<string, unknown>>(statement);
        return { rows, rowCount: rowCount ?? 0, more: false };
      } catch (error) {
        throw this.failure(error);
      }
    });
  }

  async #firstRows(sql: string, values: unknown[], maxRows: number): Promise<QueryResult> {
    const cursor = new PostgresqlCursor(this.client, sql, values, readable);
    const rows = await cursor.read(maxRows + 1);
    if (rows.length > maxRows) {
      await cursor.close();
      return { rows: rows.slice(0, maxRows), rowCount: maxRows, more: true };
    }
    return { rows, rowCount: rows.length || cursor.rowCount, more: false };
  }

  async *stream(
    sql: string,
    parameters: readonly unknown[] = [],
    signal?: AbortSignal,
  ): AsyncIterable<Record<string, unknown>> {
    const values = checkedParameters(parameters, 'postgresql');
    signal?.throwIfAborted();
    const cursor = new PostgresqlCursor(this.client, sql, values, portable);
    try {
      while (!cursor.ended) {
        const rows = await cancellable(signal, this.cancel, () => cursor.read(rowsAtOnce)).catch((error) => {
          throw signal?.aborted ? error : this.failure(error);
        });
        yield* rows;
      }
    } finally {
      await cursor.close();
    }
  }

  transaction<Result>(work: (database: TaskDatabase) => Promise<Result>): Promise<Result> {
    return work(this);
  }
}
