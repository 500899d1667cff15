import { isMillraceError, retry } from '@millrace/core'

export interface RetryUntilStoppedOptions {
  readonly retryForMs: number
  /** Ends the waiting between attempts, not an attempt. */
  readonly stopping: AbortSignal | undefined
  readonly onRetry: (retry: { attempt: number; delayMs: number; error: Error }) => void
}

/** Tries again after transient failures for as long as there is time, and nobody asks to stop. @throws the stop's reason while waiting */
export async function retryUntilStopped<T>(
  attempt: () => Promise<T>,
  { retryForMs, stopping, onRetry }: RetryUntilStoppedOptions,
): Promise<T> {
  const cut = new AbortController()
  let waiting = false
  const stop = () => {
    if (waiting) cut.abort(stopping?.reason)
  }
  stopping?.addEventListener('abort', stop)
  try {
    return await retry(
      () => {
        waiting = false
        return attempt()
      },
      {
        retries: Number.MAX_SAFE_INTEGER,
        deadlineMs: retryForMs,
        minDelayMs: 250,
        signal: cut.signal,
        onRetry(tried) {
          waiting = true
          onRetry(tried)
          if (stopping?.aborted) stop()
        },
      },
    )
  } finally {
    stopping?.removeEventListener('abort', stop)
  }
}

export function isTransient(error: unknown): error is Error {
  return isMillraceError(error) && error.recovery === 'transient'
}
