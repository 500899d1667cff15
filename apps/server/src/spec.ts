import { z } from '@hono/zod-openapi'
import { invalid, type OpenApiDocument } from '@millrace/http'
import { jsonMap } from './common-schemas.ts'
import { docsPage } from './docs-page.ts'
import type { ServerApi } from './principals.ts'

const tag = 'platform'
const access = 'anyone'
const query = z.strictObject({})

const specPlaces = [
  { path: '/api/spec.json', operationId: 'getSpec' },
  { path: '/api/data/spec.json', operationId: 'getDataSpec' },
] as const

/** Serves the OpenAPI document of all routes and a page made from it, both made when they are first asked for. */
export function specRoutes(api: ServerApi, version: string): void {
  let made: OpenApiDocument | undefined
  const document = () => {
    made ??= api.document({
      title: 'Millrace',
      version,
      description: 'Workflows, their runs and the workers that carry them out.',
    })
    return made
  }
  for (const place of specPlaces) {
    api.endpoint(
      {
        method: 'get',
        ...place,
        ...{ tag, access, query },
        summary: 'This document',
        answers: { 200: jsonMap },
        logLevel: 'debug',
      },
      () => ({ status: 200, body: { ...document() } }),
    )
  }
  api.endpoint(
    {
      method: 'get',
      path: '/',
      operationId: 'getStart',
      ...{ tag, access, query },
      summary: 'Leads browsers to this document as a page',
      answers: { 302: null },
      logLevel: 'debug',
    },
    () => ({ status: 302, headers: { location: '/api/docs' } }),
  )
  api.endpoint(
    {
      method: 'get',
      path: '/api/docs',
      operationId: 'getDocs',
      ...{ tag, access, query },
      summary: 'This document as a page',
      answers: { 200: { contentType: 'text/html' } },
      logLevel: 'debug',
    },
    () => ({ response: docsPage(document()) }),
  )
  api.endpoint(
    {
      method: 'get',
      path: '/api/data/version',
      operationId: 'getDataVersion',
      ...{ tag, access, query },
      summary: 'Version of the server',
      answers: { 200: z.object({ version: z.string() }) },
      logLevel: 'debug',
      rate: 'none',
    },
    () => ({ status: 200, body: { version } }),
  )
  api.endpoint(
    {
      method: 'get',
      path: '/api/data/error',
      operationId: 'getSampleError',
      ...{ tag, access, query },
      summary: 'An error, to see what errors look like',
      answers: { 204: null },
    },
    () => {
      throw invalid('SAMPLE_ERROR', 'This is how errors look. Nothing is wrong.')
    },
  )
}
