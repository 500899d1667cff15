import { ApiError, UnreachableError } from './api-error.ts'
import type { Client } from './client.ts'
import { pause } from './retrying-fetch.ts'
import type { components } from './schema.generated.ts'
import { type ReceivedEvent, readEvents } from './sse.ts'

export type RunEvent = components['schemas']['RunEvent']

/** A line of a task's log. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** `log`: the task's logger; `stdout`, `stderr`: what it printed; `engine`: about the attempt itself. */
  readonly source: 'log' | 'stdout' | 'stderr' | 'engine'
  readonly text: string
  readonly fields?: Readonly<Record<string, unknown>>
}

export interface FollowOptions {
  /** Ends the following; the iteration then throws its reason. */
  readonly signal?: AbortSignal
  /** How long to try to reach a server that is away before giving up, in milliseconds. Default 60,000. */
  readonly patienceMs?: number
  /** Told once when the connection was lost and is sought again. */
  readonly onLost?: (error: unknown) => void
}

/**
 * The events of a run, from after the event `after` (default: all) until it is over. Goes on where it was when the connection
 * is lost. Returns the state that the run ended in. Throws an ApiError when the caller may not follow it, or no longer.
 */
export async function* followEvents(
  client: Client,
  runId: string,
  options: FollowOptions & { readonly after?: number } = {},
): AsyncGenerator<RunEvent, string> {
  const path = `/api/runs/${encodeURIComponent(runId)}/events/stream`
  const stream = resumed(client, path, options.after === undefined ? undefined : `${options.after}`, options)
  for await (const { event, data } of stream) {
    if (event === 'end') return (JSON.parse(data) as { state: string }).state
    if (event === 'event') yield JSON.parse(data) as RunEvent
  }
  throw new Error('The stream of events ended before the run.')
}

/**
 * The log of an attempt, by default the latest of its task run, from byte `offset` on until it is over. Goes on where it was
 * when the connection is lost. Returns the size of the log in bytes. Throws an ApiError when the caller may not follow it, or
 * no longer.
 */
export async function* followLog(
  client: Client,
  taskRunId: number,
  options: FollowOptions & { readonly attempt?: number; readonly offset?: number } = {},
): AsyncGenerator<LogEntry, number> {
  const query = options.attempt === undefined ? '' : `?attempt=${options.attempt}`
  const from = options.offset === undefined ? undefined : `${options.offset}`
  for await (const { event, data } of resumed(
    client,
    `/api/task-runs/${taskRunId}/log/stream${query}`,
    from,
    options,
  )) {
    if (event === 'end') return (JSON.parse(data) as { bytes: number }).bytes
    if (event === 'line') yield JSON.parse(data) as LogEntry
  }
  throw new Error('The stream of the log ended before the attempt.')
}

export type RunState = components['schemas']['Run']['state']

/** What to be told of; at most 100 things. */
export interface LiveTopics {
  /** All runs that the caller sees. */
  readonly runs?: boolean
  /** Runs by their ids. */
  readonly run?: readonly string[]
  /** Logs: `TASKRUN` of whichever attempt is the latest, `TASKRUN:ATTEMPT` of one. */
  readonly log?: readonly string[]
}

export interface RunHint {
  readonly id: string
  readonly workflow: string
  readonly state: RunState
}

/** Says that something changed, and never how: read it again. */
export type LiveHint =
  /** From here on nothing is missed: read everything that is shown. Comes again whenever the connection was lost. */
  | { readonly kind: 'ready' }
  /** Something of a run that is followed changed, its tasks and their progress included. */
  | ({ readonly kind: 'run' } & RunHint)
  /** Runs changed; with `more` others did as well. */
  | { readonly kind: 'runs'; readonly changes: readonly RunHint[]; readonly more: boolean }
  /** A log grew, or its attempt is over. */
  | {
      readonly kind: 'log'
      readonly taskRun: number
      readonly attempt: number
      readonly bytes: number
      readonly over: boolean
    }

/**
 * Hints at what changes, for as long as the iteration goes on: when the connection is lost it is made again, however long that
 * takes. Throws an ApiError when the caller may not see something of it, or no longer, or is not signed in any more.
 */
export async function* followLive(
  client: Client,
  topics: LiveTopics,
  options: Omit<FollowOptions, 'patienceMs'> = {},
): AsyncGenerator<LiveHint, never> {
  const query = new URLSearchParams()
  if (topics.runs) query.set('runs', 'true')
  if (topics.run?.length) query.set('run', topics.run.join(','))
  if (topics.log?.length) query.set('log', topics.log.join(','))
  const patient = { ...options, patienceMs: Number.POSITIVE_INFINITY }
  for await (const { event, data } of resumed(client, `/api/live?${query}`, undefined, patient)) {
    const hint = liveHint(event, JSON.parse(data))
    if (hint !== undefined) yield hint
  }
  throw new Error('The stream of hints ended.')
}

// biome-ignore lint/suspicious/noExplicitAny: what the server says; its shape is in the description of the operation
function liveHint(event: string, data: any): LiveHint | undefined {
  if (event === 'ready') return { kind: 'ready' }
  if (event === 'run') return { kind: 'run', id: data.id, workflow: data.workflow, state: data.state }
  if (event === 'runs') return { kind: 'runs', changes: data.changes, more: data.more === true }
  if (event !== 'log') return undefined
  return { kind: 'log', taskRun: data.task_run, attempt: data.attempt, bytes: data.bytes, over: data.over }
}

const retryMs = { first: 200, longest: 5000 }

/** The stream at a path, opened again after its last event whenever the connection is lost. */
async function* resumed(
  client: Client,
  path: string,
  lastEventId: string | undefined,
  { signal = new AbortController().signal, patienceMs = 60_000, onLost }: FollowOptions,
): AsyncGenerator<ReceivedEvent> {
  let id = lastEventId
  let lostAt: number | undefined
  let delayMs = retryMs.first
  for (;;) {
    let problem: unknown = new Error('The server ended the stream.')
    try {
      const headers = { accept: 'text/event-stream', ...(id === undefined ? {} : { 'last-event-id': id }) }
      const { body } = await client.stream(path, { headers, signal })
      for await (const event of body === null ? [] : readEvents(body)) {
        if (event.event === 'denied') throw refusalOf(event.data)
        lostAt = undefined
        delayMs = retryMs.first
        id = event.id ?? id
        yield event
        if (event.event === 'end') return
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!isPassing(error)) throw error
      problem = error
    }
    const now = performance.now()
    if (lostAt === undefined) {
      lostAt = now
      onLost?.(problem)
    } else if (now - lostAt > patienceMs) throw problem
    // Not all at the same moment: after a restart of the server everybody comes back.
    await pause(delayMs * (0.5 + Math.random() / 2), signal)
    delayMs = Math.min(delayMs * 2, retryMs.longest)
  }
}

/** Access ended while the stream went on: what whoever asks again would be answered. */
function refusalOf(data: string): ApiError {
  const { status, ...error } = JSON.parse(data) as { status: number; code: number; message: string }
  return new ApiError(status, error)
}

/** A broken connection is a TypeError of the platform's. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 429 || error.status >= 500
  return error instanceof UnreachableError || error instanceof TypeError
}
