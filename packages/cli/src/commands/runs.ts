import type { Client } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import type { RunState, TaskRunState } from '@millrace/workflow'
import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { count, duration } from '../output/amounts.ts'
import { printJson } from '../output/print-json.ts'
import { firstLine, stateName } from '../output/run-words.ts'
import { textTable } from '../output/table.ts'
import { localTime, spanMs, withLocalTimes, zoneNote } from '../output/when.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import type { Run } from '../server-lists.ts'

export interface ListRunsRequest extends ServerRequest {
  readonly workflow?: string
  readonly state?: readonly RunState[]
  readonly backfill?: number
  readonly limit: number
}

export async function listRuns(request: ListRunsRequest, context: Context): Promise<number> {
  return await withServer(request, context, async (client) => {
    const { workflow, state, backfill, limit, json = false } = request
    const filter = {
      ...(workflow === undefined ? {} : { workflow }),
      ...(state === undefined ? {} : { state: [...state] }),
      ...(backfill === undefined ? {} : { backfill }),
    }
    const runs = await newest(client, filter, limit)
    if (json) return printJson(runs, context)
    if (runs.length === 0) {
      // Says so, with the nearest name, when there is no such workflow.
      if (workflow !== undefined) await client.get('/api/workflows/{workflow}', { params: { path: { workflow } } })
      context.err('There are no such runs. Start one with: millrace trigger WORKFLOW\n')
      return exitCodes.done
    }
    const header = ['run', 'workflow', 'version', 'state', 'for', 'by', 'started', 'took', 'why']
    context.out(context.secrets.mask(textTable(header, runs.map(runCells))))
    context.err(zoneNote())
    return exitCodes.done
  })
}

type RunFilter = { workflow?: string; state?: RunState[]; backfill?: number }

async function newest(client: Client, filter: RunFilter, limit: number): Promise<readonly Run[]> {
  const runs: Run[] = []
  while (runs.length < limit) {
    const before = runs.at(-1)?.id
    const query = {
      ...filter,
      per_page: Math.min(100, limit - runs.length),
      ...(before === undefined ? {} : { before: Number(before) }),
    }
    const page = await client.get('/api/runs', { params: { query } })
    runs.push(...page)
    if (page.length < query.per_page) break
  }
  return runs
}

function runCells(run: Run): string[] {
  const took = spanMs(run)
  const failed = run.failed_tasks > 0 ? `${count(run.failed_tasks)} failed` : ''
  const why = run.reason === undefined ? failed : (firstLine(withLocalTimes(run.reason)) ?? '')
  return [
    ...[run.id, run.workflow, run.version, runState(run.state), localTime(run.logical_date), run.trigger],
    ...[localTime(run.started_at), took === null ? '' : duration(took), why],
  ]
}

/** Words of runs are those of tasks, but for those that wait. */
export function runState(state: RunState): string {
  return state === 'queued' ? state : stateName(state as TaskRunState)
}

interface OneRun extends ServerRequest {
  readonly run: string
  readonly yes?: boolean
}

export async function cancelRuns(
  request: ServerRequest & { readonly runs: readonly string[]; readonly yes?: boolean },
  context: Context,
): Promise<number> {
  const { runs, json = false } = request
  return await withServer(request, context, async (client) => {
    const name = runs.length === 1 ? `run ${runs[0]}` : `runs ${runs.join(', ')}`
    await confirm(`Cancel ${name}? What has not ended is given up.`, request, context)
    const settled = await Promise.allSettled(
      runs.map((run) => client.post('/api/runs/{run}/cancel', { params: { path: { run } } })),
    )
    const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    if (json) printJson(answers, context)
    else for (const run of answers) context.out(`Run ${run.id} ${cancelled(run)}\n`)
    const failed = settled.find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return exitCodes.done
  })
}

function cancelled({ state }: Run): string {
  if (state === 'cancelled') return 'is cancelled.'
  if (state === 'success' || state === 'failed') return `had ended before: it ${stateName(state)}.`
  return 'is being cancelled: the tasks that run were asked to stop.'
}

export async function retryRun(request: OneRun, context: Context): Promise<number> {
  const { run, json = false } = request
  return await withServer(request, context, async (client) => {
    const answer = await client.post('/api/runs/{run}/retry', { params: { path: { run } } })
    return report(answer, 'does again what did not succeed, and what follows', json, context)
  })
}

export async function clearRun(
  request: OneRun & { readonly task: readonly string[]; readonly downstream: boolean },
  context: Context,
): Promise<number> {
  const { run, task, downstream, json = false } = request
  return await withServer(request, context, async (client) => {
    const names = `${task.join(', ')}${downstream ? ' and what follows' : ''}`
    await confirm(`Do ${names} of run ${run} again? Their outputs are dropped.`, request, context)
    const body = { nodes: [...task], downstream }
    const answer = await client.post('/api/runs/{run}/clear', { params: { path: { run } }, body })
    return report(answer, `does ${names} again`, json, context)
  })
}

export async function tryRunNow(
  request: OneRun & { readonly task?: string; readonly item?: number },
  context: Context,
): Promise<number> {
  const { run, task: node, item, json = false } = request
  if (item !== undefined && node === undefined) {
    throw new ConfigError('NODE_NOT_GIVEN', {
      message: `Name the mapped node that item ${item} is of: millrace runs try-now ${run} --task NODE --item ${item}`,
    })
  }
  return await withServer(request, context, async (client) => {
    const body = { ...(node === undefined ? {} : { node }), ...(item === undefined ? {} : { map_index: item }) }
    const answer = await client.post('/api/runs/{run}/try-now', { params: { path: { run } }, body })
    const name = node === undefined ? 'what waited for its next try' : item === undefined ? node : `${node}[${item}]`
    return report(answer, `tries ${name} now`, json, context)
  })
}

export async function markRun(
  request: OneRun & {
    readonly task: string
    readonly state: 'success' | 'failed' | 'skipped'
    readonly note?: string
  },
  context: Context,
): Promise<number> {
  const { run, task: node, state, note, json = false } = request
  return await withServer(request, context, async (client) => {
    await confirm(`Mark ${node} of run ${run} as ${state}, whatever it did?`, request, context)
    const body = { node, state, ...(note === undefined ? {} : { note }) }
    const answer = await client.post('/api/runs/{run}/mark', { params: { path: { run } }, body })
    return report(answer, `has ${node} marked as ${state}`, json, context)
  })
}

function report(run: Run, done: string, json: boolean, context: Context): number {
  if (json) return printJson(run, context)
  const isOpen = run.state === 'queued' || run.state === 'running'
  context.out(`Run ${run.id} ${done}; it ${isOpen ? 'is ' : ''}${runState(run.state)}.\n`)
  if (isOpen) context.err(`Follow it with: millrace runs watch ${run.id}\n`)
  return exitCodes.done
}
