import { type Queryable, sql, type Trx } from '@millrace/db'
import { HttpError, invalid } from '@millrace/http'
import type { Authz, ObjectRef, Relation } from './authz.ts'
import { userRef } from './refs.ts'

export const roles = ['owner', 'editor', 'viewer'] as const
export type Role = (typeof roles)[number]

export interface Member {
  readonly id: string
  readonly role: Role
}

export interface RoleChange {
  readonly id: string
  /** The strongest one that there was; null: none. */
  readonly before: Role | null
  /** Null: none. */
  readonly after: Role | null
}

/** People with a role on a project, group or data connector itself, in the order of their ids; the strongest one of each. */
export async function rolesOf(db: Queryable, object: ObjectRef): Promise<readonly Member[]> {
  return strongest(await stored(db, object))
}

/**
 * Gives each user one role, in place of whatever they had. Answers what changed, in the order given.
 *
 * @throws HttpError 404 MEMBER_MISSING with the ids that are no users; 422 MEMBER_INVALID for `*` and for a user given twice;
 * 422 LAST_OWNER when nobody would be left who owns the object.
 */
export async function setRoles(
  trx: Trx,
  authz: Authz,
  object: ObjectRef,
  members: readonly Member[],
): Promise<readonly RoleChange[]> {
  const ids = members.map(({ id }) => id)
  checkIds(ids)
  const known = await trx.query<{ id: string }>(
    sql`select id from users."user" where id = any(${ids}::text[]) for key share`,
  )
  const missing = ids.filter((id) => !known.some((user) => user.id === id))
  if (missing.length > 0) {
    throw new HttpError(404, 'MEMBER_MISSING', `There are no users with these ids: ${missing.join(', ')}.`, {
      details: { missing },
    })
  }
  return await changeRoles(trx, authz, object, new Map(members.map(({ id, role }) => [id, role])))
}

/**
 * Takes away whatever roles the users have; answers what changed.
 *
 * @throws HttpError 422 LAST_OWNER when nobody would be left who owns the object, 422 MEMBER_INVALID for `*`.
 */
export async function removeRoles(
  trx: Trx,
  authz: Authz,
  object: ObjectRef,
  ids: readonly string[],
): Promise<readonly RoleChange[]> {
  checkIds(ids)
  return await changeRoles(trx, authz, object, new Map(ids.map((id) => [id, null])))
}

async function changeRoles(
  trx: Trx,
  authz: Authz,
  object: ObjectRef,
  wanted: ReadonlyMap<string, Role | null>,
): Promise<readonly RoleChange[]> {
  // Two who change the members of one object go one after the other; else each could remove the owner that the other counts on.
  await trx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`roles:${object.type}:${object.id}`}, 0))`)
  const rows = await stored(trx, object)
  const before = new Map(strongest(rows).map(({ id, role }) => [id, role]))
  const hadOwner = [...before.values()].includes('owner')
  const after = new Map([...before, ...wanted])
  if (hadOwner && ![...after.values()].includes('owner')) {
    throw invalid(
      'LAST_OWNER',
      `Somebody has to own the ${object.type.replace('_', ' ')}. Make somebody else owner first.`,
    )
  }
  const relation = (id: string, role: Role): Relation => ({ object, relation: role, subject: userRef(id) })
  const remove = rows.filter(({ id, role }) => wanted.has(id) && wanted.get(id) !== role)
  const add = [...wanted].flatMap(([id, role]) =>
    role === null || rows.some((row) => row.id === id && row.role === role) ? [] : [relation(id, role)],
  )
  await authz.relate(trx, { remove: remove.map(({ id, role }) => relation(id, role)), add })
  return [...wanted].flatMap(([id, role]) => {
    const former = before.get(id) ?? null
    return former === role ? [] : [{ id, before: former, after: role }]
  })
}

async function stored(db: Queryable, { type, id }: ObjectRef): Promise<readonly Member[]> {
  return await db.query<{ id: string; role: Role }>(sql`
    select subject_id as id, relation as role from authz.relation
    where object_type = ${type} and object_id = ${id} and relation = any(${roles}::text[]) and subject_type = 'user'
    order by subject_id`)
}

function strongest(rows: readonly Member[]): readonly Member[] {
  const best = new Map<string, Role>()
  for (const { id, role } of rows) {
    const other = best.get(id)
    if (other === undefined || roles.indexOf(role) < roles.indexOf(other)) best.set(id, role)
  }
  return [...best].map(([id, role]) => ({ id, role }))
}

function checkIds(ids: readonly string[]): void {
  if (ids.includes('*')) throw invalid('MEMBER_INVALID', 'Roles are for users by their ids; "*" is none. Name them.')
  if (new Set(ids).size < ids.length) {
    const twice = ids.find((id, place) => ids.indexOf(id) < place)
    throw invalid('MEMBER_INVALID', `The user "${twice}" is given twice. Give every user one role.`)
  }
}
