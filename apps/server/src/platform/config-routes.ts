import { z } from '@hono/zod-openapi'
import { checkIfMatch, etagOf, isNotModified } from '@millrace/http'
import { change } from '../change.ts'
import { text } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { relateCreation } from './relate-creation.ts'
import {
  type AuthorizationConfigRow,
  type ConfigRow,
  creationFlags,
  readAuthorizationConfig,
  readConfig,
  updateAuthorizationConfig,
  updateConfig,
} from './store.ts'

const tag = 'platform'
const bannerText = text(10_000).openapi({ description: 'Markdown for everybody to see; empty: no incident.' })
const configSchema = z.object({ etag: z.string(), incident_banner: z.string() }).openapi('PlatformConfig')
const creationFlag = z.enum(creationFlags).openapi({ description: 'Who may: administrators, or everybody signed in.' })
const authorizationSchema = z
  .object({ etag: z.string(), create_projects: creationFlag, create_groups: creationFlag })
  .openapi('AuthorizationConfig')

export function configRoutes(api: ServerApi, { db, authz }: ServerContext): void {
  api.endpoint(
    {
      method: 'get',
      path: '/api/data/platform/config',
      operationId: 'getPlatformConfig',
      tag,
      access: 'open',
      summary: 'What the platform tells everybody',
      answers: { 200: configSchema, 304: null },
    },
    async ({ request }) => {
      const config = presentConfig(await readConfig(db))
      const headers = { etag: config.etag }
      if (isNotModified(request, config.etag)) return { status: 304, headers }
      return { status: 200, body: config, headers }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/data/platform/config',
      operationId: 'updatePlatformConfig',
      tag,
      access: 'admin',
      ifMatch: true,
      summary: 'Change what the platform tells everybody',
      body: z.strictObject({ incident_banner: bannerText.optional() }),
      answers: { 200: configSchema },
    },
    async ({ principal, requestId, ifMatch, body }) => {
      const config = await change(db, { id: principal.id, requestId }, async (trx) => {
        const row = await readConfig(trx, { forUpdate: true })
        checkIfMatch(ifMatch, presentConfig(row).etag)
        const { incident_banner } = body
        const isNew = incident_banner !== undefined && incident_banner !== row.incident_banner
        return presentConfig(isNew ? await updateConfig(trx, incident_banner) : row)
      })
      return { status: 200, body: config, headers: { etag: config.etag } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/platform/authorization_config',
      operationId: 'getAuthorizationConfig',
      tag,
      access: 'open',
      summary: 'Who may create projects and groups',
      answers: { 200: authorizationSchema, 304: null },
    },
    async ({ request }) => {
      const config = presentAuthorization(await readAuthorizationConfig(db))
      const headers = { etag: config.etag }
      if (isNotModified(request, config.etag)) return { status: 304, headers }
      return { status: 200, body: config, headers }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/data/platform/authorization_config',
      operationId: 'updateAuthorizationConfig',
      tag,
      access: 'admin',
      ifMatch: true,
      summary: 'Change who may create projects and groups',
      body: z.strictObject({ create_projects: creationFlag.optional(), create_groups: creationFlag.optional() }),
      answers: { 200: authorizationSchema },
    },
    async ({ principal, requestId, ifMatch, body }) => {
      const config = await change(db, { id: principal.id, requestId }, async (trx) => {
        const row = await readAuthorizationConfig(trx, { forUpdate: true })
        checkIfMatch(ifMatch, presentAuthorization(row).etag)
        const wanted = {
          create_projects: body.create_projects ?? row.create_projects,
          create_groups: body.create_groups ?? row.create_groups,
        }
        await updateAuthorizationConfig(trx, wanted)
        await relateCreation(trx, authz, wanted)
        return presentAuthorization(wanted)
      })
      return { status: 200, body: config, headers: { etag: config.etag } }
    },
  )
}

function presentConfig({ incident_banner, updated_at }: ConfigRow) {
  return { etag: etagOf(updated_at.toISOString()), incident_banner }
}

function presentAuthorization({ create_projects, create_groups }: AuthorizationConfigRow) {
  return {
    etag: etagOf(`create_projects=${create_projects},create_groups=${create_groups}`),
    create_projects,
    create_groups,
  }
}
