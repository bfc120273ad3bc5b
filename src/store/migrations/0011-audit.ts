import { type Kysely, sql } from 'kysely';

/** Who changed what, and who was refused. Rows are added; everything else is refused, whoever asks. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`create table audit (
    entry_id text collate "C" not null,
    at timestamptz(3) not null,
    project text collate "C",
    caller_kind text not null,
    caller_id text not null,
    caller_name text not null,
    key_id text,
    address text not null,
    request_id text not null,
    action text not null,
    target text,
    outcome text not null,
    before jsonb,
    after jsonb,
    primary key (at, entry_id)
  )`,
  sql`create index audit_by_project on audit (project, at desc, entry_id desc)`,
  sql`create function audit_is_append_only() returns trigger language plpgsql as $body$
    begin
      raise exception 'The audit is append-only: % is refused.', tg_op using errcode = 'insufficient_privilege';
    end
  $body$`,
  sql`create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function audit_is_append_only()`,
];
