import type { Queryable, Sql } from '@millrace/db'
import type { ServerEvent } from '@millrace/http'
import type { RunChanges } from '../runs/index.ts'
import type { LogChanges } from '../task-runs/index.ts'
import { coalesce } from './coalesce.ts'
import type { RegularLook, Seen } from './regular-look.ts'
import { type LogRow, type RunHintRow, readLogs, readRunHints, seenOf } from './store.ts'
import { keyOf, type LiveTopics } from './topics.ts'

const runEveryMs = 250
const runsEveryMs = 500
const logEveryMs = 200
/** Runs of one event `runs`. */
const mostRuns = 200
/** Changed runs that are remembered for a reader who is slow; of more it is only told that there were more. */
const mostRemembered = 1000

export interface LiveSources {
  readonly db: Queryable
  readonly runChanges: RunChanges
  readonly logChanges: LogChanges
  readonly runLook: RegularLook<number>
  readonly logLook: RegularLook<string>
}

export interface Follower {
  readonly topics: LiveTopics
  /** On `engine.workflow w`: what the caller may see. It stands in every statement, so that nothing is told after access is lost. */
  readonly where: Sql
  /** As they were when the caller was let in. */
  readonly runs: ReadonlyMap<number, Seen>
  readonly logs: ReadonlyMap<string, LogRow>
}

/**
 * Says what changed, and never how. Begins with `ready`; ends when the caller may not follow something any more. What
 * happens while the reader is slow is said once.
 */
export async function* liveEvents(
  { db, runChanges, logChanges, runLook, logLook }: LiveSources,
  { topics, where, runs, logs }: Follower,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const changedRuns = coalesce<number>(runEveryMs)
  const changedLogs = coalesce<string>(logEveryMs)
  const anyRuns = coalesce<'all'>(runsEveryMs)
  const remembered = new Set<number>()
  let forgot = false
  const known = new Map([...logs].map(([key, row]) => [key, seenOf(row).print]))
  let wake = () => {}

  using following = new DisposableStack()
  for (const id of topics.runIds) {
    const tell = () => {
      changedRuns.add(id)
      wake()
    }
    following.use(
      runChanges.on(id, () => {
        runLook.stir(id)
        tell()
      }),
    )
    // Looked at once more in any case: something may have happened since the caller was let in.
    following.use(runLook.follow(id, { print: runs.get(id)?.print ?? '', isOpen: true }, tell))
  }
  for (const topic of topics.logs) {
    const key = keyOf(topic)
    const row = logs.get(key)
    if (row === undefined) continue
    const tell = () => {
      changedLogs.add(key)
      wake()
    }
    following.use(logChanges.on(topic.taskRunId, tell))
    // Of a task that is done again.
    following.use(runChanges.on(row.run_id, () => logLook.stir(key)))
    following.use(logLook.follow(key, { ...seenOf(row), isOpen: true }, tell))
  }
  if (topics.runs) {
    following.use(
      runChanges.onAny((id) => {
        if (id === null || (remembered.size >= mostRemembered && !remembered.has(id))) forgot = true
        else remembered.add(id)
        anyRuns.add('all')
        wake()
      }),
    )
  }

  const readRuns = async (ids: readonly number[]): Promise<readonly ServerEvent[] | null> => {
    const rows = await readRunHints(db, ids, { where, limit: ids.length })
    return rows.length < ids.length ? null : rows.map((row) => ({ event: 'run', data: presentRun(row) }))
  }
  const readChanges = async (): Promise<readonly ServerEvent[]> => {
    const ids = [...remembered]
    const isMore = forgot
    remembered.clear()
    forgot = false
    const rows = ids.length === 0 ? [] : await readRunHints(db, ids, { where, limit: mostRuns + 1 })
    if (rows.length === 0 && !isMore) return []
    const changes = rows.slice(0, mostRuns).map(presentRun)
    const more = isMore || rows.length > mostRuns
    return [{ event: 'runs', data: { changes, ...(more ? { more } : {}) } }]
  }
  const readLogHints = async (keys: readonly string[]): Promise<readonly ServerEvent[] | null> => {
    const asked = topics.logs.filter((topic) => keys.includes(keyOf(topic)))
    const rows = [...(await readLogs(db, asked, where)).values()]
    if (rows.length < asked.length) return null
    return rows.flatMap((row) => {
      const { print } = seenOf(row)
      if (known.get(row.key) === print) return []
      known.set(row.key, print)
      const { task_run, attempt, bytes, over } = row
      return [{ event: 'log', data: { task_run, attempt, bytes, over } }]
    })
  }

  yield { event: 'ready', data: {} }
  while (!signal.aborted) {
    const now = performance.now()
    const runIds = changedRuns.take(now)
    if (runIds.length > 0) {
      const hints = await readRuns(runIds)
      if (hints === null) return
      yield* hints
    }
    if (anyRuns.take(now).length > 0) yield* await readChanges()
    const logKeys = changedLogs.take(now)
    if (logKeys.length > 0) {
      const hints = await readLogHints(logKeys)
      if (hints === null) return
      yield* hints
    }
    if (signal.aborted) return
    const after = performance.now()
    const dueInMs = [changedRuns, anyRuns, changedLogs].flatMap((one) => one.dueInMs(after) ?? [])
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = dueInMs.length === 0 ? undefined : setTimeout(done, Math.min(...dueInMs))
      signal.addEventListener('abort', done)
      wake = done
    })
    wake = () => {}
  }
}

function presentRun({ id, workflow, state }: RunHintRow) {
  return { id: `${id}`, workflow, state }
}
