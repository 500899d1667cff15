import { readFile } from 'node:fs/promises'
import { ConfigError } from '@millrace/core'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { apiSchema } from './api-schema.ts'

export type Auth =
  | { readonly type: 'none' | 'bearer' | 'basic' }
  | { readonly type: 'api-key'; readonly header?: string; readonly query?: string }
  | { readonly type: 'oauth2'; readonly token_url: string; readonly scope?: string }

export type Pagination =
  | { readonly type: 'none' | 'link-header' }
  | {
      readonly type: 'page'
      readonly param: string
      readonly first?: number
      readonly size_param?: string
      readonly size?: number
    }
  | { readonly type: 'offset'; readonly param: string; readonly limit_param: string; readonly limit: number }
  | { readonly type: 'cursor'; readonly param: string; readonly path: string; readonly more_path?: string }
  | { readonly type: 'next-url'; readonly path: string }

export interface RetryRule {
  readonly status: number | '4xx' | '5xx' | readonly number[]
  /** `empty`: as if the resource had no records. */
  readonly action: 'retry' | 'fail' | 'empty'
  readonly retries?: number
}

export interface Incremental {
  /** The column of the cursor. */
  readonly field: string
  /** The query parameter that takes its value. */
  readonly param: string
  readonly format?: 'iso' | 'date' | 'unix' | 'unix-ms' | 'text'
  /** Sent when nothing was loaded before. */
  readonly initial?: string
}

export interface Resource {
  readonly path: string
  readonly method?: 'GET' | 'POST'
  readonly params?: Readonly<Record<string, string | number | boolean>>
  /** JSON that is posted. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Where the records are in an answer: `data.items`; the answer itself by default. */
  readonly records?: string
  readonly primary_key?: readonly string[]
  readonly pagination?: Pagination
  readonly incremental?: Incremental
  /** The resource whose records fill `{parent.field}` in the path, one request series each. */
  readonly parent?: string
  /** Columns that each record gets from its parent: name to field. */
  readonly include?: Readonly<Record<string, string>>
  /** Default 100,000. */
  readonly max_pages?: number
}

export interface ApiDefinition {
  readonly base_url: string
  readonly auth?: Auth
  readonly headers?: Readonly<Record<string, string>>
  readonly params?: Readonly<Record<string, string | number | boolean>>
  readonly rate_limit?: { readonly requests: number; readonly per_seconds: number }
  readonly retry?: readonly RetryRule[]
  /** Default 60. */
  readonly timeout_seconds?: number
  readonly pagination?: Pagination
  readonly resources: Readonly<Record<string, Resource>>
}

/** @throws ConfigError `DEFINITION_NOT_FOUND`, `DEFINITION_INVALID` with the place and what is expected there */
export async function readApiDefinition(path: string): Promise<ApiDefinition> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigError('DEFINITION_NOT_FOUND', {
      message: `The definition "${path}" of the API cannot be read. Check the path; it is taken from the current directory.`,
      cause,
    })
  }
  const invalid = (what: string) =>
    new ConfigError('DEFINITION_INVALID', { message: `The definition "${path}" of the API is not valid: ${what}.` })
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw invalid(String(error instanceof Error ? error.message : error).split('\n')[0] ?? '')
  }
  const ajv = new Ajv({ allErrors: false, allowUnionTypes: true, discriminator: true })
  if (!ajv.validate(apiSchema, value)) {
    const { instancePath = '', message = '', params = {} } = ajv.errors?.[0] ?? {}
    const name = (params as { additionalProperty?: string }).additionalProperty
    throw invalid(`"${instancePath || '/'}" ${message}${name === undefined ? '' : ` ("${name}" is not known)`}`)
  }
  const api = value as ApiDefinition
  for (const [name, resource] of Object.entries(api.resources)) checkResource(name, resource, api, invalid)
  return api
}

function checkResource(name: string, resource: Resource, api: ApiDefinition, invalid: (what: string) => Error): void {
  const { path, parent, include } = resource
  const wanted = [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? '')
  for (const field of wanted) {
    if (!field.startsWith('parent.'))
      throw invalid(`the path of "${name}" names {${field}}; only {parent.FIELD} is known`)
  }
  if (parent === undefined) {
    if (wanted.length > 0 || include) throw invalid(`"${name}" takes fields of its parent, and names no "parent"`)
    return
  }
  const seen = new Set([name])
  for (let above: string | undefined = parent; above !== undefined; above = api.resources[above]?.parent) {
    if (!Object.hasOwn(api.resources, above)) throw invalid(`"${name}" has the parent "${above}", which is not there`)
    if (seen.has(above)) throw invalid(`"${name}" is its own parent`)
    seen.add(above)
  }
}
