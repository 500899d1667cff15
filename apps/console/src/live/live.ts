import { followLive, type LiveHint, type LiveTopics } from '@millrace/client'
import { api, queryClient } from '../api/index.ts'
import { concerns } from './concerns.ts'

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
  const interests = new Set<Interest>()
  let topics = ''
  let connection = new AbortController()
  let isSettling = false

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
    connection.abort()
    connection = new AbortController()
    if (interests.size > 0) void listen(wanted, connection.signal)
  }

  const listen = async (wanted: LiveTopics, signal: AbortSignal): Promise<void> => {
    try {
      for await (const hint of followLive(api, wanted, { signal })) tell(hint)
    } catch {
      // The connection was closed here, or the server refuses: then reading tells the page so.
      if (!signal.aborted) topics = ''
    }
  }

  const tell = (hint: LiveHint) => {
    void queryClient.invalidateQueries({ predicate: ({ queryKey }) => concerns(hint, queryKey) })
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
  }
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
