import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import type { ObjectRef } from '../authz/index.ts'

export interface NamespaceRow {
  /** Of a group's: the id of the group. */
  readonly id: string
  /** The one that it has now, whichever was asked for. */
  readonly slug: string
  readonly kind: 'user' | 'group'
  readonly name: string
  readonly createdBy: string
  readonly creationDate: Date
  /** Whether it was found by the slug that it has, or by one that it had. */
  readonly asked: 'current' | 'old'
  /** What permissions are asked about. */
  readonly ref: ObjectRef
}

/** By the slug that it has or had; capital letters count as small ones. */
export async function findNamespace(db: Queryable, slug: string): Promise<NamespaceRow | null> {
  const wanted = slug.toLowerCase()
  const row = await db.maybe<Omit<NamespaceRow, 'ref' | 'asked'>>(sql`
    select
      n.id, n.slug, case when n.group_id is null then 'user' else 'group' end as kind,
      coalesce(g.name, nullif(concat_ws(' ', nullif(u.first_name, ''), nullif(u.last_name, '')), ''), n.slug) as name,
      n.created_by as "createdBy", n.creation_date as "creationDate"
    from common.namespace n
    left join common."group" g on g.id = n.group_id
    left join users."user" u on u.id = n.user_id
    where n.id = ${namespaceIdBySlug(wanted)}`)
  if (row === undefined) return null
  return { ...row, asked: row.slug === wanted ? 'current' : 'old', ref: namespaceRef(row) }
}

/** As `findNamespace`; it is not removed until the transaction is over. */
export async function lockNamespace(trx: Trx, slug: string): Promise<NamespaceRow | null> {
  const namespace = await findNamespace(trx, slug)
  if (namespace === null) return null
  const locked = await trx.execute(sql`select from common.namespace where id = ${namespace.id} for key share`)
  return locked === 0 ? null : namespace
}

/** The id of the namespace that has the slug, else of the one that had it; for statements that look further. */
export function namespaceIdBySlug(slug: string | Sql) {
  return sql`coalesce(
    (select id from common.namespace where slug = ${slug}),
    (select namespace_id from common.namespace_old where slug = ${slug}))`
}

export function namespaceRef({ id, kind }: { readonly id: string; readonly kind: 'user' | 'group' }): ObjectRef {
  return { type: kind === 'group' ? 'group' : 'user_namespace', id }
}
