export interface SessionPool<S> extends AsyncDisposable {
  readonly size: number
  /** Runs `fn` with a session that nobody else uses meanwhile; waits for one when all are taken. */
  use<T>(fn: (session: S) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** For work that spans several calls, such as a stream; `release` must be called. */
  acquire(signal?: AbortSignal): Promise<S>
  /** `broken`: it can serve no more; another takes its place when needed. */
  release(session: S, broken: boolean): void
}

/** A session that says whether it is alive outlives failures in it; any other is closed after one. */
interface Poolable {
  readonly alive?: boolean
  close(): Promise<void>
}

/** Up to `size` sessions, opened when first needed. */
export function createSessionPool<S extends Poolable>(
  size: number,
  open: (signal?: AbortSignal) => Promise<S>,
): SessionPool<S> {
  const idle: S[] = []
  const all = new Set<S>()
  const closing = new Set<Promise<void>>()
  const waiting: (() => void)[] = []
  let taken = 0

  async function acquire(signal?: AbortSignal): Promise<S> {
    signal?.throwIfAborted()
    while (taken >= size) {
      const turn = Promise.withResolvers<void>()
      const stop = () => turn.resolve()
      waiting.push(stop)
      signal?.addEventListener('abort', stop, { once: true })
      await turn.promise
      signal?.removeEventListener('abort', stop)
      if (signal?.aborted) {
        const place = waiting.indexOf(stop)
        if (place >= 0) waiting.splice(place, 1)
        else waiting.shift()?.()
        signal.throwIfAborted()
      }
    }
    taken++
    try {
      let session = idle.pop()
      while (session && session.alive === false) {
        all.delete(session)
        session = idle.pop()
      }
      session ??= await open(signal)
      all.add(session)
      return session
    } catch (error) {
      taken--
      waiting.shift()?.()
      throw error
    }
  }

  function release(session: S, broken: boolean): void {
    taken--
    if (broken) {
      all.delete(session)
      const closed = session.close().finally(() => closing.delete(closed))
      closing.add(closed)
    } else idle.push(session)
    waiting.shift()?.()
  }

  return {
    size,
    acquire,
    release,
    async use(fn, signal) {
      const session = await acquire(signal)
      let failed = true
      try {
        const result = await fn(session)
        failed = false
        return result
      } finally {
        release(session, session.alive === undefined ? failed : !session.alive)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...[...all].map((session) => session.close()), ...closing])
      all.clear()
      idle.length = 0
    },
  }
}
