import { isMillraceError } from '@millrace/core'
import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import { invalid } from '@millrace/http'
import type { Authz, Caller, ObjectRef } from '../authz/index.ts'
import { namespaceIdBySlug, namespaceRef, projectIdByPath } from '../namespaces/index.ts'
import { projectRef } from '../projects/index.ts'
import { type Page, pageOf, readPage } from '../read-page.ts'
import type { Storage } from '../storage/index.ts'

/** Where a connector is: in a namespace, in a project, or global with neither. */
export interface Place {
  readonly namespaceId: string | null
  readonly projectId: string | null
  readonly kind: 'user' | 'group' | 'project' | 'global'
  /** `ns`, `ns/project`, or null of a global one. */
  readonly namespace: string | null
}

export interface DataConnector extends Storage, Place {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly description: string | null
  readonly visibility: 'private' | 'public'
  readonly keywords: readonly string[]
  readonly doi: string | null
  readonly publisherName: string | null
  readonly publisherUrl: string | null
  readonly createdBy: string
  readonly creationDate: Date
  readonly updatedAt: Date
}

const columns = sql`
  d.id, d.slug, d.name, d.description, d.visibility, d.keywords,
  d.namespace_id as "namespaceId", d.project_id as "projectId",
  case
    when d.project_id is not null then 'project'
    when d.namespace_id is null then 'global'
    when n.group_id is null then 'user'
    else 'group'
  end as kind,
  case when d.project_id is null then n.slug else n.slug || '/' || within.slug end as namespace,
  d.storage_type as "storageType", d.configuration, d.source_path as "sourcePath", d.target_path as "targetPath", d.readonly,
  d.doi, d.publisher_name as "publisherName", d.publisher_url as "publisherUrl",
  d.created_by as "createdBy", d.creation_date as "creationDate", d.updated_at as "updatedAt"`

const source = sql`
  from data_connectors.data_connector d
  left join common.project within on within.id = d.project_id
  left join common.namespace n on n.id = coalesce(d.namespace_id, within.namespace_id)`

export function connectorRef(id: string): ObjectRef {
  return { type: 'data_connector', id }
}

/** What a connector is in, as permissions know it; null of a global one. */
export function placeRef({ namespaceId, projectId, kind }: Place): ObjectRef | null {
  if (projectId !== null) return projectRef(projectId)
  return namespaceId === null ? null : namespaceRef({ id: namespaceId, kind: kind === 'group' ? 'group' : 'user' })
}

/** A condition on `d`, and on `within` as the project that it is in, if it is in one: the caller has the permission. */
export function visibleConnectors(authz: Authz, caller: Caller, permission: string): Sql {
  return authz.visible(caller, permission, 'data_connector', {
    id: sql`d.id`,
    data_connector_namespace: sql`coalesce(d.namespace_id, d.project_id)`,
    project_namespace: sql`within.namespace_id`,
    public_viewer: sql`d.visibility = 'public'`,
  })
}

/** Those that the conditions on `d` hold for, the newest first. */
export async function listConnectors(
  db: Queryable,
  conditions: readonly Sql[],
  range: { readonly limit: number; readonly offset: number },
): Promise<Page<DataConnector>> {
  const condition = sql.join(conditions, ' and ')
  return await readPage<DataConnector>(db, {
    rows: pageOf(sql`select ${columns} ${source} where ${condition} order by d.id desc`, range),
    total: sql`(
      select count(*) from data_connectors.data_connector d left join common.project within on within.id = d.project_id
      where ${condition})`,
  })
}

/** Directly in the namespace, or in the project that is at the path. */
export function inPlace(namespace: string): Sql {
  const [slug = '', project] = namespace.split('/')
  return project === undefined
    ? sql`d.namespace_id = ${namespaceIdBySlug(slug)}`
    : sql`d.project_id = ${projectIdByPath(slug, project)}`
}

/** By the slug that it has in its place, else by one that it had there; `slug` and the parts of `namespace` in small letters. */
export function connectorIdByPath(namespace: string | null, slug: string): Sql {
  if (namespace === null) {
    return sql`(
      select id from data_connectors.data_connector where namespace_id is null and project_id is null and slug = ${slug})`
  }
  const [first = '', project] = namespace.split('/')
  const parent = project === undefined ? namespaceIdBySlug(first) : projectIdByPath(first, project)
  const column = project === undefined ? sql`namespace_id` : sql`project_id`
  return sql`coalesce(
    (select id from data_connectors.data_connector where ${column} = ${parent} and slug = ${slug}),
    (select entity_id from common.entity_slug_old
      where entity = 'data_connector' and parent_id = ${parent} and slug = ${slug}),
    -- Moved and renamed, and asked for by one part of now and one of before.
    (select d.id from data_connectors.data_connector d
      join common.entity_slug_old old on old.entity = 'data_connector' and old.entity_id = d.id
      where d.${column} = ${parent} and old.slug = ${slug} order by old.created_at desc limit 1),
    (select d.id from common.entity_slug_old old join data_connectors.data_connector d on d.id = old.entity_id
      where old.entity = 'data_connector' and old.parent_id = ${parent} and d.slug = ${slug}
      order by old.created_at desc limit 1))`
}

/** The one with the id, which may be an expression, if the condition on `d` holds. */
export async function readConnector(
  db: Queryable,
  id: string | Sql,
  condition: Sql = sql`true`,
): Promise<DataConnector | undefined> {
  return await db.maybe<DataConnector>(sql`select ${columns} ${source} where d.id = ${id} and ${condition}`)
}

/** Nobody else changes, removes or links it until the transaction is over. */
export async function lockConnector(trx: Trx, id: string): Promise<DataConnector | undefined> {
  return await trx.maybe<DataConnector>(sql`select ${columns} ${source} where d.id = ${id} for update of d`)
}

/** False when its slug, or the DOI of a global one, is taken in its place. */
export async function insertConnector(
  trx: Trx,
  connector: Omit<DataConnector, 'kind' | 'namespace' | 'creationDate' | 'updatedAt'>,
): Promise<boolean> {
  const c = connector
  const added = await trx.execute(sql`
    insert into data_connectors.data_connector (
      id, namespace_id, project_id, slug, name, description, visibility, keywords,
      storage_type, configuration, source_path, target_path, readonly, doi, publisher_name, publisher_url, created_by
    ) values (
      ${c.id}, ${c.namespaceId}, ${c.projectId}, ${c.slug}, ${c.name}, ${c.description}, ${c.visibility}, ${c.keywords},
      ${c.storageType}, ${sql.json(c.configuration)}, ${c.sourcePath}, ${c.targetPath}, ${c.readonly}, ${c.doi},
      ${c.publisherName}, ${c.publisherUrl}, ${c.createdBy}
    )
    on conflict do nothing`)
  return added === 1
}

/** @throws HttpError 422 SLUG_TAKEN when another connector of the place has the slug. */
export async function updateConnector(trx: Trx, before: DataConnector, after: DataConnector): Promise<void> {
  const c = after
  if (c.slug !== before.slug || parentOf(c) !== parentOf(before)) await keepOldPath(trx, before, after)
  try {
    await trx.execute(sql`
      update data_connectors.data_connector set
        namespace_id = ${c.namespaceId}, project_id = ${c.projectId}, slug = ${c.slug}, name = ${c.name},
        description = ${c.description}, visibility = ${c.visibility}, keywords = ${c.keywords},
        storage_type = ${c.storageType}, configuration = ${sql.json(c.configuration)}, source_path = ${c.sourcePath},
        target_path = ${c.targetPath}, readonly = ${c.readonly}, doi = ${c.doi}
      where id = ${c.id}`)
  } catch (error) {
    if (!isMillraceError(error) || error.code !== 'DATABASE_UNIQUE_VIOLATION') throw error
    throw invalid('SLUG_TAKEN', `There is another data connector "${pathOf(after)}". Choose another slug or namespace.`)
  }
}

export async function deleteConnectors(trx: Trx, ids: readonly string[]): Promise<void> {
  await trx.execute(sql`delete from data_connectors.data_connector where id = any(${ids}::text[])`)
}

export function pathOf({ namespace, slug }: Pick<DataConnector, 'namespace' | 'slug'>): string {
  return namespace === null ? slug : `${namespace}/${slug}`
}

function parentOf({ namespaceId, projectId }: Place): string | null {
  return projectId ?? namespaceId
}

/** By the former path it is found as long as no other one takes it. */
async function keepOldPath(trx: Trx, before: DataConnector, after: DataConnector): Promise<void> {
  const [former, latter] = [parentOf(before), parentOf(after)]
  if (latter !== null) {
    await trx.execute(sql`
      delete from common.entity_slug_old
      where entity = 'data_connector' and parent_id = ${latter} and slug = ${after.slug} and entity_id = ${after.id}`)
  }
  if (former === null) return
  await trx.execute(sql`
    insert into common.entity_slug_old (entity, parent_id, slug, entity_id)
    values ('data_connector', ${former}, ${before.slug}, ${before.id})
    on conflict (entity, parent_id, slug) do update set entity_id = excluded.entity_id, created_at = now()`)
}
