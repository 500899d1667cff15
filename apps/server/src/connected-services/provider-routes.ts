import { z } from '@hono/zod-openapi'
import { invalid, pageHeaders, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { longPageQuery } from '../long-page.ts'
import type { ServerApi } from '../principals.ts'
import { encryptAtRest } from '../secrets/index.ts'
import type { ServerContext } from '../server-context.ts'
import { providerMissing } from './authorize.ts'
import { disconnectAll } from './connection-store.ts'
import {
  deleteProvider,
  findProvider,
  insertProvider,
  isSameService,
  listProviders,
  type ProviderRow,
  updateProvider,
} from './provider-store.ts'
import { newProviderSchema, presentProvider, providerIdText, providerPatch, providerSchema } from './schemas.ts'

const tag = 'connected_services'
const path = '/api/data/oauth2/providers'
const params = z.strictObject({ provider_id: providerIdText })

/** Services that users connect, with the application that Millrace is there. */
export function providerRoutes(api: ServerApi, { db, settings }: ServerContext): void {
  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listProviders',
      tag,
      access: 'open',
      summary: 'Services that users can connect',
      query: z.strictObject(longPageQuery),
      answers: { 200: z.array(providerSchema) },
    },
    async ({ principal, query }) => {
      const { rows, total } = await listProviders(db, pageRange(query))
      return {
        status: 200,
        body: rows.map((row) => presentProvider(row, principal)),
        headers: pageHeaders(query, total),
      }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path,
      operationId: 'createProvider',
      tag,
      access: 'admin',
      summary: 'Let users connect a service',
      body: newProviderSchema,
      answers: { 201: providerSchema },
    },
    async ({ principal, requestId, body }) => {
      const { client_secret: secret, ...rest } = body
      const provider: ProviderRow = {
        ...rest,
        image_registry_url: body.image_registry_url ?? null,
        oidc_issuer_url: body.oidc_issuer_url ?? null,
        client_secret: secret === undefined ? null : await encryptAtRest(settings, `user:${principal.id}`, secret),
        created_by: principal.id,
      }
      checkIssuer(provider)
      await change(db, { id: principal.id, requestId }, async (trx) => {
        if (await insertProvider(trx, provider)) return
        throw invalid(
          'PROVIDER_EXISTS',
          `There is a provider "${provider.id}" already. Choose another id, or change that one.`,
        )
      })
      return { status: 201, body: presentProvider(provider, principal) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{provider_id}`,
      operationId: 'getProvider',
      tag,
      access: 'open',
      summary: 'A service that users can connect',
      params,
      answers: { 200: providerSchema },
    },
    async ({ principal, params: { provider_id } }) => {
      const row = await findProvider(db, provider_id)
      if (row === undefined) throw providerMissing(provider_id)
      return { status: 200, body: presentProvider(row, principal) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: `${path}/{provider_id}`,
      operationId: 'updateProvider',
      tag,
      access: 'admin',
      summary: 'Change a service that users can connect',
      description: 'With another kind, url or issuer it is another service: users have to connect it again.',
      params,
      body: providerPatch,
      answers: { 200: providerSchema },
    },
    async ({ principal, requestId, params: { provider_id }, body }) => {
      const row = await change(db, { id: principal.id, requestId }, async (trx) => {
        const before = await findProvider(trx, provider_id, { lock: 'update' })
        if (before === undefined) throw providerMissing(provider_id)
        const { client_secret: secret, image_registry_url, oidc_issuer_url, ...rest } = body
        const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
        const after: ProviderRow = {
          ...before,
          ...given,
          image_registry_url: image_registry_url === undefined ? before.image_registry_url : image_registry_url || null,
          oidc_issuer_url: oidc_issuer_url === undefined ? before.oidc_issuer_url : oidc_issuer_url || null,
          client_secret:
            secret === undefined
              ? before.client_secret
              : await encryptAtRest(settings, `user:${before.created_by}`, secret),
        }
        checkIssuer(after)
        await updateProvider(trx, after)
        // What one service gave to users must never be sent to another one.
        if (!isSameService(before, after)) await disconnectAll(trx, provider_id)
        return after
      })
      return { status: 200, body: presentProvider(row, principal) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{provider_id}`,
      operationId: 'deleteProvider',
      tag,
      access: 'admin',
      summary: 'Let users connect a service no longer',
      description: 'Their connections to it are removed.',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { provider_id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => await deleteProvider(trx, provider_id))
      return { status: 204 }
    },
  )
}

function checkIssuer({ kind, oidc_issuer_url }: ProviderRow): void {
  if ((kind === 'generic_oidc') === (oidc_issuer_url !== null)) return
  throw invalid(
    'ISSUER_URL_INVALID',
    kind === 'generic_oidc'
      ? 'A provider of kind generic_oidc needs oidc_issuer_url.'
      : `A provider of kind ${kind} must have no oidc_issuer_url; only generic_oidc has one.`,
  )
}
