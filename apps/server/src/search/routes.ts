import { z } from '@hono/zod-openapi'
import { pageQuery, pageRange, queryBoolean } from '@millrace/http'
import { rightsOf } from '../authz/index.ts'
import { text } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { itemOf, searchResultSchema } from './items.ts'
import { parseQuery } from './parse-query.ts'
import { reprovisioningRoutes } from './reprovisioning-routes.ts'
import { searchEntities } from './search-entities.ts'

const tag = 'search'

/** Finds users, groups, projects and data connectors that the caller may see. */
export function searchRoutes(api: ServerApi, context: ServerContext): void {
  const { reads, authz } = context
  api.endpoint(
    {
      method: 'get',
      path: '/api/data/search/query',
      operationId: 'search',
      tag,
      access: 'open',
      summary: 'Users, groups, projects and data connectors by words and fields',
      description:
        'Words are looked for in names, slugs, keywords and descriptions, each as the beginning of a word; all have to be there. `field:value,value` narrows it; see the guide on search.',
      query: z.strictObject({
        ...pageQuery,
        q: text(1000).default('').openapi({ description: 'Such as `forest type:Project created>2026 sort:name-asc`.' }),
        include_counts: queryBoolean({ default: false }).openapi({
          description: 'Counts the keywords of everything that was found, not of the best 1,000 only.',
        }),
      }),
      answers: { 200: searchResultSchema },
    },
    async ({ principal, query }) =>
      await reads.once(['search', rightsOf(principal), query], async () => {
        const asked = parseQuery(query.q, new Date())
        const { page, per_page } = query
        const { limit, offset } = pageRange(query)
        const options = { limit, offset, allKeywords: query.include_counts }
        const { items, total, types, keywords } = await searchEntities(reads, authz, principal, asked, options)
        const pages = Math.ceil(total / per_page)
        return {
          status: 200 as const,
          body: {
            items: items.map(itemOf),
            facets: { entityType: types, keywords },
            pagingInfo: {
              page: { limit, offset },
              totalResult: total,
              totalPages: pages,
              ...(page > 1 ? { prevPage: page - 1 } : {}),
              ...(page < pages ? { nextPage: page + 1 } : {}),
            },
          },
          headers: {
            'x-page': `${page}`,
            'x-per-page': `${per_page}`,
            'x-total': `${total}`,
            'x-total-pages': `${pages}`,
          },
        }
      }),
  )
  reprovisioningRoutes(api, context)
}
