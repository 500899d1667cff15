import {
  ConfigError,
  DataError,
  FatalError,
  isMillraceError,
  parseRetryAfter,
  retry,
  TransientError,
} from '@millrace/core'

export interface JsonPost {
  /** Names the system in messages. */
  readonly system: string
  /** A secret as a rule, so that no message repeats it. */
  readonly url: string
  /** Sent as it is; text has the type `application/json`. */
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default 30,000. */
  readonly timeoutMs?: number
  /** Further attempts after what may pass: no answer, 408, 429, 5xx. Default 3. */
  readonly retries?: number
  /** Looks at a 2xx answer; throws when it says that nothing was accepted. A TransientError is tried again. */
  readonly accept?: (answer: JsonAnswer) => void
  readonly signal?: AbortSignal | undefined
}

export interface JsonAnswer {
  readonly status: number
  readonly text: string
  /** Null when the text is no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | null
}

/** Posts to an address that takes JSON, and resolves when it was accepted. Redirects are not followed: the body may be private. */
export async function postJson(post: JsonPost): Promise<JsonAnswer> {
  return await retry(() => attempt(post), { retries: post.retries ?? 3, signal: post.signal })
}

async function attempt({
  system,
  url,
  body,
  headers,
  timeoutMs = 30_000,
  accept,
  signal,
}: JsonPost): Promise<JsonAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs)
  let answer: JsonAnswer
  let retryAfter: string | null
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
      body,
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    })
    const text = await response.text()
    retryAfter = response.headers.get('retry-after')
    answer = { status: response.status, text, json: jsonObject(text) }
  } catch (error) {
    signal?.throwIfAborted()
    throw unreachable(system, error, timeoutMs)
  }
  if (answer.status < 200 || answer.status > 299) throw refused(system, answer, retryAfter)
  accept?.(answer)
  return answer
}

function unreachable(system: string, error: unknown, timeoutMs: number): Error {
  if (isMillraceError(error)) return error
  if (error instanceof TypeError && !(error.cause instanceof Error)) {
    // Neither the address nor the error, which repeats it, may be shown.
    return new ConfigError('INVALID_CONFIGURATION', {
      message: `The address of ${system} cannot be used. Give a whole address that begins with https://.`,
    })
  }
  const late = error instanceof Error && error.name === 'TimeoutError'
  const code = (error as { cause?: { code?: unknown } }).cause?.code
  const why = late
    ? `no answer within ${timeoutMs / 1000} s`
    : typeof code === 'string'
      ? code
      : 'the connection failed'
  return new TransientError('CONNECTION_FAILED', {
    message: `${system} cannot be reached: ${why}. Check the address and the network.`,
  })
}

function refused(system: string, { status, text }: JsonAnswer, retryAfter: string | null): Error {
  const said = text.replace(/\s+/g, ' ').trim().slice(0, 200)
  const message = `${system} answered ${status}${said ? `: ${said}` : ''}.`
  const details = { status }
  if (status === 429) {
    return new TransientError('RATE_LIMITED', {
      message: `${message} It takes no more messages for now.`,
      details: { ...details, retryAfterMs: parseRetryAfter(retryAfter) ?? 1000 },
    })
  }
  if (status === 408 || status >= 500) {
    const retryAfterMs = parseRetryAfter(retryAfter)
    return new TransientError('SERVICE_UNAVAILABLE', {
      message,
      details: { ...details, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    })
  }
  if (status === 400 || status === 413 || status === 422) return new DataError('MESSAGE_REFUSED', { message, details })
  if (status >= 300 && status < 400) {
    return new FatalError('REDIRECTED', {
      message: `${system} answered ${status}, a redirect, which is not followed. Give the address that it leads to.`,
      details,
    })
  }
  return new ConfigError('ACCESS_DENIED', { message: `${message} Check the address and its token.`, details })
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
