import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import { namespaceIdBySlug } from '../namespaces/index.ts'
import { type Page, pageOf, readPage } from '../read-page.ts'

export interface Group {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly description: string | null
  readonly createdBy: string
  readonly creationDate: Date
}

const selected = sql`
  select
    g.id, g.name, n.slug, g.description, g.created_by as "createdBy", g.creation_date as "creationDate"
  from common."group" g join common.namespace n on n.group_id = g.id`

/** Those that the condition on `g` holds for, the newest first. */
export async function listGroups(
  db: Queryable,
  condition: Sql,
  range: { readonly limit: number; readonly offset: number },
): Promise<Page<Group>> {
  return await readPage<Group>(db, {
    rows: pageOf(sql`${selected} where ${condition} order by g.id desc`, range),
    total: sql`(select count(*) from common."group" g where ${condition})`,
  })
}

/** By the slug that it has, else by one that it had. */
export async function findGroup(db: Queryable, slug: string): Promise<Group | undefined> {
  return await db.maybe<Group>(sql`${selected} where g.id = ${namespaceIdBySlug(slug)}`)
}

/** As `findGroup`; nobody else changes or removes it, or puts anything into it, until the transaction is over. */
export async function lockGroup(trx: Trx, slug: string): Promise<Group | undefined> {
  return await trx.maybe<Group>(sql`${selected} where g.id = ${namespaceIdBySlug(slug)} for update`)
}

/** Null when the slug is taken. */
export async function insertGroup(trx: Trx, group: Omit<Group, 'creationDate'>): Promise<Group | null> {
  const { id, name, slug, description, createdBy } = group
  const { creationDate } = await trx.one<Pick<Group, 'creationDate'>>(sql`
    insert into common."group" (id, name, description, created_by)
    values (${id}, ${name}, ${description}, ${createdBy})
    returning creation_date as "creationDate"`)
  const added = await trx.execute(sql`
    insert into common.namespace (id, slug, group_id, created_by) values (${id}, ${slug}, ${id}, ${createdBy})
    on conflict (slug) do nothing`)
  return added === 1 ? { ...group, creationDate } : null
}

export async function updateGroup(trx: Trx, { id, name, description }: Group): Promise<void> {
  await trx.execute(sql`update common."group" set name = ${name}, description = ${description} where id = ${id}`)
}
