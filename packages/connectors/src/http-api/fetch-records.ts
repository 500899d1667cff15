import { DataError } from '@millrace/core'
import type { ApiDefinition, Resource } from './api-definition.ts'
import { sliceAt } from './json-slices.ts'
import { readPages } from './pages.ts'
import type { ApiRequest, Requester } from './request.ts'

export interface FetchOptions {
  /** The value of the resource's cursor parameter. */
  readonly since: string | null
  /** Records of the parent, as JSON texts. */
  readonly parents: AsyncIterable<string> | null
  readonly signal: AbortSignal
  /** Only the first page, to see what records look like. */
  readonly onlyFirstPage?: boolean
}

/** The records of a resource as lines of NDJSON, a page at a time. Numbers keep their digits: nothing is parsed and written again. */
export async function* fetchRecords(
  api: ApiDefinition,
  baseUrl: string,
  resource: Resource,
  requester: Requester,
  { since, parents, signal, onlyFirstPage = false }: FetchOptions,
): AsyncGenerator<string> {
  const pagination = resource.pagination ?? api.pagination ?? { type: 'none' }
  for await (const parent of parents ?? alone()) {
    const request = requestOf(api, baseUrl, resource, parent, since)
    const added = included(resource, parent)
    for await (const records of readPages(requester, request, resource, pagination, signal)) {
      if (records.length > 0) yield records.map((record) => `${oneLine(record, added)}\n`).join('')
      if (onlyFirstPage) return
    }
  }
}

async function* alone(): AsyncGenerator<null> {
  yield null
}

function requestOf(
  api: ApiDefinition,
  baseUrl: string,
  { path, method = 'GET', params, headers, body, incremental }: Resource,
  parent: string | null,
  since: string | null,
): ApiRequest {
  const filled = path.replaceAll(/\{parent\.([^}]*)\}/g, (_, field: string) =>
    encodeURIComponent(parentText(parent, field)),
  )
  const url = new URL(`${baseUrl.replace(/\/$/, '')}/${filled.replace(/^\//, '')}`)
  for (const [name, value] of Object.entries({ ...api.params, ...params })) url.searchParams.set(name, String(value))
  const from = since ?? incremental?.initial
  if (incremental && from !== undefined) url.searchParams.set(incremental.param, from)
  return {
    url,
    method,
    headers: { ...api.headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }
}

function parentText(parent: string | null, field: string): string {
  const slice = parent === null ? null : sliceAt(parent, field)
  if (slice === null || slice === 'null' || /^[{[]/.test(slice)) {
    throw new DataError('PARENT_FIELD_MISSING', {
      message: `A record of the parent has no single value "${field}", which the path needs. Check the path.`,
    })
  }
  return slice.startsWith('"') ? (JSON.parse(slice) as string) : slice
}

function included({ include = {} }: Resource, parent: string | null): string {
  return Object.entries(include)
    .map(([name, field]) => `${JSON.stringify(name)}:${(parent === null ? null : sliceAt(parent, field)) ?? 'null'},`)
    .join('')
}

/** Line breaks of JSON stand between tokens only. */
function oneLine(record: string, added: string): string {
  const line = record.replaceAll(/[\r\n]+/g, ' ')
  if (added === '') return line
  return /^\{\s*\}$/.test(line) ? `{${added.slice(0, -1)}}` : `{${added}${line.slice(1)}`
}
