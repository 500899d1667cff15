import { type Queryable, type Sql, sql } from '@millrace/db'
import { bucketOf, type Page, readPage } from '../read-page.ts'
import type { Caller } from './authz.ts'
import { conditionAmong, isAdmin, mayBeAdmin, objectsOf } from './compile.ts'
import { ruleOf } from './rules.ts'

export interface ProjectFilter {
  /** Those in the namespace with this id only, which is an expression. */
  readonly namespaceId?: Sql | undefined
  /** Those only that the caller has a role on itself, not by the namespace and not because they are public. Default: false. */
  readonly directMember?: boolean
}

interface Range {
  readonly limit: number
  readonly offset: number
}

export interface ReadableProjects {
  /** A statement for `from (…) as p`: rows of `common.project`, a page of those that the caller reads, the last changed first. */
  readonly page: Sql
  /** The same, but for the projects of the page that are not among the last changed ones; null where it would be no cheaper. */
  readonly likelyPage: Sql | null
  /** An expression: how many there are on all pages. */
  readonly total: Sql
}

const lastChangedFirst = sql`order by updated_at desc, id desc`

/**
 * A page of the list of projects, and how many there are, at a cost that does not grow with how many there are, but with the
 * namespaces and projects that the caller has a role in, and with how far back the page is.
 *
 * The page is looked for among the last changed projects, where everybody who reads many finds it. The total tells whether it is
 * whole. Otherwise a second statement merges it from three lists, of which an index has each in this order: what is public, what is
 * private in every namespace that the caller reads, and what else the caller has a role on. Totals are added up from tallies;
 * only the last of the three is counted.
 *
 * @param rowsOf The statement that reads what is wanted from such a page, in its order.
 */
export async function readProjectPage<Row extends object>(
  db: Queryable,
  { caller, filter, range }: { readonly caller: Caller; readonly filter: ProjectFilter; readonly range: Range },
  rowsOf: (page: Sql) => Sql,
): Promise<Page<Row>> {
  const projects = readableProjects(caller, filter, range)
  const { likelyPage, total } = projects
  if (likelyPage !== null) {
    const likely = await readPage<Row>(db, { rows: rowsOf(likelyPage), total })
    if (likely.rows.length === Math.min(range.limit, Math.max(0, likely.total - range.offset))) return likely
  }
  return await readPage<Row>(db, { rows: rowsOf(projects.page), total })
}

/** What `readProjectPage` reads by. */
export function readableProjects(caller: Caller, filter: ProjectFilter, { limit, offset }: Range): ReadableProjects {
  // Values that the planner cannot see, so that it does not plan anew for each page.
  const range = sql`${lastChangedFirst} limit (select ${limit}::bigint) offset (select ${offset}::bigint)`
  const end = bucketOf(offset + limit)
  const isListed = !filter.directMember && !caller.isAdmin
  return {
    // Long, and made for those only who need it.
    get page() {
      return sql`
      select p.* from (select id from (${candidates(caller, filter, end)}) as candidate ${range}) as listed
      cross join lateral (select * from common.project where id = listed.id offset 0) as p ${lastChangedFirst}`
    },
    likelyPage: isListed && filter.namespaceId === undefined ? amongLastChanged(caller, end, range) : null,
    total: totalOf(caller, filter),
  }
}

/** How many projects the caller reads. */
export async function countVisible(db: Queryable, caller: Caller, filter: ProjectFilter = {}): Promise<number> {
  const { total } = await db.one<{ total: number }>(sql`select ${totalOf(caller, filter)} as total`)
  return total
}

/** What has the first `end` readable projects in it. */
function candidates(caller: Caller, filter: ProjectFilter, end: number): Sql {
  if (filter.directMember) return sql`select p.id, p.updated_at ${withOwnRole(caller, filter)}`
  if (caller.isAdmin) return everything(filter, end)
  return sql.join(lists(caller, filter, end), ' union all ')
}

/** In the text of the statement, because the planner has to know how few rows are wanted. */
function first(rows: number): Sql {
  return sql`${lastChangedFirst} limit ${sql.literal(`${rows}`)}`
}

function everything({ namespaceId }: ProjectFilter, end: number): Sql {
  if (namespaceId === undefined) return sql`select id, updated_at from common.project ${first(end)}`
  // The index of a namespace has the two kinds apart.
  const kinds = ['public', 'private'].map(
    (visibility) => sql`(
      select id, updated_at from common.project
      where namespace_id = ${namespaceId} and visibility = ${sql.literal(visibility)} ${first(end)})`,
  )
  return sql.join(kinds, ' union all ')
}

/** Reads no further than the page goes. */
function amongLastChanged(caller: Caller, end: number, range: Sql): Sql {
  const isReadable = conditionAmong(caller, 'project', 'read', sql`p.id`, {
    project_namespace: sql`p.namespace_id`,
    public_viewer: sql`p.visibility = 'public'`,
  })
  return sql`select p.* from (select * from common.project ${first(4 * end)}) as p where ${isReadable} ${range}`
}

/** Lists that have no project in common, each with its first `end` ones. */
function lists(caller: Caller, { namespaceId }: ProjectFilter, end: number): readonly Sql[] {
  const inNamespace = namespaceId === undefined ? sql`true` : sql`namespace_id = ${namespaceId}`
  const open = sql`(
    select id, updated_at from common.project where visibility = 'public' and ${inNamespace} ${first(end)})`
  if (caller.kind === 'anonymous') return [open]
  const byNamespace =
    namespaceId === undefined
      ? sql`(
        select p.id, p.updated_at
        from (${readNamespaces(caller)}) as n (id) cross join lateral (
          select id, updated_at from common.project where namespace_id = n.id and visibility = 'private' ${first(end)}
        ) as p)`
      : sql`(
        select id, updated_at from common.project
        where ${inNamespace} and visibility = 'private' and ${readsNamespace(caller, namespaceId)} ${first(end)})`
  return [open, byNamespace, sql`(select p.id, p.updated_at ${elsewhere(caller, namespaceId)} ${first(end)})`]
}

function totalOf(caller: Caller, { namespaceId, directMember = false }: ProjectFilter): Sql {
  if (directMember) return sql`(select count(*) ${withOwnRole(caller, { namespaceId })})`
  const tallied = sql`t.namespace_id = ${namespaceId ?? sql`'*'`}`
  const all = sql`(select coalesce(sum(t.public + t.private), 0)::bigint from common.project_tally t where ${tallied})`
  if (caller.isAdmin) return all
  const open = sql`(select coalesce(sum(t.public), 0)::bigint from common.project_tally t where ${tallied})`
  if (caller.kind === 'anonymous') return open
  const inNamespaces = sql`t.namespace_id in (${readNamespaces(caller)})`
  const here = namespaceId === undefined ? inNamespaces : sql`${inNamespaces} and ${tallied}`
  const granted = sql`(
    ${open}
    + (select coalesce(sum(t.private), 0)::bigint from common.project_tally t where ${here})
    + (select count(*) ${elsewhere(caller, namespaceId)}))`
  return mayBeAdmin(caller) ? sql`case when ${isAdmin(caller)} then ${all} else ${granted} end` : granted
}

/** Private projects that the caller has a role on, and reads for no other reason. */
function elsewhere(caller: Caller, namespaceId: Sql | undefined): Sql {
  const outside =
    namespaceId === undefined
      ? sql`p.namespace_id not in (${readNamespaces(caller)})`
      : sql`not ${readsNamespace(caller, namespaceId)}`
  return sql`${withOwnRole(caller, { namespaceId })} and p.visibility = 'private' and ${outside}`
}

/** Read one by one, by their ids: the planner would rather read all projects, and is right until there are many. */
function withOwnRole(caller: Caller, { namespaceId }: ProjectFilter): Sql {
  const own =
    caller.kind === 'anonymous'
      ? sql`select null`
      : objectsOf(caller, 'project', ruleOf('project', 'direct_member').relations)
  return sql`
    from (select distinct object_id from (${own}) as role (object_id)) as own
    cross join lateral (select * from common.project where id = own.object_id offset 0) as p
    where ${namespaceId === undefined ? sql`true` : sql`p.namespace_id = ${namespaceId}`}`
}

/** Ids of namespaces whose private projects the caller reads, without being an administrator. */
function readNamespaces(caller: Caller): Sql {
  const arrows = ruleOf('project', 'read').arrows
  return sql.join(
    arrows.map((arrow) => objectsOf(caller, arrow.type, arrow.rule.relations)),
    ' union ',
  )
}

function readsNamespace(caller: Caller, namespaceId: Sql): Sql {
  const reads = sql`${namespaceId} in (${readNamespaces(caller)})`
  return mayBeAdmin(caller) ? sql`(${reads} or ${isAdmin(caller)})` : sql`(${reads})`
}
