import { ConfigError, DataError, parseRetryAfter, retry, TransientError } from '@millrace/core'

export interface JsonGet {
  /** Names the system in messages. */
  readonly system: string
  readonly url: string
  readonly token: string
  /** Further attempts after what may pass: no answer, 429, 5xx. Default 3. */
  readonly retries?: number
  readonly signal: AbortSignal | undefined
}

type Answer = Readonly<Record<string, unknown>>

const timeoutMs = 30_000

/** An object of JSON whose numbers keep their digits. */
export async function getJson({ system, url, token, retries = 3, signal }: JsonGet): Promise<Answer> {
  const attempt = async (): Promise<Answer> => {
    const late = AbortSignal.timeout(timeoutMs)
    const stop = signal ? AbortSignal.any([signal, late]) : late
    let response: Response
    let text: string
    try {
      response = await fetch(url, { headers: { Authorization: `Bearer ${token}` }, redirect: 'manual', signal: stop })
      text = await response.text()
    } catch {
      signal?.throwIfAborted()
      throw new TransientError('CONNECTION_FAILED', {
        message: `${system} cannot be reached. Check the address and the network.`,
      })
    }
    if (response.ok) return parse(text, system)
    const message = `${system} answered ${response.status}.`
    if (response.status === 429 || response.status >= 500) {
      const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'))
      throw new TransientError('SERVICE_UNAVAILABLE', {
        message: `${message} Try again later.`,
        details: retryAfterMs === undefined ? {} : { retryAfterMs },
      })
    }
    throw new ConfigError('ACCESS_DENIED', { message: `${message} Check the address and its token.` })
  }
  return await retry(attempt, { retries, signal })
}

// Not yet among the types of TypeScript: numbers as they were sent, where JavaScript's would lose digits.
type Reviver = (key: string, value: unknown, context: { readonly source: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object }

function parse(text: string, system: string): Answer {
  try {
    const keep: Reviver = (_, value, { source }) =>
      typeof value === 'number' && String(value) !== source ? rawJSON(source) : value
    const value = parseWithSource(text, keep)
    if (typeof value === 'object' && value !== null) return value as Answer
  } catch {
    // Said below.
  }
  throw new DataError('INVALID_ANSWER', { message: `${system} answered with something that is no JSON object.` })
}
