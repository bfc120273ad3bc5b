import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { sql } from 'kysely';
import { connect } from '../../src/store/connection.js';
import { executionsOf, type Rig } from '../rig/rig.js';

/** All that Temporal has of a rig's workflows, as it is on the wire: histories, memos, search attributes, attempts. */
export async function everythingInTemporal({
  temporal: client,
  taskQueue,
}: Rig): Promise<{ id: string; raw: Buffer }[]> {
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query: `TaskQueue = "${taskQueue}"` }))
    ids.push(workflowId);
  const found = await Promise.all([...new Set(ids)].map(async (id) => ({ id, raw: await rawOf(client, id) })));
  return found;
}

async function rawOf(client: Client, id: string): Promise<Buffer> {
  const { History } = temporal.api.history.v1;
  const { DescribeWorkflowExecutionResponse } = temporal.api.workflowservice.v1;
  const executions = await executionsOf(client, id);
  const described = await client.workflow.getHandle(id).describe();
  return Buffer.concat([
    ...executions.map(({ history }) => History.encode(history).finish()),
    DescribeWorkflowExecutionResponse.encode(described.raw).finish(),
  ]);
}

/** Every row of every table of the database as text, by table. */
export async function everythingInTables(url: string): Promise<Map<string, string>> {
  const { db, close } = connect({ url, poolSize: 1, timeoutMs: 20_000 });
  try {
    const { rows: tables } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db);
    const texts = new Map<string, string>();
    for (const { name } of tables) {
      const { rows } = await sql<{ text: string }>`select ${sql.id(name)}::text as text from ${sql.id(name)}`.execute(
        db,
      );
      texts.set(name, rows.map(({ text }) => text).join('\n'));
    }
    return texts;
  } finally {
    await close();
  }
}

/** Every file below a folder, as text. */
export async function everythingInFiles(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))).join('\n');
}

/** The forms in which a text is found again: as it is, in hexadecimal (how bytes of a table are written), in base64. */
export function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
      .slice(4, -2),
  );
  return [text, bytes.toString('hex'), ...shifted];
}

export function holds(where: string | Buffer, text: string): boolean {
  return formsOf(text).some((form) => where.includes(form));
}
