import { once } from 'node:events'
import { type Client, followEvents, followLog, type LogEntry } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import { type Context, exitCodes } from '../context.ts'
import { createLogPrinter, type LogPrinter } from '../output/log-lines.ts'
import { isOver } from '../output/run-model.ts'
import { withLocalTimes } from '../output/when.ts'
import { readLog } from '../read-log.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { allPages, findRunId, type TaskRun } from '../server-lists.ts'
import { runState } from './runs.ts'

export interface RunLogsRequest extends ServerRequest {
  readonly run: string
  readonly node?: string
  readonly item?: number
  readonly attempt?: number
  readonly follow?: true
}

/** Logs that are followed at a time; what starts beyond that waits for one of them to end. */
const followedAtOnce = 32

/** Prints the logs of a run, or of one of its nodes; with `follow` as they are written, until the run is over. */
export async function runLogs(request: RunLogsRequest, context: Context): Promise<number> {
  const { follow = false, json = false, node, item } = request
  if (item !== undefined && node === undefined) {
    throw new ConfigError('NODE_NOT_GIVEN', {
      message: `Name the mapped node that item ${item} is of: millrace runs logs ${request.run} NODE --item ${item}`,
    })
  }
  const reader = readerOfOutput()
  const signal = AbortSignal.any([context.signal, reader])
  return await withServer(request, context, async (client) => {
    const id = await findRunId(client, request.run)
    const tasks = await tasksOf(client, id, request)
    const print = createLogPrinter({ json, ...context, isAlone: node !== undefined && tasks.length === 1 })
    const work = { client, id, tasks, request, print, signal, err: context.err }
    try {
      if (follow) await followRun(work)
      else await printLogs(work)
    } catch (error) {
      if (reader.aborted) return exitCodes.done
      throw error
    }
    return exitCodes.done
  })
}

/** Fires when nobody reads on, as in `| head`. */
function readerOfOutput(): AbortSignal {
  const gone = new AbortController()
  process.stdout.once('error', () => gone.abort())
  return gone.signal
}

interface Work {
  readonly client: Client
  readonly id: string
  readonly tasks: readonly TaskRun[]
  readonly request: RunLogsRequest
  readonly print: LogPrinter
  readonly signal: AbortSignal
  readonly err: Context['err']
}

async function printLogs(work: Work): Promise<void> {
  const { tasks, request, err } = work
  const { json = false, node, attempt = 1 } = request
  // Who names a node is told when it has no such attempt.
  const wanted = tasks.filter((task) => task.attempt >= (node === undefined ? attempt : 1)).sort(byStart)
  for (const task of wanted) await printLog(work, task)
  if (wanted.length > 0 || json) return
  const [first] = tasks
  const why =
    first === undefined || attempt > 1 ? '' : `: ${first.node} is ${first.state}, ${withLocalTimes(first.reason)}`
  err(`Nothing ${attempt > 1 ? `has an attempt ${attempt}` : 'was started yet'}, so there is no log${why}.\n`)
}

async function printLog({ client, request, print, signal }: Work, task: TaskRun): Promise<void> {
  const attempt = request.attempt ?? task.attempt
  const place = { node: task.node, mapIndex: task.map_index ?? null, attempt }
  for await (const line of readLog(client, task.id, { attempt, signal })) {
    print(place, line)
    await drained(signal)
  }
}

/** A slow reader is waited for, since a log may be larger than memory. */
async function drained(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain', { signal })
}

/** @throws ConfigError `ITEM_MISSING` */
async function tasksOf(
  client: Client,
  run: string,
  { node, item, follow }: RunLogsRequest,
): Promise<readonly TaskRun[]> {
  const found = await allPages((query) =>
    client.page('/api/runs/{run}/task-runs', {
      params: { path: { run }, query: { ...query, ...(node === undefined ? {} : { node }) } },
    }),
  )
  if (item === undefined) return found
  const one = found.filter(({ map_index }) => map_index === item)
  if (one.length > 0) return one
  const total = found.find(({ items }) => items !== undefined)?.items
  if (total === undefined && follow) return []
  const has = total === undefined ? 'has no items, or not yet' : `has the items 0 to ${total - 1}`
  throw new ConfigError('ITEM_MISSING', { message: `${node} of run ${run} has no item ${item}: it ${has}.` })
}

function byStart(a: TaskRun, b: TaskRun): number {
  return Date.parse(a.started_at ?? '') - Date.parse(b.started_at ?? '') || a.id - b.id
}

/** What has ended comes first, one after the other; then everything as it is written. */
async function followRun(work: Work): Promise<void> {
  const { client, id, tasks, request, print, err } = work
  const { node, item, attempt: only, json = false } = request
  const ended = tasks.filter((task) => isOver(task) && task.attempt >= (only ?? 1)).sort(byStart)
  for (const task of ended) await printLog(work, task)
  /** Attempts before these are history. */
  const shown = new Map(tasks.map((task) => [task.id, isOver(task) ? task.attempt : task.attempt - 1]))
  const stop = new AbortController()
  const signal = AbortSignal.any([work.signal, stop.signal])
  let isLost = false
  const onLost = () => {
    if (!isLost) err('The connection to the server was lost; trying to get it back.\n')
    isLost = true
  }
  const open = new Set<Promise<void>>()
  const follow = async (taskRun: number, place: Parameters<LogPrinter>[0]) => {
    try {
      const lines: AsyncIterable<LogEntry> = followLog(client, taskRun, { attempt: place.attempt, signal, onLost })
      for await (const line of lines) {
        isLost = false
        print(place, line)
        await drained(signal)
      }
    } catch (error) {
      stop.abort(error)
    }
  }
  try {
    for await (const event of followEvents(client, id, { signal, onLost })) {
      isLost = false
      const { kind, task_run, map_index, data } = event
      if (kind !== 'task.started' || task_run === undefined || event.node === undefined) continue
      const attempt = Number(data.attempt)
      if ((node !== undefined && event.node !== node) || (item !== undefined && map_index !== item)) continue
      if ((only !== undefined && attempt !== only) || attempt <= (shown.get(task_run) ?? 0)) continue
      while (open.size >= followedAtOnce) await Promise.race(open)
      const following = follow(task_run, { node: event.node, mapIndex: map_index ?? null, attempt }).then(
        () => void open.delete(following),
      )
      open.add(following)
    }
  } catch (error) {
    stop.abort(error)
    throw error
  } finally {
    await Promise.all(open)
  }
  signal.throwIfAborted()
  const { state } = await client.get('/api/runs/{run}', { params: { path: { run: id } } })
  if (!json) err(`Run ${id} is over: ${runState(state)}.\n`)
}
