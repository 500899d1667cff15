import { z } from '@hono/zod-openapi'
import type { OpenApiDocument } from '@millrace/http'
import { jsonMap } from './common-schemas.ts'
import type { ServerApi } from './server-context.ts'

/** Serves the OpenAPI document of all routes; to be called after the others. */
export function specRoutes(api: ServerApi, version: string): OpenApiDocument {
  let document: OpenApiDocument = {}
  api.endpoint(
    {
      method: 'get',
      path: '/api/spec.json',
      operationId: 'getSpec',
      tag: 'platform',
      access: 'anyone',
      summary: 'This document',
      query: z.strictObject({}),
      answers: { 200: jsonMap },
      logLevel: 'debug',
    },
    () => ({ status: 200, body: { ...document } }),
  )
  document = api.document({
    title: 'Millrace',
    version,
    description: 'Workflows, their runs and the workers that carry them out.',
  })
  return document
}
