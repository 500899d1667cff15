import { type Client, followEvents, followLog, type LogLine } from '@millrace/client'
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
  const { follow = false, json = false, node, attempt } = request
  return await withServer(request, context, async (client) => {
    const id = await findRunId(client, request.run)
    const tasks = await tasksOf(client, id, request)
    const print = createLogPrinter({ json, ...context, isAlone: node !== undefined && tasks.length === 1 })
    if (follow) {
      await followRun(client, id, { tasks, request, print, context })
      const { state } = await client.get('/api/runs/{run}', { params: { path: { run: id } } })
      if (!json) context.err(`Run ${id} is over: ${runState(state)}.\n`)
      return exitCodes.done
    }
    const started = tasks.filter((task) => task.attempt > 0).sort(byStart)
    for (const task of started) await printLog(client, task, attempt ?? task.attempt, print)
    const [first] = tasks
    if (started.length === 0 && !json) {
      const why = first === undefined ? '' : `: ${first.node} is ${first.state}, ${withLocalTimes(first.reason)}`
      context.err(`Nothing was started yet, so there is no log${why}.\n`)
    }
    return exitCodes.done
  })
}

/** @throws ConfigError `ITEM_MISSING` */
async function tasksOf(client: Client, run: string, { node, item }: RunLogsRequest): Promise<readonly TaskRun[]> {
  const found = await allPages((query) =>
    client.page('/api/runs/{run}/task-runs', {
      params: { path: { run }, query: { ...query, ...(node === undefined ? {} : { node }) } },
    }),
  )
  if (item === undefined) return found
  const one = found.filter(({ map_index }) => map_index === item)
  if (one.length > 0) return one
  const total = found.find(({ items }) => items !== undefined)?.items
  const has = total === undefined ? 'has no items, or not yet' : `has the items 0 to ${total - 1}`
  throw new ConfigError('ITEM_MISSING', { message: `${node} of run ${run} has no item ${item}: it ${has}.` })
}

function byStart(a: TaskRun, b: TaskRun): number {
  return Date.parse(a.started_at ?? '') - Date.parse(b.started_at ?? '') || a.id - b.id
}

async function printLog(client: Client, task: TaskRun, attempt: number, print: LogPrinter): Promise<void> {
  for await (const line of readLog(client, task.id, attempt)) print(placeOf(task, attempt), line)
}

function placeOf({ node, map_index }: TaskRun, attempt: number) {
  return { node, mapIndex: map_index ?? null, attempt }
}

interface Following {
  readonly tasks: readonly TaskRun[]
  readonly request: RunLogsRequest
  readonly print: LogPrinter
  readonly context: Context
}

/** What has ended comes first, one after the other; then everything as it is written. */
async function followRun(client: Client, run: string, { tasks, request, print, context }: Following): Promise<void> {
  const { node, item, attempt: only } = request
  const ended = tasks.filter((task) => isOver(task) && task.attempt > 0).sort(byStart)
  for (const task of ended) {
    context.signal.throwIfAborted()
    await printLog(client, task, only ?? task.attempt, print)
  }
  /** Attempts before these are history. */
  const shown = new Map(tasks.map((task) => [task.id, isOver(task) ? task.attempt : task.attempt - 1]))
  const stop = new AbortController()
  const signal = AbortSignal.any([context.signal, stop.signal])
  let isLost = false
  const onLost = () => {
    if (!isLost) context.err('The connection to the server was lost; trying to get it back.\n')
    isLost = true
  }
  const open = new Set<Promise<void>>()
  const follow = async (taskRun: number, place: Parameters<LogPrinter>[0]) => {
    try {
      const lines: AsyncIterable<LogLine> = followLog(client, taskRun, { attempt: place.attempt, signal, onLost })
      for await (const line of lines) {
        isLost = false
        print(place, line)
      }
    } catch (error) {
      stop.abort(error)
    }
  }
  try {
    for await (const event of followEvents(client, run, { signal, onLost })) {
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
}
