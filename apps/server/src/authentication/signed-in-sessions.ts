import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import { type Page, readPage } from '../read-page.ts'
import { endSessions } from './session-store.ts'

/** A browser that is signed in. */
export interface SignedInSession {
  readonly id: string
  readonly user_agent: string | null
  /** That it signed in from. */
  readonly address: string | null
  readonly created_at: Date
  /** To the minute. */
  readonly seen_at: Date
  readonly expires_at: Date
  /** The one that asks. */
  readonly current: boolean
}

/** Whose sessions; null: of the administrator, who is no user. */
export type SessionOwner = string | null

function ofOwner(owner: SessionOwner): Sql {
  return owner === null ? sql`user_id is null` : sql`user_id = ${owner}`
}

/** Those that are good still, the last seen first. */
export async function listSignedInSessions(
  db: Queryable,
  owner: SessionOwner,
  { idleMinutes, current }: { readonly idleMinutes: number; readonly current: Buffer | null },
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Page<SignedInSession>> {
  const where = sql`${ofOwner(owner)} and expires_at > now() and seen_at > now() - make_interval(mins => ${idleMinutes})`
  return await readPage<SignedInSession>(db, {
    rows: sql`
      select id, user_agent, address, created_at, seen_at, expires_at, coalesce(sha256 = ${current}::bytea, false) as current
      from authentication.session where ${where} order by seen_at desc, id desc limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from authentication.session where ${where})`,
  })
}

export interface Ended {
  readonly owner: SessionOwner
  /** Only this one. */
  readonly id?: string
  /** Hash of the cookie of one that goes on. */
  readonly except?: Buffer | null
}

/** In a `change`: the audit log has each under its actor. Returns how many there were. */
export async function endSignedInSessions(trx: Trx, { owner, id, except = null }: Ended): Promise<number> {
  return await endSessions(
    trx,
    sql`${ofOwner(owner)} and ${id === undefined ? sql`true` : sql`id = ${id}`}
      and ${except === null ? sql`true` : sql`sha256 <> ${except}::bytea`}`,
  )
}
