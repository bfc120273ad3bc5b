import { jsonRow, jsonValue } from '../sql/json-value.js';
import type { Row } from './mapping.js';

export type FileFormat = 'csv' | 'ndjson';

export const contentTypes: Record<FileFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

const rowsAtOnce = 500;

/** Rows as the bytes of a file, in pieces. CSV as RFC 4180 has it: null is nothing, an empty text `""`. */
export async function* fileOf(rows: AsyncIterable<Row>, format: FileFormat): AsyncGenerator<Uint8Array> {
  const write = format === 'csv' ? await csvWriter() : ndjson;
  let batch: Row[] = [];
  let first = true;
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < rowsAtOnce) continue;
    yield Buffer.from(write(batch, first));
    first = false;
    batch = [];
  }
  if (batch.length > 0) yield Buffer.from(write(batch, first));
}

type Write = (rows: readonly Row[], first: boolean) => string;

const ndjson: Write = (rows) => rows.map((row) => `${JSON.stringify(jsonRow(row))}\n`).join('');

async function csvWriter(): Promise<Write> {
  const { stringify } = await import('csv-stringify/sync');
  let columns: string[] | undefined;
  return (rows, first) => {
    columns ??= Object.keys(rows[0] ?? {});
    const cells = rows.map((row) => columns?.map((column) => cell(row[column])));
    return stringify(first ? [columns, ...cells] : cells, {
      record_delimiter: '\r\n',
      quoted_match: /^$|^\s|\s$|[\r\n]/,
      cast: { boolean: String },
    });
  };
}

function cell(value: unknown): unknown {
  const plain = jsonValue(value);
  return typeof plain === 'object' && plain !== null ? JSON.stringify(plain) : plain;
}
