import { type Queryable, sql } from '@millrace/db'
import { hashToken } from '@millrace/http'

export interface WorkerTokenRow {
  readonly id: number
  readonly name: string
  readonly queues: string[] | null
  readonly created_at: Date
  readonly expires_at: Date | null
  readonly revoked_at: Date | null
}

const columns = sql`id, name, queues, created_at, expires_at, revoked_at`

export async function insertWorkerToken(
  db: Queryable,
  token: string,
  given: { readonly name: string; readonly queues: readonly string[] | null; readonly expiresAt: Date | null },
): Promise<WorkerTokenRow> {
  return await db.one<WorkerTokenRow>(sql`
    insert into engine.worker_token (name, sha256, queues, expires_at)
    values (${given.name}, ${hashToken(token)}, ${given.queues}, ${given.expiresAt})
    returning ${columns}`)
}

/** The token that is good now. Found by its hash, so the time it takes says nothing about it. */
export async function findWorkerToken(db: Queryable, token: string): Promise<WorkerTokenRow | undefined> {
  return await db.maybe<WorkerTokenRow>(sql`
    select ${columns} from engine.worker_token
    where sha256 = ${hashToken(token)} and revoked_at is null and (expires_at is null or expires_at > now())`)
}

export async function listWorkerTokens(
  db: Queryable,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly WorkerTokenRow[]; readonly total: number }> {
  const rows = await db.query<WorkerTokenRow>(
    sql`select ${columns} from engine.worker_token order by id desc limit ${limit} offset ${offset}`,
  )
  const { total } = await db.one<{ total: number }>(sql`select count(*) as total from engine.worker_token`)
  return { rows, total }
}

export async function revokeWorkerToken(db: Queryable, id: number): Promise<boolean> {
  const found = await db.execute(
    sql`update engine.worker_token set revoked_at = coalesce(revoked_at, now()) where id = ${id}`,
  )
  return found > 0
}
