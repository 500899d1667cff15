import type { OpenApiDocument } from '@millrace/http'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Operation } from './operations.fixture.ts'

export interface Request {
  readonly operation: Operation
  readonly role: string
  readonly params: Readonly<Record<string, string>>
  readonly query: readonly (readonly [string, string])[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface Response {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly ms: number
}

export async function send(url: string, token: string | null, request: Request): Promise<Response> {
  const { operation, params, query, headers, body } = request
  const startedAt = performance.now()
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent((params[name] ?? '').toWellFormed()),
  )
  const search =
    query.length === 0 ? '' : `?${new URLSearchParams(query.map(([name, value]): [string, string] => [name, value]))}`
  const type = operation.body?.contentType
  const response = await fetch(`${url}${path}${search}`, {
    method: operation.method,
    redirect: 'manual',
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(type === undefined || body === undefined ? {} : { 'content-type': type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: bodyAs(type, body) }),
  })
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (isStream) await response.body?.cancel()
  const text = isStream ? '' : await response.text()
  return { status: response.status, headers: response.headers, text, ms: performance.now() - startedAt }
}

function bodyAs(type: string | undefined, body: unknown): string {
  if (type === 'application/json') return JSON.stringify(body)
  if (type === 'application/x-www-form-urlencoded') {
    const fields = Object.entries(body ?? {}).map(([name, value]): [string, string] => [
      name.toWellFormed(),
      String(value).toWellFormed(),
    ])
    return new URLSearchParams(fields).toString()
  }
  return typeof body === 'string' ? body.toWellFormed() : JSON.stringify(body)
}

/** Says what is wrong with an answer; null: nothing. */
export function answerChecks(document: OpenApiDocument): (operation: Operation, answer: Response) => string | null {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ ...document, $id: 'document' })
  const compiled = new Map<string, ValidateFunction>()
  const schemaAt = (pointer: string): ValidateFunction => {
    const known = compiled.get(pointer)
    if (known !== undefined) return known
    const made = ajv.compile({ $ref: `document#${pointer}` })
    compiled.set(pointer, made)
    return made
  }
  return ({ path, method, responses }, { status, headers, text }) => {
    if (status >= 500) return `it answers ${status}`
    const declared = responses[String(status)]
    if (declared === undefined && status < 400) return `the document does not say that it answers ${status}`
    const place = declared === undefined ? 'default' : String(status)
    const content = Object.keys((declared ?? responses.default)?.content ?? {})
    const type = headers.get('content-type')?.split(';')[0] ?? null
    if (status === 304 || content.length === 0) return text === '' ? null : `it answers ${status} with a body`
    if (type === null || !content.includes(type)) return `it answers ${type} instead of ${content.join(' or ')}`
    if (type !== 'application/json') return null
    const steps = ['paths', path, method.toLowerCase(), 'responses', place, 'content', type, 'schema']
    const pointer = steps
      .map((step) => `/${encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
      .join('')
    const validate = schemaAt(pointer)
    if (validate(JSON.parse(text))) return null
    return `its answer does not match its schema: ${ajv.errorsText(validate.errors)}`
  }
}
