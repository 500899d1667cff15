import { z } from '@hono/zod-openapi'
import { closestName } from '@millrace/core'
import { HttpError } from './http-error.ts'

type Part = 'path' | 'query' | 'body'

export interface Parts {
  readonly path?: z.ZodType | undefined
  readonly query?: z.ZodType | undefined
  readonly body?: z.ZodType | undefined
}

/**
 * Checks all parts of a request at once.
 *
 * @throws HttpError 422 that lists every field with its place and what is wrong with it.
 */
export function validate(schemas: Parts, given: Readonly<Record<Part, unknown>>): Record<Part, unknown> {
  const result: Record<Part, unknown> = { path: undefined, query: undefined, body: undefined }
  const problems: string[] = []
  for (const part of ['path', 'query', 'body'] as const) {
    const schema = schemas[part]
    if (schema === undefined) continue
    const parsed = schema.safeParse(given[part])
    if (parsed.success) result[part] = parsed.data
    else problems.push(...parsed.error.issues.flatMap((issue) => describe(part, issue, schema)))
  }
  if (problems.length === 0) return result
  throw new HttpError(422, 'REQUEST_INVALID', `The request is not valid: ${problems.slice(0, 50).join('; ')}.`)
}

function describe(part: Part, issue: z.core.$ZodIssue, schema: z.ZodType): string[] {
  const place = [part, ...issue.path.map(String)].join('.')
  if (issue.code === 'unrecognized_keys') {
    // Only the top level knows its fields here; deeper ones are named without a suggestion.
    const fields = issue.path.length === 0 ? fieldsOf(schema) : []
    return issue.keys.map((key) => {
      const suggestion = closestName(key, fields)
      const hint = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`
      return `${place}.${key} is not known${hint}`
    })
  }
  if (issue.code === 'invalid_type' && issue.input === undefined && /received undefined$/.test(issue.message)) {
    return [part === place && part === 'body' ? 'the body is missing' : `${place} is missing`]
  }
  return [`${place}: ${issue.message.replace(/^Invalid input: /, '')}`]
}

function fieldsOf(schema: unknown): string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape)
  if (schema instanceof z.ZodOptional) return fieldsOf(schema.unwrap())
  if (schema instanceof z.ZodPipe) return fieldsOf(schema.in)
  return []
}

/** `a=1&b=2&b=3` is `{ a: '1', b: ['2', '3'] }`. */
export function queryValues(params: URLSearchParams): Record<string, string | string[]> {
  const values: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of params) {
    const before = values[name]
    values[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value]
  }
  return { ...values }
}
