import type { PoolClient } from 'pg';
import QueryStream from 'pg-query-stream';

type Row = Record<string, unknown>;

/** The part of pg-cursor that is used. */
interface Cursor {
  read(
    count: number,
    done: (error: Error | undefined, rows: Row[], result?: { rowCount: number | null }) => void,
  ): void;
  close(done: (error?: Error) => void): void;
}

/**
 * The rows of one statement, fetched as they are asked for. The stream around the cursor is left aside: when the
 * connection is lost it waits for ever for an answer to its goodbye.
 */
export class PostgresqlCursor {
  readonly #cursor: Cursor;
  /** All was read, or a read failed: nothing is left to close. */
  #ended = false;
  /** Rows returned or changed, known at the end. */
  rowCount = 0;

  constructor(client: PoolClient, sql: string, values: unknown[], types: unknown) {
    const query = client.query(new QueryStream(sql, values, { types }));
    query.callback = () => undefined;
    this.#cursor = query.cursor;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The next rows; fewer than `count`: there are no more. */
  read(count: number): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      this.#cursor.read(count, (error, rows, result) => {
        this.#ended = error !== undefined && error !== null ? true : rows.length < count;
        if (error) return reject(error);
        if (result?.rowCount) this.rowCount = result.rowCount;
        resolve(rows);
      });
    });
  }

  /** Leaves what was not read, so that the connection can take another statement. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await new Promise<void>((resolve) => this.#cursor.close(() => resolve()));
  }
}
