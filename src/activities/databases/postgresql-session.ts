import type { PoolClient } from 'pg';
import QueryStream from 'pg-query-stream';
import type { CarillonError } from '../../core/errors.js';
import type { QueryOptions, QueryResult, TaskDatabase } from '../../core/task/services.js';
import { cancellable } from './cancellable.js';
import { checkedParameters } from './parameters.js';
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
    const stream = this.client.query(new QueryStream(sql, values, { batchSize: maxRows + 1, types: readable }));
    const rows: Record<string, unknown>[] = [];
    for await (const row of stream) {
      if (rows.length === maxRows) return { rows, rowCount: rows.length, more: true };
      rows.push(row);
    }
    // Of a statement without rows, the cursor knows how many it changed.
    const { rowCount } = stream.cursor._result as { rowCount: number | null };
    return { rows, rowCount: rows.length || (rowCount ?? 0), more: false };
  }

  async *stream(
    sql: string,
    parameters: readonly unknown[] = [],
    signal?: AbortSignal,
  ): AsyncIterable<Record<string, unknown>> {
    const values = checkedParameters(parameters, 'postgresql');
    signal?.throwIfAborted();
    const stream = this.client.query(new QueryStream(sql, values, { batchSize: rowsAtOnce, types: portable }));
    const rows = stream[Symbol.asyncIterator]() as AsyncIterableIterator<Record<string, unknown>>;
    try {
      for (;;) {
        const next = await cancellable(signal, this.cancel, () => rows.next()).catch((error) => {
          throw signal?.aborted ? error : this.failure(error);
        });
        if (next.done) return;
        yield next.value;
      }
    } finally {
      stream.destroy();
    }
  }

  transaction<Result>(work: (database: TaskDatabase) => Promise<Result>): Promise<Result> {
    return work(this);
  }
}
