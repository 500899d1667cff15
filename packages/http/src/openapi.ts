import { type RouteConfig, z } from '@hono/zod-openapi'
import type { AnswerContent, Answers, EndpointOptions } from './endpoint.ts'

export type OpenApiDocument = Readonly<Record<string, unknown>>

const errorSchema = z
  .object({
    error: z.object({
      code: z.int().openapi({ description: '1000 plus the status, or a more exact number where one is documented.' }),
      message: z.string().openapi({ description: 'A full sentence with the next step.' }),
      detail: z.string().optional().openapi({ description: 'Stable name of what went wrong, such as RUN_UNKNOWN.' }),
      trace_id: z.string().optional().openapi({ description: 'Finds the request in the log of the server.' }),
    }),
  })
  .openapi('Error')

/** Not marked as required, so that clients may send it as they send other headers. */
const ifMatchHeader = z.object({
  'If-Match': z.string().optional().openapi({
    description: 'The ETag of what is changed, as it was read. Without it: 428; after another change: 409.',
  }),
})

const descriptions: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Accepted.',
  204: 'Done; there is nothing to say.',
  304: 'Not changed since the ETag that was given.',
}

/** The route as the OpenAPI document has it. */
export function endpointDocument(
  endpoint: EndpointOptions<string, unknown, unknown, unknown, Answers>,
  { isSignInOptional }: { readonly isSignInOptional: boolean },
): RouteConfig {
  const { method, path, operationId, summary, description, tag } = endpoint
  const responses = Object.entries(endpoint.answers).map(([status, content]) => [
    status,
    { description: descriptions[Number(status)] ?? 'Answer.', ...contentOf(content) },
  ])
  return {
    method,
    path,
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: endpoint.access === 'anyone' ? [] : [...(isSignInOptional ? [{}] : []), { bearer: [] }],
    request: {
      ...(endpoint.params === undefined ? {} : { params: endpoint.params as z.ZodObject }),
      ...(endpoint.query === undefined ? {} : { query: endpoint.query as z.ZodObject }),
      ...(endpoint.ifMatch ? { headers: ifMatchHeader } : {}),
      ...requestBody(endpoint),
    },
    responses: {
      ...Object.fromEntries(responses),
      default: { description: 'The request failed.', content: { 'application/json': { schema: errorSchema } } },
    },
  }
}

function requestBody({
  body,
  bytes,
  form,
}: Pick<EndpointOptions<string, unknown, unknown, unknown, Answers>, 'body' | 'bytes' | 'form'>) {
  if (body !== undefined) {
    const contentType = form ? 'application/x-www-form-urlencoded' : 'application/json'
    return { body: { required: !body.safeParse(undefined).success, content: { [contentType]: { schema: body } } } }
  }
  if (bytes === undefined) return {}
  return { body: { required: true, content: { [bytes.contentType]: { schema: binary } } } }
}

const binary = { type: 'string' as const, format: 'binary' }

function contentOf(content: AnswerContent | undefined) {
  if (content === null || content === undefined) return {}
  if ('contentType' in content) return { content: { [content.contentType]: { schema: binary } } }
  return { content: { 'application/json': { schema: content } } }
}
