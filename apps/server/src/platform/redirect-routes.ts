import { z } from '@hono/zod-openapi'
import { checkIfMatch, conflict, etagOf, notFound, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { text } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { checkSourceUrl, checkTargetUrl } from './redirect-urls.ts'
import {
  deleteRedirect,
  findRedirect,
  insertRedirect,
  listRedirects,
  type RedirectRow,
  updateRedirect,
} from './store.ts'

const tag = 'platform'
const path = '/api/data/platform/redirects'
const params = z.strictObject({
  source_url: text(2000).openapi({ description: 'URL-encoded, such as `%2Fprojects%2Fa%2Fb`.' }),
})
const sourceUrl = text(2000).openapi({ example: '/projects/flights/delays' })
const targetUrl = text(2000).openapi({ example: '/p/01JD3Z6Q7N6YXQ0M2R4T8V9WAB' })
const redirectSchema = z
  .object({ etag: z.string(), source_url: sourceUrl, target_url: targetUrl })
  .openapi('RedirectPlan')

/** Where former addresses lead. */
export function redirectRoutes(api: ServerApi, { db, settings }: ServerContext): void {
  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listRedirects',
      tag,
      access: 'admin',
      summary: 'Redirects by their sources',
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(redirectSchema) },
    },
    async ({ query }) => {
      const { rows, total } = await listRedirects(db, pageRange(query))
      return { status: 200, body: rows.map(present), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path,
      operationId: 'createRedirect',
      tag,
      access: 'admin',
      summary: 'Redirect a former address',
      body: z.strictObject({ source_url: sourceUrl, target_url: targetUrl }),
      answers: { 201: redirectSchema },
    },
    async ({ principal, requestId, body }) => {
      const redirect = {
        sourceUrl: checkSourceUrl(body.source_url, settings.redirectHost),
        targetUrl: checkTargetUrl(body.target_url),
      }
      const row = await change(db, { id: principal.id, requestId }, async (trx) => await insertRedirect(trx, redirect))
      if (row === undefined) {
        throw conflict(
          'REDIRECT_EXISTS',
          `"${redirect.sourceUrl}" is redirected already. Change that redirect instead.`,
        )
      }
      return { status: 201, body: present(row), headers: { etag: etag(row) } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{source_url}`,
      operationId: 'getRedirect',
      tag,
      access: 'open',
      summary: 'Where a former address leads',
      params,
      answers: { 200: redirectSchema },
    },
    async ({ params: { source_url } }) => {
      const row = await findRedirect(db, source_url)
      if (row === undefined) throw missing(source_url)
      return { status: 200, body: present(row), headers: { etag: etag(row) } }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: `${path}/{source_url}`,
      operationId: 'updateRedirect',
      tag,
      access: 'admin',
      ifMatch: true,
      summary: 'Let a former address lead elsewhere',
      params,
      body: z.strictObject({ target_url: targetUrl.optional() }),
      answers: { 200: redirectSchema },
    },
    async ({ principal, requestId, ifMatch, params: { source_url }, body }) => {
      const target = body.target_url === undefined ? undefined : checkTargetUrl(body.target_url)
      const row = await change(db, { id: principal.id, requestId }, async (trx) => {
        const former = await findRedirect(trx, source_url, { forUpdate: true })
        if (former === undefined) throw missing(source_url)
        checkIfMatch(ifMatch, etag(former))
        return target === undefined ? former : await updateRedirect(trx, source_url, target)
      })
      return { status: 200, body: present(row), headers: { etag: etag(row) } }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{source_url}`,
      operationId: 'deleteRedirect',
      tag,
      access: 'admin',
      ifMatch: true,
      summary: 'Redirect a former address no longer',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, ifMatch, params: { source_url } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        const former = await findRedirect(trx, source_url, { forUpdate: true })
        if (former === undefined) return
        checkIfMatch(ifMatch, etag(former))
        await deleteRedirect(trx, source_url)
      })
      return { status: 204 }
    },
  )
}

function etag({ updated_at }: RedirectRow): string {
  return etagOf(updated_at.toISOString())
}

function present(row: RedirectRow) {
  return { etag: etag(row), source_url: row.source_url, target_url: row.target_url }
}

function missing(sourceUrl: string) {
  return notFound('REDIRECT_MISSING', `There is no redirect for "${sourceUrl}".`)
}
