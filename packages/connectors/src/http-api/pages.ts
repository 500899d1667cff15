import { DataError } from '@millrace/core'
import type { Pagination, Resource } from './api-definition.ts'
import { elements, sliceAt } from './json-slices.ts'
import { type ApiAnswer, type ApiRequest, place, type Requester } from './request.ts'

/** The records of a resource, page by page, each as its own JSON text. */
export async function* readPages(
  requester: Requester,
  first: ApiRequest,
  resource: Resource,
  pagination: Pagination,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const seen = new Set<string>()
  let request: ApiRequest | null = begin(first, pagination)
  let before: readonly string[] = []
  for (let page = 1; request !== null; page++) {
    const identity = `${request.url.href} ${request.body ?? ''}`
    if (seen.has(identity)) throw circles(request.url, 'the next page is one that was read before')
    seen.add(identity)
    if (page > (resource.max_pages ?? 100_000)) {
      throw new DataError('TOO_MANY_PAGES', {
        message: `${place(request.url)} has more than ${page - 1} pages. If that is right, raise "max_pages".`,
      })
    }
    const answer = await requester.send(request, signal)
    if (answer === null) return
    checkJson(answer, request.url)
    const records = recordsOf(answer.text, resource, request.url)
    // An API that does not know the parameter gives the first page again and again.
    if (records.length > 0 && numbered(pagination) && same(records, before)) {
      throw circles(request.url, 'two pages are the same')
    }
    yield records
    before = records
    request = next(request, answer, records.length, pagination)
  }
}

function numbered({ type }: Pagination): boolean {
  return type === 'page' || type === 'offset'
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index])
}

function begin(request: ApiRequest, pagination: Pagination): ApiRequest {
  if (pagination.type === 'page') {
    const { param, first = 1, size_param, size } = pagination
    const sized = size_param === undefined || size === undefined ? {} : { [size_param]: String(size) }
    return withParams(request, { [param]: String(first), ...sized })
  }
  if (pagination.type === 'offset') {
    return withParams(request, { [pagination.param]: '0', [pagination.limit_param]: String(pagination.limit) })
  }
  return request
}

function next(request: ApiRequest, answer: ApiAnswer, count: number, pagination: Pagination): ApiRequest | null {
  switch (pagination.type) {
    case 'none':
      return null
    case 'page': {
      const { param, size } = pagination
      if (count === 0 || (size !== undefined && count < size)) return null
      return withParams(request, { [param]: String(Number(request.url.searchParams.get(param)) + 1) })
    }
    case 'offset': {
      // By what came, not by what was asked for: an API may give less than the limit on every page.
      if (count === 0) return null
      const { param } = pagination
      return withParams(request, { [param]: String(Number(request.url.searchParams.get(param)) + count) })
    }
    case 'cursor': {
      if (pagination.more_path !== undefined && sliceAt(answer.text, pagination.more_path) !== 'true') return null
      const cursor = scalarAt(answer.text, pagination.path)
      return cursor === null ? null : withParams(request, { [pagination.param]: cursor })
    }
    case 'next-url':
      return elsewhere(request, scalarAt(answer.text, pagination.path))
    case 'link-header':
      return elsewhere(request, nextLink(answer.headers.get('link')))
  }
}

function withParams(request: ApiRequest, params: Readonly<Record<string, string>>): ApiRequest {
  const url = new URL(request.url)
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value)
  return { ...request, url }
}

/** The credentials of an API go to its own host only. */
function elsewhere(request: ApiRequest, address: string | null): ApiRequest | null {
  if (address === null) return null
  const url = URL.canParse(address, request.url.href) ? new URL(address, request.url) : null
  if (url?.origin === request.url.origin) return { ...request, url }
  throw new DataError('NEXT_PAGE_ELSEWHERE', {
    message: `The next page of ${place(request.url)} is at ${url === null ? 'no valid address' : url.origin}, which is not the API’s own host, so it was not asked.`,
  })
}

/** RFC 8288: `<https://…>; rel="next", …` */
function nextLink(header: string | null): string | null {
  for (const [, address = '', parameters = ''] of (header ?? '').matchAll(/<([^>]*)>([^,<]*)/g)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)/i.test(parameters)) return address
  }
  return null
}

function scalarAt(text: string, path: string): string | null {
  const slice = sliceAt(text, path)
  if (slice === null || slice === 'null' || slice === 'false') return null
  const value: unknown = JSON.parse(slice)
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' ? slice : null
}

function checkJson({ text }: ApiAnswer, url: URL): void {
  try {
    JSON.parse(text)
  } catch {
    const start = text.trimStart().slice(0, 60).replace(/\s+/g, ' ')
    throw new DataError('NOT_JSON', {
      message: `${place(url)} answered what is not JSON${start === '' ? ', nothing at all' : `: ${start}…`} Check the path.`,
    })
  }
}

function recordsOf(text: string, { records = '' }: Resource, url: URL): string[] {
  const found = sliceAt(text, records)
  const list = found === null || found === 'null' ? null : found.startsWith('[') ? [...elements(found)] : [found]
  if (list === null) {
    throw new DataError('RECORDS_NOT_FOUND', {
      message: `The answer of ${place(url)} has nothing at "${records}". Check "records".`,
    })
  }
  const odd = list.find((record) => !record.startsWith('{'))
  if (odd === undefined) return list
  throw new DataError('RECORDS_NOT_OBJECTS', {
    message: `The records of ${place(url)} are not all objects; one begins with ${odd.slice(0, 30)}. Check "records".`,
  })
}

function circles(url: URL, why: string): DataError {
  return new DataError('PAGINATION_LOOP', {
    message: `The pages of ${place(url)} go in circles: ${why}. Check "pagination".`,
  })
}
