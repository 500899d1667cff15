import type { Client } from '@millrace/client'
import { type Context, exitCodes } from '../context.ts'
import { count, duration } from '../output/amounts.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { firstLine, stateName } from '../output/run-words.ts'
import { textTable } from '../output/table.ts'
import { localTime, spanMs, withLocalTimes, zoneNote } from '../output/when.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { allPages, findRunId, type Run, type RunGraph, type TaskRun } from '../server-lists.ts'
import { runState } from './runs.ts'

type Node = RunGraph['nodes'][number]

const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Of a mapped node so many items that failed are shown. */
const itemsShown = 5

/** A run with its tasks in the order of the graph, and why each is in its state. */
export async function showRunDetails(
  request: ServerRequest & { readonly run: string },
  context: Context,
): Promise<number> {
  return await withServer(request, context, async (client) => {
    const id = await findRunId(client, request.run)
    const params = { path: { run: id } }
    const run = await client.get('/api/runs/{run}', { params })
    const graph = await client.get('/api/runs/{run}/graph', { params })
    const tasks = await nodeTasks(client, id, graph)
    const items = await failedItems(client, id, graph)
    if (request.json) return printJson({ ...run, graph, tasks: [...tasks.values(), ...items] }, context)
    const { mask } = context.secrets
    context.out(mask(headText(run)))
    const upstreams = Map.groupBy(graph.edges, ({ to }) => to)
    const body = graph.nodes.flatMap((node) => [
      nodeCells(
        node,
        tasks.get(node.id),
        (upstreams.get(node.id) ?? []).map(({ from }) => from),
      ),
      ...items.filter((item) => item.node === node.id).map(itemCells),
    ])
    context.out(mask(`\n${textTable(['task', 'state', 'took', 'attempts', 'after', 'why'], body)}`))
    context.err(zoneNote())
    return exitCodes.done
  })
}

/** Task runs of nodes by node, without the items of mapped ones, of which there may be many. */
async function nodeTasks(client: Client, run: string, { nodes }: RunGraph): Promise<ReadonlyMap<string, TaskRun>> {
  if (nodes.every(({ items }) => items === undefined)) {
    const all = await allPages((query) =>
      client.page('/api/runs/{run}/task-runs', { params: { path: { run }, query } }),
    )
    return new Map(all.map((task) => [task.node, task]))
  }
  const ids = nodes.flatMap(({ task_run }) => (task_run === undefined ? [] : [task_run]))
  const found: TaskRun[] = []
  while (found.length < ids.length) {
    const some = ids.slice(found.length, found.length + 20)
    const tasks = some.map((id) => client.get('/api/task-runs/{task_run}', { params: { path: { task_run: id } } }))
    found.push(...(await Promise.all(tasks)))
  }
  return new Map(found.map((task) => [task.node, task]))
}

async function failedItems(client: Client, run: string, { nodes }: RunGraph): Promise<readonly TaskRun[]> {
  const mapped = nodes.filter(({ items }) => items !== undefined && items.failed > 0)
  const found = await Promise.all(
    mapped.map(({ id }) => {
      // The node itself may be the first of them.
      const query = { node: id, state: ['failed' as const], per_page: itemsShown + 1 }
      return client.get('/api/runs/{run}/task-runs', { params: { path: { run }, query } })
    }),
  )
  return found.flatMap((tasks) => tasks.filter(({ map_index }) => map_index !== undefined).slice(0, itemsShown))
}

function headText(run: Run): string {
  const took = spanMs(run)
  const { start, end } = run.data_interval
  const params = Object.keys(run.params).length === 0 ? [] : [['params', JSON.stringify(run.params)]]
  const lines = [
    ['for', localTime(run.logical_date)],
    ...(start === undefined ? [] : [['data of', `${localTime(start)} to ${localTime(end)}`]]),
    ['started', `${localTime(run.started_at) || 'not yet'}${run.ended_at ? `, ended ${localTime(run.ended_at)}` : ''}`],
    // Without a key of its own a run has one that says nothing.
    ['by', isUuid.test(run.key) ? run.trigger : `${run.trigger}, with key ${run.key}`],
    ...(run.backfill === undefined ? [] : [['backfill', `${run.backfill}`]]),
    ...(run.parent_run === undefined ? [] : [['started by', `run ${run.parent_run}`]]),
    ...params,
    ...(run.reason === undefined ? [] : [['why', withLocalTimes(run.reason)]]),
  ]
  const title = `Run ${run.id} of ${run.workflow} ${run.version}: ${runState(run.state)}${took === null ? '' : `, ${duration(took)}`}`
  const rows = lines.map(([name = '', text = '']) => `  ${name.padEnd(10)}  ${printable(text)}`)
  return `${[printable(title), ...rows].join('\n')}\n`
}

function nodeCells(node: Node, task: TaskRun | undefined, upstreams: readonly string[]): string[] {
  const { id, state = 'waiting', items } = node
  const took = spanMs(node)
  const attempts = task === undefined || task.attempt === 0 ? '' : `${task.attempt}`
  const after = `${upstreams.slice(0, 3).join(', ')}${upstreams.length > 3 ? ` +${upstreams.length - 3}` : ''}`
  const progress =
    items === undefined ? '' : ` ${count(items.success + items.failed + items.skipped)}/${count(items.total)}`
  return [
    ...[id, `${stateName(state)}${progress}`, took === null ? '' : duration(took)],
    ...[attempts, after, task === undefined ? '' : whyText(task, items)],
  ]
}

function itemCells(item: TaskRun): string[] {
  const took = spanMs(item)
  return [
    ...[`  ${item.node}[${item.map_index}]`, stateName(item.state), took === null ? '' : duration(took)],
    ...[`${item.attempt}`, '', whyText(item, undefined)],
  ]
}

/** What the state says already is not said again. */
function whyText({ state, reason, progress }: TaskRun, items: Node['items']): string {
  const failed =
    state === 'expanded' && items !== undefined && items.failed > 0 ? `${count(items.failed)} failed; ` : ''
  if (reason === state) return ''
  const done =
    progress === undefined || state !== 'running'
      ? ''
      : `, ${count(progress.done)}${progress.total === undefined ? '' : ` of ${count(progress.total)}`} ${progress.unit ?? ''}`
  return `${failed}${firstLine(withLocalTimes(reason)) ?? ''}${done.trimEnd()}`
}
