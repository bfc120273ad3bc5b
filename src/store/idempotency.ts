import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, IdempotentRequestsTable } from './schema.js';

export interface RequestClaim {
  /** Of the caller, the project and the key. */
  id: string;
  /** Digest of what is asked. */
  request: string;
  /** Whoever answers; nobody else may write the answer. */
  holder: string;
  /** How long the claim lasts unless it is extended, in milliseconds. */
  leaseMs: number;
  /** How long an answer is kept, in milliseconds. */
  keepMs: number;
}

export interface KeptAnswer {
  /** HTTP status. */
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** `mismatch`: the id stands for another request. `in_flight`: somebody else is answering it. */
export type ClaimOutcome = { state: 'claimed' | 'mismatch' | 'in_flight' } | { state: 'answered'; answer: KeptAnswer };

/** Requests that carry a key, and the answers to repeat. Times are the database's. */
export interface IdempotencyStore {
  /** Takes the request, or tells what became of it. One whose claim has lapsed is taken over; one too old is forgotten. */
  claim(claim: RequestClaim): Promise<ClaimOutcome>;
  /** Makes the claim last `leaseMs` from now. */
  extend(id: string, holder: string, leaseMs: number): Promise<void>;
  /** Keeps the answer, if the claim is still the holder's. */
  answer(id: string, holder: string, answer: KeptAnswer): Promise<void>;
  /** Gives the claim back without an answer. */
  release(id: string, holder: string): Promise<void>;
  /** Deletes what is older than `keepMs`. @returns how many */
  sweep(keepMs: number): Promise<number>;
}

const ms = (value: number) => sql`${value}::double precision * interval '1 millisecond'`;

export function idempotencyStore(db: Kysely<Database>): IdempotencyStore {
  const own = (id: string, holder: string) => sql`id = ${id} and holder = ${holder} and status is null`;
  return {
    async claim({ id, request, holder, leaseMs, keepMs }) {
      const { rows } = await sql`
        insert into idempotent_requests as known (id, request, holder, lease_until, created_at)
        values (${id}, ${request}, ${holder}, clock_timestamp() + ${ms(leaseMs)}, clock_timestamp())
        on conflict (id) do update
        set request = excluded.request, holder = excluded.holder, lease_until = excluded.lease_until,
          created_at = excluded.created_at, status = null, headers = null, body = null
        where known.created_at < clock_timestamp() - ${ms(keepMs)}
          or (known.request = excluded.request and known.status is null and known.lease_until < clock_timestamp())
        returning id
      `.execute(db);
      if (rows.length > 0) return { state: 'claimed' };
      const known = await db
        .selectFrom('idempotent_requests')
        .select(['request', 'status', 'headers', 'body'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (!known) return { state: 'in_flight' };
      if (known.request !== request) return { state: 'mismatch' };
      return known.status === null ? { state: 'in_flight' } : { state: 'answered', answer: toAnswer(known) };
    },

    async extend(id, holder, leaseMs) {
      await sql`update idempotent_requests set lease_until = clock_timestamp() + ${ms(leaseMs)}
        where ${own(id, holder)}`.execute(db);
    },

    async answer(id, holder, { status, headers, body }) {
      await sql`update idempotent_requests
        set status = ${status}, headers = ${JSON.stringify(headers)}::jsonb, body = ${Buffer.from(body)}
        where ${own(id, holder)}`.execute(db);
    },

    async release(id, holder) {
      await sql`delete from idempotent_requests where ${own(id, holder)}`.execute(db);
    },

    async sweep(keepMs) {
      const { numAffectedRows } =
        await sql`delete from idempotent_requests where created_at < clock_timestamp() - ${ms(keepMs)}`.execute(db);
      return Number(numAffectedRows ?? 0);
    },
  };
}

function toAnswer({
  status,
  headers,
  body,
}: Pick<Selectable<IdempotentRequestsTable>, 'status' | 'headers' | 'body'>): KeptAnswer {
  return { status: status ?? 0, headers: JSON.parse(headers ?? '{}'), body: body ?? Buffer.alloc(0) };
}
