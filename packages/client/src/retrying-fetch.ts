import { UnreachableError } from './api-error.ts'

/**
 * Sends a request. `signal` is the caller's own, and to be listened to beside the request's: Node.js forgets that a request was
 * made with a signal when nobody holds the request any more, which also is while its answer is read.
 */
export type Send = (request: Request, signal: AbortSignal | undefined) => Promise<Response>

export interface RetryingOptions {
  /** Further tries after the first. */
  readonly retries: number
  readonly send: Send
  readonly signal: AbortSignal | undefined
}

const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])
const firstDelayMs = 200
const longestDelayMs = 10_000

/**
 * Sends a request again when that can do no harm and may help: one that may be repeated after its connection failed or the
 * server was not ready, any other only after the server said that it did nothing with it (429).
 */
export async function retryingFetch(request: Request, { retries, send, signal }: RetryingOptions): Promise<Response> {
  for (let tried = 0; ; tried++) {
    const isLast = tried >= retries
    const mayRepeat = idempotent.has(request.method)
    let delayMs = Math.min(firstDelayMs * 2 ** tried, longestDelayMs) * (1 + Math.random())
    try {
      const response = await send(isLast ? request : request.clone(), signal)
      const helps = response.status === 429 || (mayRepeat && [502, 503, 504].includes(response.status))
      if (!helps || isLast) return response
      await response.body?.cancel()
      delayMs = Math.max(delayMs, retryAfterMs(response) ?? 0)
      if (delayMs > 60_000) return response
    } catch (error) {
      signal?.throwIfAborted()
      if (!mayRepeat || isLast) throw new UnreachableError(request.url, error)
    }
    await pause(delayMs, signal ?? request.signal)
  }
}

/** Seconds or a date. */
function retryAfterMs(response: Response): number | undefined {
  const text = response.headers.get('retry-after')
  if (text === null) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isNaN(ms) ? undefined : ms
}

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
