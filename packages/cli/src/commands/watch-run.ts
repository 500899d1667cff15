import { type Client, followEvents } from '@millrace/client'
import type { RunEvent } from '@millrace/workflow'
import { type Context, exitCodes } from '../context.ts'
import { exitCodeOfRecovery } from '../failure.ts'
import { duration } from '../output/amounts.ts'
import { printable } from '../output/printable.ts'
import { createRunLines } from '../output/run-lines.ts'
import { createRunTree, type RunView } from '../output/run-tree.ts'
import { countsText, stateName } from '../output/run-words.ts'
import { shownEvent, shownGraph } from '../output/server-events.ts'
import { spanMs, withLocalTimes } from '../output/when.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { findRunId, type Run, type TaskRun } from '../server-lists.ts'

/** How often progress and what tasks wait for are asked for; they are no events. */
const askEveryMs = 1500
const failuresShown = 5

export async function watch(request: ServerRequest & { readonly run: string }, context: Context): Promise<number> {
  const { json = false } = request
  return await withServer(request, context, async (client) =>
    watchRun(client, await findRunId(client, request.run), context, { json }),
  )
}

/** Shows a run as it goes until it is over: as a tree on a terminal, else line by line. Ends with the code of its outcome. */
export async function watchRun(
  client: Client,
  id: string,
  context: Context,
  { json = false }: { readonly json?: boolean } = {},
): Promise<number> {
  await untilOver(id, context, async () => {
    if (json) await printEvents(client, id, context)
    else await show(client, await client.get('/api/runs/{run}', { params: { path: { run: id } } }), context)
  })
  return await reportOutcome(client, id, context, { json })
}

/** Waits until a run is over and says nothing before. Ends with the code of its outcome. */
export async function awaitRun(
  client: Client,
  id: string,
  context: Context,
  { json = false }: { readonly json?: boolean } = {},
): Promise<number> {
  await untilOver(id, context, async () => {
    for await (const _ of followEvents(client, id, following(context))) {
      // Only its end counts.
    }
  })
  return await reportOutcome(client, id, context, { json })
}

/** Who gives up waiting learns that the run does not. */
async function untilOver(id: string, { signal, err }: Context, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (signal.aborted) err(`Run ${id} goes on. To end it, too: millrace runs cancel ${id}\n`)
    throw error
  }
}

function following({ signal, err }: Context) {
  return { signal, onLost: () => err('The connection to the server was lost; trying to get it back.\n') }
}

async function printEvents(client: Client, id: string, context: Context): Promise<void> {
  for await (const { kind, ...event } of followEvents(client, id, following(context))) {
    context.out(`${context.secrets.mask(JSON.stringify({ type: kind, run: id, ...event }))}\n`)
  }
}

async function show(client: Client, run: Run, context: Context): Promise<void> {
  const { signal } = context
  const of = { runId: run.id, workflow: run.workflow }
  const { nodes, groups } = shownGraph(await graphOf(client, run.id))
  const isLive = process.stdout.isTTY === true && process.env.TERM !== 'dumb'
  const { mask } = context.secrets
  using view = isLive
    ? createRunTree({
        stream: process.stdout,
        title: `${run.workflow} ${run.version}  run ${run.id}`,
        nodes,
        groups,
        mask,
      })
    : createRunLines({ write: context.out, nodes, mask })
  const onAbort = () => view.interrupted?.(2)
  signal.addEventListener('abort', onAbort, { once: true })
  const asking = new AbortController()
  const asked = isLive ? askForProgress(client, of.runId, view, asking.signal) : undefined
  try {
    const onLost = () => view.line('The connection to the server was lost; trying to get it back.')
    for await (const event of followEvents(client, run.id, { signal, onLost })) {
      const shown = shownEvent(event, of)
      if (shown !== null) view.onEvent(shown)
    }
    // What passed when the run was made has no events.
    for (const event of await missedEvents(client, run.id, view)) view.onEvent(event)
  } finally {
    asking.abort()
    await asked
    signal.removeEventListener('abort', onAbort)
  }
}

async function graphOf(client: Client, run: string) {
  return await client.get('/api/runs/{run}/graph', { params: { path: { run } } })
}

async function missedEvents(client: Client, runId: string, view: RunView): Promise<readonly RunEvent[]> {
  const { nodes } = await graphOf(client, runId)
  return nodes.flatMap(({ id, state, ended_at }): RunEvent[] => {
    if (state === undefined || view.model.nodes.get(id)?.state === state) return []
    const at = new Date(ended_at ?? Date.now())
    return [{ kind: 'task', runId, at, node: id, mapIndex: null, state, attempt: 0 }]
  })
}

/** Only for the tree: a line for each would be too much. */
async function askForProgress(client: Client, runId: string, view: RunView, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, askEveryMs)
      signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true })
    })
    if (signal.aborted) return
    const params = { path: { run: runId }, query: { state: ['ready' as const, 'running' as const], per_page: 100 } }
    const tasks = await client.get('/api/runs/{run}/task-runs', { params }).catch(() => [])
    for (const task of tasks) applyTask(task, runId, view)
  }
}

/** An event that came since says more. */
function applyTask(task: TaskRun, runId: string, view: RunView): void {
  const { node, map_index, state, attempt, progress, reason, run_at } = task
  const shown = view.model.nodes.get(node)
  const known = map_index === undefined ? shown : shown?.items.get(map_index)
  if (known === undefined || isLater(known.state, state)) return
  const place = { runId, at: new Date(), node, mapIndex: map_index ?? null, attempt }
  if (state === 'running' && progress !== undefined) {
    const { done, total, unit } = progress
    const given = { done, ...(total === undefined ? {} : { total }), ...(unit === undefined ? {} : { unit }) }
    view.onEvent({ kind: 'progress', ...place, progress: given })
  }
  if (state !== 'ready') return
  const isLaterOn = run_at !== undefined && Date.parse(run_at) > Date.now()
  view.onEvent({
    ...{ kind: 'task', ...place, state, reason: withLocalTimes(reason) },
    ...(isLaterOn ? { nextAt: new Date(run_at) } : {}),
  })
}

function isLater(shown: string, asked: TaskRun['state']): boolean {
  return shown !== asked && !(shown === 'waiting' && asked === 'ready')
}

async function reportOutcome(
  client: Client,
  id: string,
  context: Context,
  { json }: { readonly json: boolean },
): Promise<number> {
  const { mask } = context.secrets
  const run = await client.get('/api/runs/{run}', { params: { path: { run: id } } })
  const failures = run.state === 'failed' ? await failuresOf(client, id) : []
  const kinds = new Set(failures.map(({ failure }) => failure?.recovery))
  const [only] = kinds
  const code =
    run.state === 'success'
      ? exitCodes.done
      : kinds.size === 1 && isRecovery(only)
        ? exitCodeOfRecovery(only)
        : exitCodes.fatal
  if (json) {
    const failed = failures.map(({ task, failure }) => ({ node: task.node, map_index: task.map_index, failure }))
    context.out(`${mask(JSON.stringify({ type: 'done', ...run, exitCode: code, failures: failed }))}\n`)
    return code
  }
  for (const { task, failure } of failures.slice(0, failuresShown)) {
    const { node, map_index, attempt, reason } = task
    const name = map_index === undefined ? node : `${node}[${map_index}]`
    const message = printable(failure?.message ?? reason, { lines: true })
    const tries = attempt > 1 ? ` after ${attempt} attempts` : ''
    const log = `millrace runs logs ${id} ${node}${map_index === undefined ? '' : ` --item ${map_index}`}`
    context.err(
      mask(`error: ${name} failed${tries}: ${message}${failure ? ` [${failure.code}]` : ''}\n  Its log: ${log}\n`),
    )
  }
  if (failures.length > failuresShown) context.err(`… and ${failures.length - failuresShown} more failed.\n`)
  if (run.state === 'failed') context.err(`Do again what failed, and what follows: millrace runs retry ${id}\n`)
  const took = spanMs(run)
  const counts = countsText(new Map(Object.entries(run.task_states)) as Parameters<typeof countsText>[0])
  const why = run.reason === undefined ? '' : ` ${printable(withLocalTimes(run.reason))}`
  context.out(
    mask(
      `Run ${id} of ${run.workflow} ${run.version} ${stateText(run.state)}${took === null ? '' : ` in ${duration(took)}`}: ${counts}.${why}\n`,
    ),
  )
  return code
}

function stateText(state: Run['state']): string {
  return state === 'queued' || state === 'running' ? `is ${state}` : stateName(state)
}

/** Of a mapped node its items, which say more. */
async function failuresOf(client: Client, run: string) {
  const query = { state: ['failed' as const], per_page: 100 }
  const tasks = await client.get('/api/runs/{run}/task-runs', { params: { path: { run }, query } })
  const mapped = new Set(tasks.flatMap(({ node, map_index }) => (map_index === undefined ? [] : [node])))
  const own = tasks.filter(({ node, map_index }) => map_index !== undefined || !mapped.has(node))
  return await Promise.all(
    own.map(async (task, index) => {
      if (index >= 20) return { task, failure: undefined }
      const params = { path: { task_run: task.id }, query: { per_page: 1 } }
      const [latest] = await client.get('/api/task-runs/{task_run}/attempts', { params })
      return { task, failure: latest?.failure }
    }),
  )
}

function isRecovery(text: string | undefined): text is Parameters<typeof exitCodeOfRecovery>[0] {
  return text === 'config' || text === 'transient' || text === 'fatal' || text === 'data'
}
