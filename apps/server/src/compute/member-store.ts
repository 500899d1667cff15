import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import { HttpError, invalid } from '@millrace/http'
import type { Authz, ObjectRef, Relation } from '../authz/index.ts'
import { readPage } from '../read-page.ts'
import { poolMissing, poolRef } from './manage-pools.ts'

export const memberTypes = ['user', 'group', 'project'] as const
export type MemberType = (typeof memberTypes)[number]
export type MemberRole = 'viewer' | 'prohibited' | 'group_viewer' | 'project_viewer'

export interface MemberKey {
  readonly type: MemberType
  readonly id: string
}

export interface Member extends MemberKey {
  readonly role: MemberRole
}

export interface MemberRow {
  readonly member_type: MemberType
  readonly id: string
  readonly role: MemberRole
  readonly email: string | null
  readonly slug: string | null
  readonly namespace: string | null
  readonly name: string | null
}

const columns = { user: 'user_id', group: 'group_id', project: 'project_id' } as const
const tables = { user: sql`users."user"`, group: sql`common."group"`, project: sql`common.project` } as const
const rolesByType = {
  user: ['viewer', 'prohibited'],
  group: ['group_viewer'],
  project: ['project_viewer'],
} as const satisfies Record<MemberType, readonly MemberRole[]>

/** Users first, then groups, then projects, each in the order of their ids; `where` is a condition on `compute.pool_member m`. */
export async function listMembers(
  db: Queryable,
  where: Sql,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly MemberRow[]; readonly total: number }> {
  return await readPage<MemberRow>(db, {
    rows: sql`
      select
        case when m.user_id is not null then 'user' when m.group_id is not null then 'group' else 'project' end as member_type,
        coalesce(m.user_id, m.group_id, m.project_id) as id, m.role, u.email,
        case when m.group_id is not null then n.slug end as slug,
        case when m.project_id is not null then n.slug || '/' || p.slug end as namespace,
        coalesce(g.name, p.name) as name
      from compute.pool_member m
      left join users."user" u on u.id = m.user_id
      left join common."group" g on g.id = m.group_id
      left join common.project p on p.id = m.project_id
      left join common.namespace n on n.id = coalesce(g.id, p.namespace_id)
      where ${where}
      order by m.user_id, m.group_id, m.project_id limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from compute.pool_member m where ${where})`,
  })
}

export function ofPool(poolId: number): Sql {
  return sql`m.pool_id = ${poolId}`
}

/** A condition on `compute.pool_member m`. */
export function isMember({ type, id }: MemberKey): Sql {
  return sql`m.${sql.identifier(columns[type])} = ${id}`
}

/**
 * Gives each its one role in the pool.
 *
 * @throws HttpError 404 POOL_MISSING, MEMBER_MISSING with the ids that there are not, 422 MEMBER_INVALID for what is given twice.
 */
export async function setMembers(trx: Trx, authz: Authz, poolId: number, members: readonly Member[]): Promise<void> {
  // It stays until the end of the transaction.
  const isThere = await trx.execute(sql`select from compute.pool where id = ${poolId} for key share`)
  if (isThere === 0) throw poolMissing(poolId)
  await checkMembers(trx, members)
  for (const { type, id, role } of members) {
    const column = sql.identifier(columns[type])
    await trx.execute(sql`
      insert into compute.pool_member (pool_id, ${column}, role) values (${poolId}, ${id}, ${role})
      on conflict (pool_id, ${column}) do update set role = excluded.role`)
  }
  await authz.relate(trx, {
    remove: members.flatMap((member) => relationsOf(poolId, member).filter(({ relation }) => relation !== member.role)),
    add: members.map(({ type, id, role }) => ({ object: poolRef(poolId), relation: role, subject: { type, id } })),
  })
}

/** Also those that are none. */
export async function removeMembers(
  trx: Trx,
  authz: Authz,
  poolId: number,
  members: readonly MemberKey[],
): Promise<void> {
  for (const member of members) {
    await trx.execute(sql`delete from compute.pool_member m where ${ofPool(poolId)} and ${isMember(member)}`)
  }
  await authz.relate(trx, { remove: members.flatMap((member) => relationsOf(poolId, member)) })
}

/** Gives the pool these members and no others; `among` says which of the former ones are meant, as a condition on `m`. */
export async function replaceMembers(
  trx: Trx,
  authz: Authz,
  poolId: number,
  { members, among }: { readonly members: readonly Member[]; readonly among: Sql },
): Promise<void> {
  const former = await trx.query<{ type: MemberType; id: string }>(sql`
    select
      case when m.user_id is not null then 'user' when m.group_id is not null then 'group' else 'project' end as type,
      coalesce(m.user_id, m.group_id, m.project_id) as id
    from compute.pool_member m where ${ofPool(poolId)} and ${among}`)
  const kept = new Set(members.map(nameOf))
  await removeMembers(
    trx,
    authz,
    poolId,
    former.filter((member) => !kept.has(nameOf(member))),
  )
  await setMembers(trx, authz, poolId, members)
}

async function checkMembers(trx: Trx, members: readonly Member[]): Promise<void> {
  const names = members.map(nameOf)
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice !== undefined) throw invalid('MEMBER_INVALID', `The ${twice} is given twice. Give each member once.`)
  const missing: string[] = []
  for (const type of memberTypes) {
    const ids = members.filter((member) => member.type === type).map(({ id }) => id)
    if (ids.length === 0) continue
    const rows = await trx.query<{ id: string }>(
      sql`select id from ${tables[type]} where id = any(${ids}::text[]) for key share`,
    )
    const known = new Set(rows.map(({ id }) => id))
    missing.push(...ids.filter((id) => !known.has(id)).map((id) => nameOf({ type, id })))
  }
  if (missing.length === 0) return
  throw new HttpError(404, 'MEMBER_MISSING', `There is no ${missing.join(', no ')}.`, { details: { missing } })
}

function relationsOf(poolId: number, { type, id }: MemberKey): readonly Relation[] {
  const subject: ObjectRef = { type, id }
  return rolesByType[type].map((relation) => ({ object: poolRef(poolId), relation, subject }))
}

function nameOf({ type, id }: MemberKey): string {
  return `${type} ${id}`
}
