import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import type { Authz, Relation } from '../authz/index.ts'
import { newId } from '../ids.ts'
import { projectRef } from '../projects/index.ts'
import { connectorRef } from './store.ts'

export interface ProjectLink {
  readonly id: string
  readonly data_connector_id: string
  readonly project_id: string
  readonly created_by: string
  readonly creation_date: Date
}

const columns = sql`l.id, l.data_connector_id, l.project_id, l.created_by, l.creation_date`

/** Null when there is such a link already. */
export async function addLink(
  trx: Trx,
  authz: Authz,
  link: { readonly dataConnectorId: string; readonly projectId: string; readonly createdBy: string },
): Promise<ProjectLink | null> {
  const { dataConnectorId, projectId, createdBy } = link
  const added = await trx.maybe<ProjectLink>(sql`
    insert into data_connectors.project_link as l (id, data_connector_id, project_id, created_by)
    values (${newId()}, ${dataConnectorId}, ${projectId}, ${createdBy})
    on conflict (data_connector_id, project_id) do nothing
    returning ${columns}`)
  if (added === undefined) return null
  await authz.relate(trx, { add: [linkedTo(dataConnectorId, projectId)] })
  return added
}

export async function removeLink(trx: Trx, authz: Authz, link: ProjectLink): Promise<void> {
  await trx.execute(sql`delete from data_connectors.project_link where id = ${link.id}`)
  await authz.relate(trx, { remove: [linkedTo(link.data_connector_id, link.project_id)] })
}

export async function lockLink(trx: Trx, dataConnectorId: string, id: string): Promise<ProjectLink | undefined> {
  return await trx.maybe<ProjectLink>(sql`
    select ${columns} from data_connectors.project_link l
    where l.id = ${id} and l.data_connector_id = ${dataConnectorId} for update`)
}

/** Those that the condition on `l`, the connector `d`, the project `within` that this is in, and the project `p` holds for, the oldest first; at most 1,000. */
export async function listLinks(db: Queryable, condition: Sql): Promise<ProjectLink[]> {
  return await db.query<ProjectLink>(sql`
    select ${columns} ${source} where ${condition} order by l.id limit 1000`)
}

export async function countLinks(db: Queryable, condition: Sql): Promise<number> {
  return (await db.one<{ count: number }>(sql`select count(*) as count ${source} where ${condition}`)).count
}

const source = sql`
  from data_connectors.project_link l
  join data_connectors.data_connector d on d.id = l.data_connector_id
  left join common.project within on within.id = d.project_id
  join common.project p on p.id = l.project_id`

function linkedTo(dataConnectorId: string, projectId: string): Relation {
  return { object: connectorRef(dataConnectorId), relation: 'linked_to', subject: projectRef(projectId) }
}
