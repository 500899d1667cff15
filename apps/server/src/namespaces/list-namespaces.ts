import { type Queryable, type Sql, sql } from '@millrace/db'
import type { Authz, Caller } from '../authz/index.ts'
import { type Page, readPage } from '../read-page.ts'
import type { UserPrincipal } from '../server-context.ts'
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

/** What can have things in it, as one list: the caller's own namespace, groups, then projects, the newest first. */
export async function listNamespaces(
  db: Queryable,
  authz: Authz,
  caller: UserPrincipal,
  { kinds, permission }: NamespaceFilter,
  range: { readonly limit: number; readonly offset: number },
): Promise<Page<ListedNamespace>> {
  const parts: Record<ListedNamespace['kind'], { readonly from: Sql; readonly columns: Sql }> = {
    user: {
      columns: sql`
        n.id, coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), n.slug) as name, n.slug, 'user' as kind,
        n.slug as path, n.created_by as "createdBy", n.creation_date as "creationDate", 1 as place`,
      from: sql`from common.namespace n join users."user" u on u.id = n.user_id where n.user_id = ${caller.id}`,
    },
    group: {
      columns: sql`
        n.id, g.name, n.slug, 'group' as kind, n.slug as path, n.created_by as "createdBy",
        n.creation_date as "creationDate", 2 as place`,
      from: sql`
        from common.namespace n join common."group" g on g.id = n.group_id
        where ${authz.visible(caller, permission, 'group', { id: sql`g.id`, public_viewer: sql`true` })}`,
    },
    project: { columns: sql`${projectColumns}, 3 as place`, from: fromProjects(authz, caller, permission) },
  }
  const wanted = (['user', 'group', 'project'] as const)
    .filter((kind) => kinds.includes(kind))
    .map((kind) => parts[kind])
  const all = wanted.map(({ columns, from }) => sql`select ${columns} ${from}`)
  const counts = wanted.map(({ from }) => sql`(select count(*) ${from})`)
  return await readPage<ListedNamespace>(db, {
    rows: sql`
      select * from (${sql.join(all, ' union all ')}) as listed
      order by place, id desc limit ${range.limit} offset ${range.offset}`,
    total: sql.join(counts, ' + '),
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
    select ${projectColumns} ${fromProjects(authz, caller, 'read')} and p.id = ${projectIdByPath(path.namespace, path.slug)}`)
}

const projectColumns = sql`
  p.id, p.name, p.slug, 'project' as kind, n.slug || '/' || p.slug as path, p.created_by as "createdBy",
  p.creation_date as "creationDate"`

function fromProjects(authz: Authz, caller: Caller, permission: string): Sql {
  const columns = {
    id: sql`p.id`,
    project_namespace: sql`p.namespace_id`,
    public_viewer: sql`p.visibility = 'public'`,
  }
  return sql`
    from common.project p join common.namespace n on n.id = p.namespace_id
    where ${authz.visible(caller, permission, 'project', columns)}`
}
