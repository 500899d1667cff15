import type { components } from '@millrace/client'
import { parseInstant } from '@millrace/core'
import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { count } from '../output/amounts.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { textTable } from '../output/table.ts'
import { localTime, withLocalTimes, zoneNote } from '../output/when.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { type GivenParams, readParams } from '../workflow-params.ts'
import { runState } from './runs.ts'
import { manifestOf } from './trigger.ts'

type Backfill = components['schemas']['Backfill']

export interface StartBackfillRequest extends ServerRequest, GivenParams {
  readonly workflow: string
  readonly from: string
  readonly to: string
  readonly concurrency?: number
  readonly existing?: 'skip' | 'again'
  readonly version?: string
}

export async function startBackfill(request: StartBackfillRequest, context: Context): Promise<number> {
  const { workflow, from, to, concurrency, existing, version, json = false } = request
  return await withServer(request, context, async (client) => {
    const manifest = await manifestOf(client, workflow, version)
    const timezone = manifest.schedule?.timezone
    const body = {
      start: parseInstant(from, timezone).toISOString(),
      end: parseInstant(to, timezone).toISOString(),
      params: await readParams(request, manifest.params),
      max_active_runs: concurrency ?? 1,
      existing: existing ?? ('skip' as const),
      ...(version === undefined ? {} : { version }),
    }
    const params = { path: { workflow } }
    const backfill = await client.post('/api/workflows/{workflow}/backfills', { params, body })
    if (json) return printJson(backfill, context)
    const { id, progress } = backfill
    context.out(
      `Backfill ${id} of ${workflow} ${backfill.version} was started: ${count(progress.total)} ${progress.total === 1 ? 'tick' : 'ticks'}, oldest first.\n`,
    )
    context.err(`See how far it is with: millrace backfill show ${id}\n`)
    return exitCodes.done
  })
}

export async function listBackfills(
  request: ServerRequest & { readonly workflow?: string; readonly limit: number },
  context: Context,
): Promise<number> {
  const { workflow, limit, json = false } = request
  return await withServer(request, context, async (client) => {
    const query = { per_page: limit, ...(workflow === undefined ? {} : { workflow }) }
    const backfills = await client.get('/api/backfills', { params: { query } })
    if (json) return printJson(backfills, context)
    if (backfills.length === 0) {
      if (workflow !== undefined) await client.get('/api/workflows/{workflow}', { params: { path: { workflow } } })
      context.err('There are no such backfills.\n')
      return exitCodes.done
    }
    const body = backfills.map((one) => [
      ...[`${one.id}`, one.workflow, one.version, one.state === 'success' ? 'succeeded' : one.state],
      ...[localTime(one.start), localTime(one.end), progressText(one)],
    ])
    context.out(textTable(['backfill', 'workflow', 'version', 'state', 'from', 'to', 'ticks'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

export async function showBackfill(
  request: ServerRequest & { readonly id: number },
  context: Context,
): Promise<number> {
  const { id, json = false } = request
  return await withServer(request, context, async (client) => {
    const backfill = await client.get('/api/backfills/{backfill}', { params: { path: { backfill: id } } })
    const query = { backfill: id, per_page: 20 }
    const runs = await client.get('/api/runs', { params: { query } })
    if (json) return printJson({ ...backfill, latest_runs: runs }, context)
    context.out(`${headText(backfill)}\n`)
    if (runs.length > 0) {
      const body = runs.map((run) => [run.id, runState(run.state), localTime(run.logical_date), run.reason ?? ''])
      context.out(`\n${textTable(['run', 'state', 'for', 'why'], body)}`)
      if (runs.length === 20) context.err(`The latest 20 runs; all: millrace runs list --backfill ${id} --limit 1000\n`)
    }
    context.err(zoneNote())
    return exitCodes.done
  })
}

function headText(backfill: Backfill): string {
  const { id, workflow, version, state, reason, start, end, existing } = backfill
  return [
    `Backfill ${id} of ${workflow} ${version}: ${state === 'success' ? 'succeeded' : state}`,
    ...(reason === undefined ? [] : [`  why         ${printable(withLocalTimes(reason))}`]),
    `  range       ${localTime(start)} to ${localTime(end)}, the end excluded`,
    `  ticks       ${progressText(backfill)}`,
    `  at a time   ${count(backfill.max_active_runs)}`,
    `  existing    ${existing === 'skip' ? 'ticks that have a run are skipped' : 'ticks that have a run are run again'}`,
  ].join('\n')
}

function progressText({ progress }: Backfill): string {
  const { total, success, failed, cancelled, active, skipped } = progress
  const parts = [
    ...[`${count(success)} succeeded`, failed > 0 ? `${count(failed)} failed` : ''],
    ...[cancelled > 0 ? `${count(cancelled)} cancelled` : '', active > 0 ? `${count(active)} active` : ''],
    skipped > 0 ? `${count(skipped)} skipped` : '',
  ]
  return `${parts.filter((part) => part !== '').join(', ')} of ${count(total)}`
}

const changes = {
  pause: 'is paused: it makes no more runs, and those that exist go on.',
  resume: 'goes on.',
  cancel: 'is cancelled: it makes no more runs, and those that are not over are cancelled.',
} as const

export async function changeBackfill(
  request: ServerRequest & { readonly id: number; readonly change: keyof typeof changes; readonly yes?: boolean },
  context: Context,
): Promise<number> {
  const { id, change, json = false } = request
  return await withServer(request, context, async (client) => {
    if (change === 'cancel') await confirm(`Cancel backfill ${id} and its runs?`, request, context)
    const params = { path: { backfill: id } }
    const backfill = await client.post(`/api/backfills/{backfill}/${change}`, { params })
    if (json) return printJson(backfill, context)
    const isChanged = backfill.state === { pause: 'paused', resume: 'running', cancel: 'cancelled' }[change]
    context.out(`Backfill ${id} ${isChanged ? changes[change] : `had ended before: ${backfill.state}.`}\n`)
    return exitCodes.done
  })
}
