import { z } from '@hono/zod-openapi'
import { sql } from '@millrace/db'
import { forbidden, unauthorized } from '@millrace/http'
import type { Caller } from '../authz/index.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { readPipelines } from './pipeline-store.ts'

const tag = 'config_api'

const indexSchema = z.record(
  z.string(),
  z.object({
    name: z.string(),
    brand: z.string(),
    pharma_company: z.string(),
    type: z.string(),
    status: z.enum(['active', 'inactive']),
    run_freq: z.string().nullable(),
    description: z.string().nullable(),
    states: z.array(z.string()),
    transformations: z.array(z.string()),
  }),
)

const filtersSchema = z.object({
  data: z.object({
    brands: z.array(z.string()),
    companies: z.array(z.string()),
    types: z.array(z.string()),
    activeStatus: z.array(z.string()),
  }),
})

/** What programs of the earlier configuration application call, over the pipelines that the caller may see. */
export function configApiRoutes(api: ServerApi, { db, authz }: ServerContext): void {
  const pipelines = async (caller: UserPrincipal) =>
    await readPipelines(db, authz.visible(caller, 'read', 'project', { id: sql`p.project_id` }))

  api.endpoint(
    {
      ...{ method: 'get', path: '/config_api/validate', operationId: 'validateConfigToken', tag, access: 'open' },
      summary: 'Whether a token is good',
      answers: { 200: z.object({ valid: z.literal(true), user: z.string() }) },
    },
    async ({ principal, request }) => {
      return { status: 200, body: { valid: true as const, user: signedIn(principal, request).name } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: '/config_api/index', operationId: 'indexConfiguration', tag, access: 'open' },
      summary: 'Pipelines by id',
      answers: { 200: indexSchema },
    },
    async ({ principal, request }) => {
      const rows = await pipelines(signedIn(principal, request))
      const entries = rows.map((row) => [
        row.id,
        {
          ...{ name: row.name, brand: row.brand, pharma_company: row.client, type: row.type },
          status: row.is_active ? ('active' as const) : ('inactive' as const),
          ...{ run_freq: row.run_frequency, description: row.description },
          states: [...new Set(row.transformations.map(({ state }) => state))],
          transformations: row.transformations.map(({ template }) => template.name),
        },
      ])
      return { status: 200, body: Object.fromEntries(entries) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: '/config_api/filters', operationId: 'listConfigurationFilters', tag, access: 'open' },
      summary: 'What pipelines can be filtered by',
      answers: { 200: filtersSchema },
    },
    async ({ principal, request }) => {
      const rows = await pipelines(signedIn(principal, request))
      const of = (values: readonly string[]) => [...new Set(values)].sort()
      const data = {
        brands: of(rows.map(({ brand }) => brand)),
        companies: of(rows.map(({ client }) => client)),
        types: of(rows.map(({ type }) => type)),
        activeStatus: ['active', 'inactive'],
      }
      return { status: 200, body: { data } }
    },
  )
}

/** Without a token 401, with one that is no good 403, as these programs expect. */
function signedIn(caller: Caller, request: Request): UserPrincipal {
  if (caller.kind === 'user') return caller
  if (request.headers.has('authorization')) {
    throw forbidden('TOKEN_INVALID', 'The token is not valid, or not any more. Sign in again.')
  }
  throw unauthorized('Sign in first: send a valid token as "Authorization: Bearer TOKEN".')
}
