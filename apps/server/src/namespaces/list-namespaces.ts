import { type Queryable, type Sql, sql } from '@millrace/db'
import { type Authz, type Caller, readableProjects } from '../authz/index.ts'
import type { UserPrincipal } from '../principals.ts'
import { bucketOf, type Page, pageOf, readPage } from '../read-page.ts'
import { projectIdByPath } from './project-path.ts'

export interface ListedNamespace {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly kind: 'user' | 'group' | 'project'
  readonly path: string
  readonly createdBy: string
  readonly creationDate: Date
}

export interface NamespaceFilter {
  readonly kinds: readonly ListedNamespace['kind'][]
  /** What the caller may do there. */
  readonly permission: string
}

interface Part {
  readonly rows: Sql
  readonly total: Sql
}

/** What can have things in it, as one list: the caller's own namespace, groups, then projects, the newest first. */
export async function listNamespaces(
  db: Queryable,
  authz: Authz,
  caller: UserPrincipal,
  { kinds, permission }: NamespaceFilter,
  range: { readonly limit: number; readonly offset: number },
): Promise<Page<ListedNamespace>> {
  // No part needs to be read farther than the page goes.
  const newest = sql`order by id desc limit ${sql.literal(`${bucketOf(range.offset + range.limit)}`)}`
  const parts: Record<ListedNamespace['kind'], () => Part> = {
    user: () => ownNamespace(caller),
    group: () => groups(authz, caller, permission, newest),
    project: () => projects(authz, caller, permission, newest),
  }
  const wanted = (['user', 'group', 'project'] as const)
    .filter((kind) => kinds.includes(kind))
    .map((kind) => parts[kind]())
  const all = wanted.map(({ rows }, place) => sql`(select *, ${place}::int as place from (${rows}) as part)`)
  return await readPage<ListedNamespace>(db, {
    rows: pageOf(sql`select * from (${sql.join(all, ' union all ')}) as listed order by place, id desc`, range),
    total: sql.join(
      wanted.map(({ total }) => total),
      ' + ',
    ),
  })
}

/** The project at a path, as something that data connectors can be in; undefined also when the caller may not see it. */
export async function findProjectNamespace(
  db: Queryable,
  authz: Authz,
  caller: Caller,
  path: { readonly namespace: string; readonly slug: string },
): Promise<ListedNamespace | undefined> {
  return await db.maybe<ListedNamespace>(sql`
    ${projectRows}
    where p.id = ${projectIdByPath(path.namespace, path.slug)} and ${visibleProjects(authz, caller, 'read')}`)
}

function ownNamespace({ id }: UserPrincipal): Part {
  return {
    rows: sql`
      select
        n.id, coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), n.slug) as name, n.slug, 'user' as kind,
        n.slug as path, n.created_by as "createdBy", n.creation_date as "creationDate"
      from common.namespace n join users."user" u on u.id = n.user_id
      where n.user_id = ${id}`,
    total: sql`(select count(*) from common.namespace where user_id = ${id})`,
  }
}

function groups(authz: Authz, caller: Caller, permission: string, newest: Sql): Part {
  const visible = authz.visible(caller, permission, 'group', { id: sql`g.id`, public_viewer: sql`true` })
  return {
    rows: sql`
      select
        g.id, g.name, n.slug, 'group' as kind, n.slug as path, n.created_by as "createdBy",
        n.creation_date as "creationDate"
      from (select * from common."group" g where ${visible} ${newest}) as g join common.namespace n on n.id = g.id`,
    total: sql`(select count(*) from common."group" g where ${visible})`,
  }
}

function projects(authz: Authz, caller: Caller, permission: string, newest: Sql): Part {
  const visible = visibleProjects(authz, caller, permission)
  return {
    rows: sql`${projectRows} where p.id in (select id from common.project p where ${visible} ${newest})`,
    total:
      permission === 'read'
        ? // Most may be public, and are not counted one by one.
          readableProjects(caller, {}, { limit: 0, offset: 0 }).total
        : sql`(select count(*) from common.project p where ${visible})`,
  }
}

const projectRows = sql`
  select p.id, p.name, p.slug, 'project' as kind, n.slug || '/' || p.slug as path, p.created_by as "createdBy",
  p.creation_date as "creationDate"
  from common.project p join common.namespace n on n.id = p.namespace_id`

function visibleProjects(authz: Authz, caller: Caller, permission: string): Sql {
  return authz.visible(caller, permission, 'project', {
    id: sql`p.id`,
    project_namespace: sql`p.namespace_id`,
    public_viewer: sql`p.visibility = 'public'`,
  })
}
