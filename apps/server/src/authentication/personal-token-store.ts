import { type Queryable, sql, type Trx } from '@millrace/db'
import { hashToken } from '@millrace/http'
import { platformRef } from '../authz/index.ts'
import { newId } from '../ids.ts'

export const tokenScopes = ['read', 'write', 'admin'] as const
export type TokenScope = (typeof tokenScopes)[number]

export interface PersonalTokenRow {
  readonly id: string
  readonly name: string
  readonly scopes: TokenScope[]
  readonly created_at: Date
  readonly expires_at: Date
  readonly last_used_at: Date | null
}

const columns = sql`t.id, t.name, t.scopes, t.created_at, t.expires_at, u.last_used_at`

export async function insertPersonalToken(
  trx: Trx,
  given: {
    readonly userId: string
    readonly token: string
    readonly name: string
    readonly scopes: readonly TokenScope[]
    readonly expiresAt: Date
  },
): Promise<PersonalTokenRow> {
  return await trx.one<PersonalTokenRow>(sql`
    insert into authentication.personal_token (id, user_id, name, scopes, sha256, expires_at)
    values (${newId()}, ${given.userId}, ${given.name}, ${given.scopes}, ${hashToken(given.token)}, ${given.expiresAt})
    returning id, name, scopes, created_at, expires_at, null as last_used_at`)
}

/** How many are good still, counted by one at a time. */
export async function countPersonalTokens(trx: Trx, userId: string): Promise<number> {
  await trx.execute(sql`select from users."user" where id = ${userId} for update`)
  const { count } = await trx.one<{ count: number }>(sql`
    select count(*) as count from authentication.personal_token where user_id = ${userId} and expires_at > now()`)
  return count
}

export async function listPersonalTokens(
  db: Queryable,
  userId: string,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly PersonalTokenRow[]; readonly total: number }> {
  const rows = await db.query<PersonalTokenRow>(sql`
    select ${columns}
    from authentication.personal_token t left join authentication.personal_token_use u on u.token_id = t.id
    where t.user_id = ${userId} order by t.id desc limit ${limit} offset ${offset}`)
  const { total } = await db.one<{ total: number }>(
    sql`select count(*) as total from authentication.personal_token where user_id = ${userId}`,
  )
  return { rows, total }
}

export async function deletePersonalToken(trx: Trx, userId: string, id: string): Promise<boolean> {
  const found = await trx.execute(
    sql`delete from authentication.personal_token where id = ${id} and user_id = ${userId}`,
  )
  return found > 0
}

export interface TokenOwner {
  readonly user_id: string
  readonly email: string | null
  readonly first_name: string | null
  readonly last_name: string | null
  readonly is_admin: boolean
  readonly scopes: readonly TokenScope[]
}

/** Whose tokens they are, of those that are good now; notes their use, at most once a minute. */
export async function findTokenOwners(db: Queryable, tokens: readonly string[]): Promise<Map<string, TokenOwner>> {
  const byHash = new Map(tokens.map((token) => [hashToken(token).toString('hex'), token]))
  const rows = await db.query<TokenOwner & { readonly id: string; readonly hash: string; readonly was_noted: boolean }>(
    sql`
    select t.id, encode(t.sha256, 'hex') as hash, t.scopes, t.user_id, p.email, p.first_name, p.last_name,
      coalesce(u.last_used_at > now() - interval '1 minute', false) as was_noted,
      exists (
        select from authz.relation r
        where r.object_type = ${platformRef.type} and r.object_id = ${platformRef.id} and r.relation = 'admin'
          and r.subject_type = 'user' and r.subject_id = t.user_id
      ) as is_admin
    from authentication.personal_token t
    join users."user" p on p.id = t.user_id
    left join authentication.personal_token_use u on u.token_id = t.id
    where t.sha256 = any(array(select decode(unnest(${[...byHash.keys()]}::text[]), 'hex'))) and t.expires_at > now()`,
  )
  const unnoted = rows.filter(({ was_noted }) => !was_noted).map(({ id }) => id)
  if (unnoted.length > 0) {
    // In the order of ids, so that two who note the same do not wait for each other.
    await db.execute(sql`
      insert into authentication.personal_token_use (token_id)
      select id from authentication.personal_token where id = any(${unnoted}) order by id
      on conflict (token_id) do update set last_used_at = now()
      where personal_token_use.last_used_at < now() - interval '1 minute'`)
  }
  return new Map(rows.map((row) => [byHash.get(row.hash) ?? '', row]))
}
