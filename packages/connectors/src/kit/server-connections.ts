import { serial } from './serial.ts'

/** What a connector of a server holds open; all of it ends with the connector. */
export interface ServerConnections<S> extends AsyncDisposable {
  /** Look-ups share one session, opened when first needed, one after the other. */
  lookUp<T>(work: (session: S) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** For sources and sinks. */
  track<T extends AsyncDisposable>(resource: T): T
}

export function createServerConnections<S extends { close(): Promise<void> }>(
  open: () => Promise<S>,
): ServerConnections<S> {
  const inTurn = serial()
  const opened = new Set<AsyncDisposable>()
  let shared: Promise<S> | null = null

  return {
    lookUp: (work, signal) =>
      inTurn(async () => {
        signal?.throwIfAborted()
        shared ??= open()
        const current = shared
        try {
          return await work(await current)
        } catch (error) {
          // Nothing is known of the session's state after a failure.
          shared = null
          await current.then((session) => session.close()).catch(() => {})
          throw error
        }
      }),
    track(resource) {
      opened.add(resource)
      return resource
    },
    async [Symbol.asyncDispose]() {
      const resources = [...opened]
      opened.clear()
      await Promise.all([
        ...resources.map((resource) => resource[Symbol.asyncDispose]()),
        shared?.then((session) => session.close()).catch(() => {}),
      ])
      shared = null
    },
  }
}
