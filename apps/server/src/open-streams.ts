import type { Logger } from '@millrace/core'
import { type Authenticate, HttpError, type Principal, type ServerEvent, serverEvents } from '@millrace/http'
import type { UserPrincipal } from './principals.ts'

export interface StreamCall {
  readonly principal: UserPrincipal
  readonly request: Request
  readonly requestId: string
  readonly signal: AbortSignal
}

export interface StreamOptions {
  /** Its own signal fires as soon as the caller may not have it any more. One that is over says `end` last. */
  readonly source: (signal: AbortSignal) => AsyncIterable<ServerEvent>
  /** Throws what the caller would be told who asked for it now. */
  readonly expect: (caller: UserPrincipal) => Promise<unknown>
}

/** Streams of this process, which last for long and end when their callers may not have them any more. */
export interface OpenStreams {
  /** Its last event is `denied` with the refusal when access ended; whoever comes back is refused in the same words. */
  answer(call: StreamCall, options: StreamOptions): Response
}

export interface OpenStreamsOptions {
  readonly log: Logger
  /** Says who asks, without counting that as asking: a page that lies open does not keep its session. */
  readonly authenticate: readonly Authenticate<Principal>[]
  /** Lets a caller in, or throws. */
  readonly admit: (caller: Principal | null, request: Request) => UserPrincipal
  /** How often callers and their permissions are looked at. Default 5000. */
  readonly everyMs?: number
}

interface OpenStream {
  readonly call: StreamCall
  readonly expect: StreamOptions['expect']
  end(error: unknown): void
}

/** Statuses that say that it is the caller; all others pass, so that whoever comes back may be let in. */
const refusals = new Set([401, 403, 404])

/**
 * One clock for all streams: who calls is asked once for each token or session, however many streams it has, and one after
 * the other, so that many open pages do not hold up those who ask for something.
 */
export function openStreams({ log, authenticate, admit, everyMs = 5000 }: OpenStreamsOptions): OpenStreams {
  const open = new Set<OpenStream>()
  let timer: NodeJS.Timeout | undefined
  let isLooking = false

  const plan = () => {
    if (timer !== undefined || isLooking || open.size === 0) return
    timer = setTimeout(() => void look(), everyMs)
  }
  const look = async () => {
    timer = undefined
    isLooking = true
    for (const streams of Map.groupBy(open, ({ call }) => credentialOf(call.request)).values()) await lookAt(streams)
    isLooking = false
    plan()
  }
  const identify = async (request: Request): Promise<UserPrincipal> => {
    for (const one of authenticate) {
      const known = await one(request)
      if (known !== null) return admit(known, request)
    }
    return admit(null, request)
  }
  const lookAt = async (streams: readonly OpenStream[]): Promise<void> => {
    const [first] = streams
    if (first === undefined) return
    let caller: UserPrincipal
    try {
      caller = await identify(first.call.request)
    } catch (error) {
      for (const stream of streams) stream.end(error)
      return
    }
    for (const { call, expect, end } of streams.filter((stream) => open.has(stream))) {
      const { id, isAdmin } = call.principal
      try {
        // What it reads was asked for by another caller than this: it has to be asked for again.
        if (caller.id !== id || caller.isAdmin !== isAdmin) end(null)
        else await expect(caller)
      } catch (error) {
        end(error)
      }
    }
  }

  async function* whileAllowed(call: StreamCall, { source, expect }: StreamOptions): AsyncGenerator<ServerEvent> {
    const stop = new AbortController()
    const signal = AbortSignal.any([call.signal, stop.signal])
    let ended: { readonly error: unknown } | undefined
    let wake = () => {}
    const stream: OpenStream = {
      ...{ call, expect },
      end(error) {
        ended ??= { error }
        stop.abort()
        wake()
      },
    }
    const iterator = source(signal)[Symbol.asyncIterator]()
    const next = () =>
      new Promise<IteratorResult<ServerEvent> | null>((resolve, reject) => {
        wake = () => resolve(null)
        iterator.next().then(resolve, reject)
      })
    open.add(stream)
    plan()
    try {
      let last: string | undefined
      while (ended === undefined) {
        const result = await next()
        if (ended !== undefined || result === null) break
        if (result.done) {
          // It does not say why it ended before its end.
          if (last !== 'end' && !signal.aborted) await lookAt([stream])
          break
        }
        last = result.value.event
        yield result.value
      }
    } finally {
      open.delete(stream)
      if (open.size === 0) {
        clearTimeout(timer)
        timer = undefined
      }
      stop.abort()
      void iterator.return?.().catch(() => {})
    }
    if (ended === undefined) return
    const { principal, requestId } = call
    const error: unknown = ended.error
    log.info({ err: error, requestId, caller: `user:${principal.id}` }, 'a stream ended with the access to it')
    if (!(error instanceof HttpError) || !refusals.has(error.status)) return
    const { status, number: code, message, detail } = error
    yield { event: 'denied', data: { status, code, message, detail, trace_id: requestId } }
  }

  return {
    answer: (call, options) => serverEvents(whileAllowed(call, options), call.signal),
  }
}

function credentialOf({ headers }: Request): string {
  return JSON.stringify([headers.get('authorization'), headers.get('cookie')])
}
