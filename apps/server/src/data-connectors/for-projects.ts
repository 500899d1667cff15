import { sql, type Trx } from '@millrace/db'
import type { Caller } from '../authz/index.ts'
import type { ServerContext } from '../server-context.ts'
import { forgetConnectors } from './change-connector.ts'
import { addLink } from './link-store.ts'
import { connectorRef } from './store.ts'

/** Links of a project for its copy: those to connectors that the caller may read. `notCopied` names the others' connectors by id. */
export async function copyProjectLinks(
  trx: Trx,
  { authz }: Pick<ServerContext, 'authz'>,
  caller: Caller,
  fromProjectId: string,
  toProjectId: string,
): Promise<{ readonly notCopied: string[] }> {
  const links = await trx.query<{ id: string }>(sql`
    select data_connector_id as id from data_connectors.project_link where project_id = ${fromProjectId} order by id`)
  const answers = await authz.canAll(
    trx,
    caller,
    links.map(({ id }) => ({ object: connectorRef(id), permission: 'read' })),
  )
  for (const [place, { id }] of links.entries()) {
    if (answers[place]) {
      await addLink(trx, authz, { dataConnectorId: id, projectId: toProjectId, createdBy: caller.id })
    }
  }
  return { notCopied: links.filter((_, place) => !answers[place]).map(({ id }) => id) }
}

/** Connectors that go with what they are in. */
export async function removeDataConnectors(
  trx: Trx,
  { authz }: Pick<ServerContext, 'authz'>,
  where: { readonly namespaceId: string } | { readonly projectId: string },
): Promise<void> {
  const condition =
    'namespaceId' in where ? sql`namespace_id = ${where.namespaceId}` : sql`project_id = ${where.projectId}`
  const connectors = await trx.query<{ id: string }>(sql`
    select id from data_connectors.data_connector where ${condition} order by id for update`)
  await forgetConnectors(
    trx,
    authz,
    connectors.map(({ id }) => id),
  )
}
