import { type Queryable, type Sql, sql } from '@millrace/db'
import type { Authz } from '../authz/index.ts'
import type { UserPrincipal } from '../principals.ts'
import { type Page, readPage } from '../read-page.ts'

/** A connection wherever it is, without its settings. */
export interface ReadableConnection {
  readonly id: string
  readonly name: string
  readonly connector: string
  readonly description: string | null
  readonly updatedAt: Date
  readonly lastUsedAt: Date | null
  /** Null where it is none of a project. */
  readonly projectId: string | null
  readonly projectName: string | null
  readonly projectSlug: string | null
  /** Of the project, or its own; null: of the platform. */
  readonly namespace: string | null
  readonly namespaceKind: 'user' | 'group' | null
}

export interface ReadableFilter {
  readonly connector?: string | undefined
  /** In the name or the description. */
  readonly search?: string | undefined
}

/** All that the caller reads one by one, by name: those of the platform are for administrators. */
export async function listReadable(
  db: Queryable,
  authz: Authz,
  caller: UserPrincipal,
  filter: ReadableFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Page<ReadableConnection>> {
  const where = sql.join([isReadable(authz, caller), ...conditionsOf(filter)], ' and ')
  const those = sql`
    connections.connection c
    left join common.project p on p.id = c.project_id
    left join common.namespace n on n.id = coalesce(c.namespace_id, p.namespace_id)
    where ${where}`
  return await readPage<ReadableConnection>(db, {
    rows: sql`
      select c.id, c.name, c.connector, c.description, c.updated_at as "updatedAt",
        (select u.used_at from connections.last_use u where u.connection_id = c.id) as "lastUsedAt",
        p.id as "projectId", p.name as "projectName", p.slug as "projectSlug", n.slug as namespace,
        case when n.id is null then null when n.group_id is null then 'user' else 'group' end as "namespaceKind"
      from ${those} order by c.name, c.id limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from ${those})`,
  })
}

function isReadable(authz: Authz, caller: UserPrincipal): Sql {
  const ofProject = authz.visible(caller, 'read_children', 'project', {
    id: sql`c.project_id`,
    project_namespace: sql`p.namespace_id`,
  })
  const [ofGroup, ofUser] = (['group', 'user_namespace'] as const).map((type) =>
    authz.visible(caller, 'read_children', type, { id: sql`c.namespace_id` }),
  )
  return sql`(
    (c.project_id is not null and ${ofProject})
    or (c.namespace_id is not null and (${ofGroup} or ${ofUser}))
    or (c.project_id is null and c.namespace_id is null and ${caller.isAdmin}::boolean)
  )`
}

function conditionsOf({ connector, search = '' }: ReadableFilter): readonly Sql[] {
  const words = search.split(/\s+/).filter(Boolean)
  return [
    ...(connector === undefined ? [] : [sql`c.connector = ${connector}`]),
    ...words.map((word) => sql`strpos(lower(concat_ws(' ', c.name, c.description)), lower(${word})) > 0`),
  ]
}
