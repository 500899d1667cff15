import { z } from '@hono/zod-openapi'
import { notFound } from '@millrace/http'
import type { Caller } from '../authz/index.ts'
import { text } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { checkRepository, isPublicRepository } from './check-repository.ts'
import { metadataSchema } from './provider-metadata.ts'
import { errorCodes } from './repository-url.ts'

const tag = 'repositories'
const url = text(2000).openapi({ example: 'https://gitlab.com/group/project' })

const repositorySchema = z
  .object({
    status: z.enum(['valid', 'invalid', 'unknown']),
    provider: z.object({ id: z.string(), name: z.string(), url: z.string() }).optional(),
    connection: z.object({ id: z.string(), status: z.enum(['pending', 'connected']) }).optional(),
    metadata: metadataSchema.optional(),
    error_code: z.enum(errorCodes).optional(),
  })
  .openapi('Repository')

/** What is known of a git repository by its address. */
export function repositoryRoutes(api: ServerApi, context: ServerContext): void {
  const answer = async (principal: Caller, request: Request, address: string) => {
    const ifNoneMatch = request.headers.get('if-none-match')
    const { status, provider, metadata, errorCode, etag, isNotModified } = await checkRepository(context, principal, {
      url: address,
      ifNoneMatch,
    })
    const headers: Record<string, string> = etag === null ? {} : { etag }
    if (isNotModified) return { status: 304 as const, headers }
    const connectionStatus = provider?.connectionStatus
    const body = {
      status,
      ...(provider === null ? {} : { provider: { id: provider.id, name: provider.name, url: provider.url } }),
      ...(provider?.connectionId && connectionStatus
        ? { connection: { id: provider.connectionId, status: connectionStatus } }
        : {}),
      ...(metadata === null ? {} : { metadata }),
      ...(errorCode === null ? {} : { error_code: errorCode }),
    }
    return { status: 200 as const, body, headers }
  }

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/repository',
      operationId: 'checkRepository',
      tag,
      access: 'open',
      summary: 'Whether there is a git repository at an address, and what you may do with it',
      description:
        'With a connected service whose host it is, what the provider says to you; `If-None-Match` is passed on to it.',
      query: z.strictObject({ url: url.min(1) }),
      answers: { 200: repositorySchema, 304: null },
    },
    async ({ principal, request, query }) => await answer(principal, request, query.url),
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/repositories/{url}',
      operationId: 'getRepository',
      tag,
      access: 'open',
      summary: 'The same, with the address in the path',
      params: z.strictObject({ url }),
      answers: { 200: repositorySchema, 304: null },
    },
    async ({ principal, request, params }) => await answer(principal, request, params.url),
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/repositories/{url}/probe',
      operationId: 'probeRepository',
      tag,
      access: 'open',
      summary: 'Whether everybody may clone a repository',
      params: z.strictObject({ url }),
      answers: { 200: null },
    },
    async ({ params }) => {
      if (await isPublicRepository(context, params.url)) return { status: 200 }
      throw notFound('REPOSITORY_MISSING', 'There is no git repository at this address that everybody may read.')
    },
  )
}
