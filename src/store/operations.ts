import { type Kysely, type Selectable, sql } from 'kysely';
import type { OperationAction, OperationState } from '../core/operations.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { Database, OperationsTable } from './schema.js';
import { storableJson, storableText } from './storable.js';

/** One job or run that could not be changed. */
export interface OperationError {
  id: string;
  code: string;
  message: string;
}

/** How far an operation is. */
export interface OperationProgress {
  done: number;
  failed: number;
  skipped: number;
  /** The first ones. */
  errors: OperationError[];
  /** Key after which the next page begins; null at the beginning. */
  cursor: object | null;
  /** Ids under way, not counted yet; null between two pages. */
  page: string[] | null;
  /** No page follows. */
  exhausted: boolean;
}

/** What was asked for. */
export interface OperationRequest {
  project: string;
  operationId: string;
  action: OperationAction;
  filter: Record<string, unknown>;
  note?: string;
  /** Who asked, as the API knows them. */
  requester: unknown;
  /** Only jobs owned by one of these. */
  owners?: readonly string[];
  /** Of what fits, when it was created. */
  total: number;
  createdAt: string;
  createdBy?: string;
}

export interface OperationRow extends OperationRequest, OperationProgress {
  state: OperationState;
  cancelledBy?: string;
  closedAt: string | null;
  closeReason: string | null;
  updatedAt: string;
}

export interface OperationRef {
  project: string;
  operationId: string;
}

export interface OperationFilter {
  project: string;
  state?: OperationState[];
}

export interface OperationKey {
  createdAt: string;
  operationId: string;
}

/** Who works at operations, and how long the others leave them alone without hearing of it, in milliseconds. */
export interface Lease {
  holder: string;
  ms: number;
}

export interface OperationStore {
  create(request: OperationRequest): Promise<OperationRow>;
  get(ref: OperationRef): Promise<OperationRow | undefined>;
  /** Newest first. */
  list(filter: OperationFilter, page: PageRequest<OperationKey>): Promise<Page<OperationRow, OperationKey>>;
  /** Takes an open operation that nobody works at: this one, or the oldest. */
  claim(lease: Lease, ref?: OperationRef): Promise<OperationRow | undefined>;
  /** Keeps the lease, and notes how far the operation is. Undefined: somebody else has it. */
  save(ref: OperationRef, lease: Lease, progress?: OperationProgress): Promise<OperationState | undefined>;
  /** Leaves the operation to whoever comes first. */
  release(ref: OperationRef, lease: Lease): Promise<void>;
  /** Ends it. `total` becomes what it came to. */
  close(ref: OperationRef, lease: Lease, state: OperationState, reason: string): Promise<void>;
  /** A running one is `cancelling` from now on; another stays as it is. */
  cancel(ref: OperationRef, by: string | undefined): Promise<OperationRow | undefined>;
}

export function operationStore(db: Kysely<Database>): OperationStore {
  const held = ({ project, operationId }: OperationRef, { holder }: Lease) =>
    db
      .updateTable('operations')
      .where('project', '=', project)
      .where('operation_id', '=', operationId)
      .where('lease_holder', '=', holder)
      .where('closed_at', 'is', null);
  const until = ({ ms }: Lease) => sql<string>`now() + ${ms} * interval '1 millisecond'`;

  return {
    async create(request) {
      const row = await db
        .insertInto('operations')
        .values({
          project: request.project,
          operation_id: request.operationId,
          action: request.action,
          filter: storableJson(request.filter) ?? '{}',
          note: request.note === undefined ? null : storableText(request.note),
          requester: storableJson(request.requester) ?? 'null',
          owners: storableJson(request.owners),
          state: 'running',
          total: request.total,
          created_at: request.createdAt,
          created_by: request.createdBy === undefined ? null : storableText(request.createdBy),
          updated_at: sql<string>`now()`,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toOperationRow(row);
    },

    async get({ project, operationId }) {
      const row = await db
        .selectFrom('operations')
        .selectAll()
        .where('project', '=', project)
        .where('operation_id', '=', operationId)
        .executeTakeFirst();
      return row && toOperationRow(row);
    },

    async list({ project, state }, { limit, after }) {
      const rows = await db
        .selectFrom('operations')
        .selectAll()
        .where('project', '=', project)
        .$if(!!state?.length, (query) => query.where('state', 'in', state ?? []))
        .$if(!!after, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('created_at', 'operation_id'), '<', tuple(after?.createdAt ?? '', after?.operationId ?? '')),
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('operation_id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toOperationRow), limit, ({ createdAt, operationId }) => ({ createdAt, operationId }));
    },

    async claim(lease, ref) {
      const one = ref ? sql`and project = ${ref.project} and operation_id = ${ref.operationId}` : sql``;
      const { rows } = await sql<Selectable<OperationsTable>>`
        update operations set lease_holder = ${lease.holder}, lease_until = ${until(lease)}, updated_at = now()
        where (project, operation_id) = (
          select project, operation_id from operations
          where closed_at is null and (lease_until is null or lease_until < now()) ${one}
          order by created_at limit 1 for update skip locked)
        returning *
      `.execute(db);
      return rows[0] && toOperationRow(rows[0]);
    },

    async save(ref, lease, progress) {
      const row = await held(ref, lease)
        .set({
          lease_until: until(lease),
          updated_at: sql<string>`now()`,
          ...(progress && {
            done: progress.done,
            failed: progress.failed,
            skipped: progress.skipped,
            errors: storableJson(progress.errors) ?? '[]',
            cursor: progress.cursor && storableJson(progress.cursor),
            page: progress.page && storableJson(progress.page),
            exhausted: progress.exhausted,
          }),
        })
        .returning('state')
        .executeTakeFirst();
      return row?.state;
    },

    async release(ref, lease) {
      await held(ref, lease).set({ lease_holder: null, lease_until: null }).execute();
    },

    async close(ref, lease, state, reason) {
      await held(ref, lease)
        .set({
          state,
          close_reason: reason,
          total: sql<number>`case when ${state} = 'cancelled' then total else done + failed + skipped end`,
          lease_holder: null,
          lease_until: null,
          closed_at: sql<string>`now()`,
          updated_at: sql<string>`now()`,
        })
        .execute();
    },

    async cancel({ project, operationId }, by) {
      const row = await db
        .updateTable('operations')
        .set({ state: 'cancelling', cancelled_by: by === undefined ? null : storableText(by) })
        .where('project', '=', project)
        .where('operation_id', '=', operationId)
        .where('state', '=', 'running')
        .returningAll()
        .executeTakeFirst();
      return row && toOperationRow(row);
    },
  };
}

function toOperationRow(row: Selectable<OperationsTable>): OperationRow {
  return {
    project: row.project,
    operationId: row.operation_id,
    action: row.action,
    filter: JSON.parse(row.filter),
    ...(row.note !== null && { note: row.note }),
    requester: JSON.parse(row.requester),
    ...(row.owners !== null && { owners: JSON.parse(row.owners) }),
    state: row.state,
    total: row.total,
    done: row.done,
    failed: row.failed,
    skipped: row.skipped,
    errors: JSON.parse(row.errors),
    cursor: row.cursor && JSON.parse(row.cursor),
    page: row.page && JSON.parse(row.page),
    exhausted: row.exhausted,
    createdAt: row.created_at,
    ...(row.created_by !== null && { createdBy: row.created_by }),
    ...(row.cancelled_by !== null && { cancelledBy: row.cancelled_by }),
    closedAt: row.closed_at,
    closeReason: row.close_reason,
    updatedAt: row.updated_at,
  };
}
