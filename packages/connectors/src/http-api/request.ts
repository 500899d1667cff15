import { ConfigError, DataError, isMillraceError, parseRetryAfter, retry, TransientError } from '@millrace/core'
import pThrottle from 'p-throttle'
import type { ApiDefinition, RetryRule } from './api-definition.ts'
import type { Authorizer } from './authorize.ts'

export interface ApiRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface ApiAnswer {
  readonly text: string
  readonly headers: Headers
}

export interface Requester {
  /** Null when the retry table says that this status means no records. */
  send(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer | null>
}

/** What most APIs mean by these. */
const usual: readonly RetryRule[] = [{ status: [408, 425, 429, 500, 502, 503, 504], action: 'retry' }]

/** Most bytes of one answer: a page is kept in memory. */
const mostBytes = 256 * 2 ** 20

/** Sends requests one after the other, no quicker than allowed, and again as the table of the definition says. */
export function createRequester(api: ApiDefinition, authorizer: Authorizer): Requester {
  const rules = [...(api.retry ?? []), ...usual]
  const timeoutMs = (api.timeout_seconds ?? 60) * 1000
  const throttled = api.rate_limit
    ? pThrottle({ limit: api.rate_limit.requests, interval: api.rate_limit.per_seconds * 1000, strict: true })(
        async () => {},
      )
    : async () => {}

  async function attempt(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer | null> {
    await throttled()
    signal.throwIfAborted()
    const response = await follow(request, authorizer, timeoutMs, signal)
    const { status } = response
    if (status === 401 && authorizer.forget()) return await attempt(request, signal)
    if (status >= 200 && status < 300) {
      const text = await readText(response, signal, request.url)
      return { text, headers: response.headers }
    }
    const rule = rules.find((each) => matches(each.status, status))
    await response.body?.cancel()
    if (rule?.action === 'empty') return null
    throw refused(request, response, rule)
  }

  return {
    async send(request, signal) {
      let left: number | null = null
      return await retry(() => attempt(request, signal), {
        retries: 20,
        signal,
        shouldRetry: (error) => {
          if (!isMillraceError(error) || error.recovery !== 'transient') return false
          left = (left ?? Number(error.details.retries ?? 5)) - 1
          return left >= 0
        },
      })
    },
  }
}

function matches(wanted: RetryRule['status'], status: number): boolean {
  if (wanted === '4xx' || wanted === '5xx') return Math.floor(status / 100) === Number(wanted[0])
  return typeof wanted === 'number' ? wanted === status : wanted.includes(status)
}

/** Redirects are followed by hand: credentials stay with the API's own origin. */
async function follow(
  request: ApiRequest,
  authorizer: Authorizer,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Response> {
  let url = request.url
  for (let hops = 0; hops <= 5; hops++) {
    const own = url.origin === request.url.origin
    const { headers, query } = own ? await authorizer.authorize(signal) : { headers: {}, query: {} }
    const target = new URL(url)
    for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value)
    const response = await fetchOnce(request, target, own ? headers : null, timeoutMs, signal)
    const location = response.headers.get('location')
    if (response.status < 300 || response.status > 399 || location === null) return response
    await response.body?.cancel()
    if (request.method !== 'GET' || !URL.canParse(location, url.href)) return response
    url = new URL(location, url)
  }
  throw new DataError('REDIRECT_LOOP', { message: `${place(request.url)} leads in circles. Check the path.` })
}

async function fetchOnce(
  { method, headers, body, url }: ApiRequest,
  target: URL,
  credentials: Readonly<Record<string, string>> | null,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Response> {
  try {
    return await fetch(target, {
      method,
      headers:
        credentials === null
          ? { Accept: 'application/json' }
          : { Accept: 'application/json', ...headers, ...credentials },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
  } catch (error) {
    throw unreachable(error, url, signal)
  }
}

/** Without the query, which may hold a key. */
export function place(url: URL): string {
  return `${url.origin}${url.pathname}`
}

function unreachable(error: unknown, url: URL, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason as Error
  const late = error instanceof Error && error.name === 'TimeoutError'
  const code = (error as { cause?: { code?: unknown } }).cause?.code
  const why = late ? 'it did not answer in time' : typeof code === 'string' ? code : 'the connection failed'
  return new TransientError('CONNECTION_FAILED', {
    message: `${place(url)} cannot be read: ${why}. Check the address and the network.`,
  })
}

async function readText(response: Response, signal: AbortSignal, url: URL): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of response.body ?? []) {
      size += part.length
      if (size > mostBytes) break
      parts.push(part)
    }
  } catch (error) {
    throw unreachable(error, url, signal)
  }
  if (size > mostBytes) {
    throw new DataError('ANSWER_TOO_LARGE', {
      message: `${place(url)} answered more than ${mostBytes / 2 ** 20} MB at once. Ask for smaller pages.`,
    })
  }
  return Buffer.concat(parts).toString('utf8')
}

function refused(request: ApiRequest, { status, headers }: Response, rule: RetryRule | undefined): Error {
  const message = `${place(request.url)} answered ${status}.`
  if (rule?.action === 'retry') {
    const retryAfterMs = parseRetryAfter(headers.get('retry-after'))
    return new TransientError(status === 429 ? 'RATE_LIMITED' : 'SERVICE_UNAVAILABLE', {
      message: `${message} It was tried ${(rule.retries ?? 5) + 1} times.`,
      details: { status, retries: rule.retries ?? 5, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    })
  }
  if (status === 401 || status === 403) {
    return new ConfigError('ACCESS_DENIED', { message: `${message} Check the token and what it may read.` })
  }
  return new ConfigError('REQUEST_REFUSED', {
    message: `${message} Check the path and the parameters, or say in "retry" what this status means.`,
    details: { status },
  })
}
