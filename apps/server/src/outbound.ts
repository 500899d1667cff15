import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { abortable, isMillraceError, type PlatformSettings, TransientError } from '@millrace/core'
import { invalid } from '@millrace/http'
import { type OutboundRules, outboundRules, type ResolveHost } from './outbound-addresses.ts'

export interface OutboundLimits {
  /** Of the whole exchange with all its redirects, in ms. Default 10,000. */
  readonly timeoutMs?: number
  /** Of the body of the answer, in bytes. Default 10 MiB. */
  readonly maxBytes?: number
  /** Redirects that are followed. Default 5. */
  readonly maxRedirects?: number
  /** For tests. Default: the resolver of the system. */
  readonly lookup?: ResolveHost
}

/** As `fetch`; the answer is read already. */
export type OutboundFetch = (url: string | URL, init?: OutboundInit) => Promise<Response>

export interface OutboundInit {
  readonly method?: string | undefined
  readonly headers?: RequestInit['headers'] | undefined
  readonly body?: RequestInit['body'] | undefined
  /** `manual` answers with the redirect itself. Default `follow`. */
  readonly redirect?: 'follow' | 'manual' | 'error' | undefined
  readonly signal?: AbortSignal | null | undefined
}

/**
 * A `fetch` for addresses that users gave. It connects only to machines that may be reached: it looks the name up itself,
 * connects to what it checked, and checks every redirect anew. Headers are not sent on to another origin.
 *
 * Fails with HttpError 422 OUTBOUND_REFUSED for what may not be reached, OUTBOUND_URL_INVALID, OUTBOUND_HOST_UNKNOWN,
 * OUTBOUND_TOO_LARGE, OUTBOUND_REDIRECTS; with TransientError OUTBOUND_FAILED when there is no answer.
 *
 * @throws ConfigError SETTING_INVALID
 */
export function outboundFetch(
  settings: Pick<PlatformSettings, 'allowedAddresses'>,
  limits: OutboundLimits = {},
): OutboundFetch {
  const { timeoutMs = 10_000, maxBytes = 10 * 1024 * 1024, maxRedirects = 5 } = limits
  const rules = outboundRules(settings, limits.lookup)
  return async (given, init = {}) => {
    const deadline = AbortSignal.timeout(timeoutMs)
    const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline
    let hop = await firstHop(checkOutboundUrl(given), init)
    try {
      for (let redirects = 0; ; redirects += 1) {
        const answer = await exchange(rules, hop, { signal, maxBytes })
        const target = init.redirect === 'manual' ? null : redirectOf(answer, hop.url)
        if (target === null) return answer
        if (init.redirect === 'error' || redirects === maxRedirects) {
          throw invalid('OUTBOUND_REDIRECTS', `"${hop.url.host}" redirects too often. Give the address it ends at.`)
        }
        hop = nextHop(hop, target, answer.status)
      }
    } catch (error) {
      if (isMillraceError(error)) throw error
      init.signal?.throwIfAborted()
      throw new TransientError('OUTBOUND_FAILED', {
        message: deadline.aborted
          ? `"${hop.url.host}" did not answer within ${timeoutMs} ms. Try again later.`
          : `"${hop.url.host}" could not be reached. Check the address, or try again later.`,
        cause: error,
      })
    }
  }
}

/**
 * Whether an address is one at all that requests may go to; whom it leads to is checked when it is used.
 *
 * @throws HttpError 422 OUTBOUND_URL_INVALID
 */
export function checkOutboundUrl(given: string | URL): URL {
  const url = URL.parse(String(given))
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalid('OUTBOUND_URL_INVALID', 'The address has to begin with http:// or https:// and name a host.')
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid('OUTBOUND_URL_INVALID', 'The address must not hold a user name or a password.')
  }
  return url
}

interface Hop {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array | null
}

async function firstHop(url: URL, { method = 'GET', headers: given, body }: OutboundInit): Promise<Hop> {
  const headers = new Headers(given)
  if (body instanceof URLSearchParams && !headers.has('content-type'))
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8')
  // `host` and `content-length` are told by the connection itself.
  for (const name of ['host', 'content-length', 'transfer-encoding', 'connection']) headers.delete(name)
  const bytes = body === undefined || body === null ? null : await new Response(body).bytes()
  return { url, method: method.toUpperCase(), headers, body: bytes }
}

const redirects = new Set([301, 302, 303, 307, 308])

function redirectOf(answer: Response, from: URL): URL | null {
  const location = answer.headers.get('location')
  if (!redirects.has(answer.status) || location === null) return null
  return checkOutboundUrl(URL.parse(location, from.href) ?? location)
}

function nextHop({ url, method, headers, body }: Hop, target: URL, status: number): Hop {
  const keepsMethod = status > 303 || method === 'GET' || method === 'HEAD'
  const isSameOrigin = target.origin === url.origin
  if (keepsMethod && body !== null && !isSameOrigin) {
    throw invalid(
      'OUTBOUND_REDIRECTS',
      `"${url.host}" redirects a request with a body to another server, which is refused.`,
    )
  }
  const kept = new Headers(
    isSameOrigin ? headers : [...headers].filter(([name]) => name === 'accept' || name === 'user-agent'),
  )
  if (!keepsMethod) kept.delete('content-type')
  return { url: target, method: keepsMethod ? method : 'GET', headers: kept, body: keepsMethod ? body : null }
}

async function exchange(
  rules: OutboundRules,
  { url, method, headers, body }: Hop,
  { signal, maxBytes }: { readonly signal: AbortSignal; readonly maxBytes: number },
): Promise<Response> {
  signal.throwIfAborted()
  const addresses = await abortable(rules.addressesOf(url.hostname), signal)
  const lookup: LookupFunction = (_host, options, done) => {
    const [first] = addresses
    if (options.all) done(null, [...addresses])
    else if (first) done(null, first.address, first.family)
  }
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const request = send(url, {
    method,
    // What is asked for must not come compressed: a small body could unpack to a huge one.
    headers: { 'user-agent': 'millrace', 'accept-encoding': 'identity', ...Object.fromEntries(headers) },
    lookup,
    signal,
    // A connection of its own: one kept from before would have been checked before.
    agent: false,
  })
  const message = await answerOf(request, body)
  const bytes = method === 'HEAD' ? Buffer.alloc(0) : await readLimited(message, maxBytes, url)
  const status = message.statusCode ?? 502
  const answer = new Headers()
  for (let place = 0; place + 1 < message.rawHeaders.length; place += 2)
    answer.append(message.rawHeaders[place] ?? '', message.rawHeaders[place + 1] ?? '')
  const isEmpty = status === 204 || status === 205 || status === 304 || bytes.byteLength === 0
  return new Response(isEmpty ? null : new Uint8Array(bytes), { status, headers: answer })
}

function answerOf(request: ClientRequest, body: Uint8Array | null): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject).on('response', resolve)
    request.on('upgrade', (_message, socket) => socket.destroy(new Error('The server wants another protocol.')))
    request.end(body ?? undefined)
  })
}

async function readLimited(message: IncomingMessage, maxBytes: number, url: URL): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.byteLength
    if (length > maxBytes) {
      message.destroy()
      throw invalid('OUTBOUND_TOO_LARGE', `The answer of "${url.host}" is larger than ${maxBytes} bytes.`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
