import { notifications } from '@mantine/notifications'
import { followLive, type LiveHint, type LiveTopics } from '@millrace/client'
import { ApiError, api, connection, noteFailure, queryClient } from '../api/index.ts'
import { concerns } from './concerns.ts'
import { readingAgain } from './read-again.ts'

export type LogHint = Extract<LiveHint, { readonly kind: 'log' }>

/** What a part of a page wants to hear of. */
export interface Interest {
  /** Id of a run. */
  readonly run?: string
  /** Any run that the person may see. */
  readonly runs?: true
  /** A task run, or `TASKRUN:ATTEMPT`. */
  readonly log?: string
  readonly onLog?: (hint: LogHint) => void
}

/** Parts of pages come and go in bunches while the person goes from page to page; then the connection is opened once. */
const settleMs = 60

/** The one connection of this tab by which the server tells what changed. */
export const live = createLive()

function createLive() {
  const readAgain = readingAgain(queryClient)
  const interests = new Set<Interest>()
  let topics = ''
  let current = new AbortController()
  let isSettling = false
  let isReady = false
  const listeners = new Set<() => void>()

  const setReady = (ready: boolean) => {
    isReady = ready
    for (const listener of listeners) listener()
  }

  const settle = () => {
    if (isSettling) return
    isSettling = true
    setTimeout(reconnect, settleMs)
  }

  const reconnect = () => {
    isSettling = false
    const wanted = topicsOf(interests)
    const text = JSON.stringify(wanted)
    if (text === topics) return
    topics = text
    current.abort()
    current = new AbortController()
    if (interests.size > 0) void listen(wanted, current.signal)
    else setReady(false)
  }

  const listen = async (wanted: LiveTopics, signal: AbortSignal): Promise<void> => {
    try {
      const onLost = () => {
        setReady(false)
        void connection.doubt()
      }
      for await (const hint of followLive(api, wanted, { signal, onLost })) tell(hint)
    } catch (error) {
      // The connection was closed here, or the server refuses.
      if (signal.aborted) return
      const wasReady = isReady
      topics = ''
      setReady(false)
      if (error instanceof ApiError && wasReady) ended(error)
    }
  }

  /** Whoever has no session any more is asked to sign in; everybody else sees by reading again what is left. */
  const ended = (error: ApiError) => {
    noteFailure(error)
    if (error.status === 401) return
    const title = 'You no longer have access to this, or it was removed'
    notifications.show({ color: 'yellow', title, message: error.message, autoClose: 12_000 })
    void queryClient.invalidateQueries()
  }

  const tell = (hint: LiveHint) => {
    if (hint.kind === 'ready') setReady(true)
    readAgain(({ queryKey }) => concerns(hint, queryKey))
    if (hint.kind === 'log') for (const { onLog } of interests) onLog?.(hint)
  }

  return {
    /** Until the function that it returns is called. */
    follow(interest: Interest): () => void {
      interests.add(interest)
      settle()
      return () => {
        interests.delete(interest)
        settle()
      }
    },
    /** Listens again after the server had refused to tell. */
    restart(): void {
      topics = ''
      settle()
    },
    /** Whether hints arrive. */
    isReady: () => isReady,
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Once the person is signed in again. */
export function restartLive(): void {
  live.restart()
}

function topicsOf(interests: ReadonlySet<Interest>): LiveTopics {
  const all = [...interests]
  const unique = (given: readonly (string | undefined)[]) =>
    [...new Set(given)].filter((one) => one !== undefined).toSorted()
  return {
    run: unique(all.map(({ run }) => run)),
    log: unique(all.map(({ log }) => log)),
    runs: all.some(({ runs }) => runs),
  }
}
