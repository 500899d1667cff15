import { z } from '@hono/zod-openapi'
import { type Sql, sql } from '@millrace/db'
import { conflict, invalid, notFound } from '@millrace/http'
import type { Caller } from '../authz/index.ts'
import { change } from '../change.ts'
import { isoTime, text, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import { missingProject, projectRef, visibleProjects } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'
import { parseDoi } from '../storage/index.ts'
import { missingConnector } from './change-connector.ts'
import { addLink, countLinks, listLinks, lockLink, type ProjectLink, removeLink } from './link-store.ts'
import { connectorRef, readConnector, visibleConnectors } from './store.ts'

const tag = 'data connectors'
const params = z.strictObject({ data_connector_id: ulidText })
const projectParams = z.strictObject({ project_id: ulidText })

const linkSchema = z
  .object({
    id: z.string(),
    data_connector_id: z.string(),
    project_id: z.string(),
    created_by: z.string(),
    creation_date: time,
  })
  .openapi('DataConnectorLink')

/** Links show data in projects. They grant nothing. */
export function linkRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context

  const demandConnector = async (caller: Caller, id: string) => {
    if ((await readConnector(db, id, visibleConnectors(authz, caller, 'read'))) === undefined)
      throw missingConnector(id)
  }
  const demandProject = async (caller: Caller, id: string) => {
    const isThere = await db.maybe(
      sql`select 1 from common.project p where p.id = ${id} and ${visibleProjects(authz, caller, 'read')}`,
    )
    if (isThere === undefined) throw missingProject(id)
  }
  /** Links that lead from something the caller sees to something the caller sees. */
  const visibleLinks = (caller: Caller, condition: Sql) => sql`
    ${condition} and ${visibleConnectors(authz, caller, 'read')} and ${visibleProjects(authz, caller, 'read')}`

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/data_connectors/{data_connector_id}/project_links',
      operationId: 'linkDataConnector',
      tag,
      access: 'user',
      summary: 'Show the data of a connector in a project',
      description:
        'You have to see the connector and may change the project. Members of the project see no more by it.',
      params,
      body: z.strictObject({ project_id: ulidText }),
      answers: { 201: linkSchema },
    },
    async ({ principal, requestId, params: { data_connector_id: id }, body: { project_id } }) => {
      const link = await change(db, { id: principal.id, requestId }, async (trx) => {
        // Neither goes away while they are linked.
        const connector = await trx.maybe(
          sql`select 1 from data_connectors.data_connector where id = ${id} for key share`,
        )
        const project = await trx.maybe(sql`select 1 from common.project where id = ${project_id} for key share`)
        const [mayRead, mayWrite] = await authz.canAll(trx, principal, [
          { object: connectorRef(id), permission: 'read' },
          { object: projectRef(project_id), permission: 'write' },
        ])
        if (connector === undefined || !mayRead) throw missingConnector(id)
        if (project === undefined || !mayWrite) throw missingProject(project_id)
        const wanted = { dataConnectorId: id, projectId: project_id, createdBy: principal.id }
        const added = await addLink(trx, authz, wanted)
        if (added === null)
          throw conflict('DATA_CONNECTOR_LINKED', 'The data connector is linked to the project already.')
        return added
      })
      return { status: 201, body: present(link) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/data_connectors/{data_connector_id}/project_links',
      operationId: 'listProjectsOfDataConnector',
      tag,
      access: 'open',
      summary: 'Links of a data connector to projects that you may see',
      params,
      answers: { 200: z.array(linkSchema) },
    },
    async ({ principal, params: { data_connector_id: id } }) => {
      await demandConnector(principal, id)
      const links = await listLinks(db, visibleLinks(principal, sql`l.data_connector_id = ${id}`))
      return { status: 200, body: links.map(present) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/data_connectors/{data_connector_id}/project_links/{link_id}',
      operationId: 'unlinkDataConnector',
      tag,
      access: 'user',
      summary: 'Show the data of a connector in a project no longer',
      params: z.strictObject({ data_connector_id: ulidText, link_id: ulidText }),
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { data_connector_id: id, link_id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        const link = await lockLink(trx, id, link_id)
        if (link === undefined || !(await authz.can(trx, principal, 'write', projectRef(link.project_id)))) {
          throw notFound('DATA_CONNECTOR_LINK_MISSING', `There is no link ${link_id}, or you may not remove it.`)
        }
        const connector = await readConnector(trx, id)
        if (connector?.projectId === link.project_id) {
          throw invalid(
            'DATA_CONNECTOR_OWNED',
            'The data connector belongs to this project, and so does the link. Move the connector elsewhere first.',
          )
        }
        await removeLink(trx, authz, link)
      })
      return { status: 204 }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/projects/{project_id}/data_connector_links',
      operationId: 'listDataConnectorsOfProject',
      tag,
      access: 'open',
      summary: 'Links of a project to data connectors that you may see',
      params: projectParams,
      answers: { 200: z.array(linkSchema) },
    },
    async ({ principal, params: { project_id } }) => {
      await demandProject(principal, project_id)
      const links = await listLinks(db, visibleLinks(principal, sql`l.project_id = ${project_id}`))
      return { status: 200, body: links.map(present) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/projects/{project_id}/inaccessible_data_connector_links',
      operationId: 'countHiddenDataConnectorsOfProject',
      tag,
      access: 'open',
      summary: 'How many data connectors are linked to a project that you may not see',
      params: projectParams,
      answers: { 200: z.object({ count: z.number() }).openapi('HiddenDataConnectorLinks') },
    },
    async ({ principal, params: { project_id } }) => {
      await demandProject(principal, project_id)
      const visible = visibleConnectors(authz, principal, 'read')
      const count = await countLinks(db, sql`l.project_id = ${project_id} and not coalesce(${visible}, false)`)
      return { status: 200, body: { count } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/data_connector_links',
      operationId: 'listDataConnectorLinksByDoi',
      tag,
      access: 'open',
      summary: 'Links between data with a DOI and projects, as far as you may see both',
      query: z.strictObject({ doi: text(300).min(1) }),
      answers: { 200: z.array(linkSchema) },
    },
    async ({ principal, query: { doi } }) => {
      const links = await listLinks(db, visibleLinks(principal, sql`d.doi = ${parseDoi(doi)}`))
      return { status: 200, body: links.map(present) }
    },
  )
}

function present(link: ProjectLink): z.input<typeof linkSchema> {
  return { ...link, creation_date: isoTime(link.creation_date) }
}
