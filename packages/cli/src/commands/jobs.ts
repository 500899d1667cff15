import { setTimeout as wait } from 'node:timers/promises'
import { askJson } from '../ask-json.ts'
import { type Context, exitCodes } from '../context.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'

interface JobRun {
  readonly id: number
  readonly job: string
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed'
  readonly attempt: number
  readonly started_at?: string
  readonly ended_at?: string
  readonly duration_seconds?: number
  readonly summary?: Readonly<Record<string, unknown>>
  readonly error?: string
}

interface Job {
  readonly name: string
  readonly schedule?: string
  readonly next_at?: string
  readonly last_run?: JobRun
}

const lookEveryMs = 500

export async function listJobs(request: ServerRequest, context: Context): Promise<number> {
  return await withServer(request, context, async (client) => {
    const jobs = await askJson<readonly Job[]>(client, '/api/jobs?per_page=100')
    if (request.json) return printJson(jobs, context)
    const body = jobs.map(({ name, schedule, next_at, last_run: last }) => [
      ...[name, schedule ?? 'when asked', localTime(next_at), last === undefined ? 'never ran' : last.state],
      ...[localTime(last?.ended_at ?? last?.started_at), secondsText(last?.duration_seconds), lineOf(last?.error)],
    ])
    context.out(textTable(['job', 'schedule (UTC)', 'next', 'last', 'at', 'took', 'error'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

/** Exits with 1 when the job failed. */
export async function runJob(request: ServerRequest & { readonly job: string }, context: Context): Promise<number> {
  const { job, json = false } = request
  return await withServer(request, context, async (client) => {
    const path = `/api/jobs/${encodeURIComponent(job)}`
    let run = await askJson<JobRun>(client, `${path}/run`, { method: 'POST' })
    let told = ''
    while (run.state === 'waiting' || run.state === 'running') {
      const state =
        run.state === 'waiting' && run.error !== undefined ? `waiting after: ${lineOf(run.error)}` : run.state
      if (!json && state !== told) context.err(`Run ${run.id} of ${job} is ${state}.\n`)
      told = state
      await wait(lookEveryMs, undefined, { signal: context.signal })
      run = await askJson<JobRun>(client, `${path}/runs/${run.id}`)
    }
    if (json) printJson(run, context)
    else if (run.state === 'failed') context.err(`Run ${run.id} of ${job} failed: ${lineOf(run.error)}\n`)
    else {
      const parts = Object.entries(run.summary ?? {}).map(
        ([name, value]) => `  ${name}: ${printable(JSON.stringify(value))}\n`,
      )
      context.out(`${job} ended after ${secondsText(run.duration_seconds)}.\n${parts.join('')}`)
    }
    return run.state === 'failed' ? exitCodes.fatal : exitCodes.done
  })
}

function secondsText(seconds: number | undefined): string {
  return seconds === undefined ? '' : `${seconds.toFixed(1)} s`
}

function lineOf(text: string | undefined): string {
  return printable(text?.split('\n')[0] ?? '')
}
