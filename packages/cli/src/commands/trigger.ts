import { randomUUID } from 'node:crypto'
import { type Client, UnreachableError } from '@millrace/client'
import { parseInstant, retry } from '@millrace/core'
import { type Context, exitCodes } from '../context.ts'
import { printJson } from '../output/print-json.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import type { Run } from '../server-lists.ts'
import { type GivenParams, readParams } from '../workflow-params.ts'
import { runState } from './runs.ts'
import { awaitRun, watchRun } from './watch-run.ts'

export interface TriggerRequest extends ServerRequest, GivenParams {
  readonly workflow: string
  readonly version?: string
  readonly key?: string
  readonly date?: string
  readonly priority?: number
  readonly wait?: true
  readonly follow?: true
}

/** Starts a run of a deployed workflow. */
export async function trigger(request: TriggerRequest, context: Context): Promise<number> {
  const { json = false, wait = false, follow = false } = request
  return await withServer(request, context, async (client) => {
    const run = await startRun(client, request, context)
    if (json && !wait && !follow) return printJson(run, context)
    if (!json) {
      const title = `Run ${run.id} of ${run.workflow} ${run.version}`
      const started =
        request.key === undefined ? `${title} was started.` : `${title} has this key: ${runState(run.state)}.`
      if (wait || follow) context.err(`${started}\n`)
      else context.out(`${started}\n`)
    }
    if (follow) return await watchRun(client, run.id, context, { json })
    if (wait) return await awaitRun(client, run.id, context, { json })
    context.err(`Follow it with: millrace runs watch ${run.id}\n`)
    return exitCodes.done
  })
}

async function startRun(client: Client, request: TriggerRequest, { signal }: Context): Promise<Run> {
  const { workflow, version, date, priority } = request
  const { params: schema, schedule } = await manifestOf(client, workflow, version)
  const params = await readParams(request, schema)
  const body = {
    params,
    // With a key the same request can be sent again, and is still one run.
    key: request.key ?? randomUUID(),
    ...(version === undefined ? {} : { version }),
    ...(date === undefined ? {} : { logical_date: parseInstant(date, schedule?.timezone).toISOString() }),
    ...(priority === undefined ? {} : { priority }),
  }
  const post = () => client.post('/api/workflows/{workflow}/runs', { params: { path: { workflow } }, body })
  const shouldRetry = (error: Error) => error instanceof UnreachableError
  return await retry(post, { retries: 3, minDelayMs: 300, signal, shouldRetry })
}

export async function manifestOf(client: Client, workflow: string, version?: string) {
  const named = version ?? (await client.get('/api/workflows/{workflow}', { params: { path: { workflow } } })).version
  return await client.get('/api/workflows/{workflow}/versions/{version}', {
    params: { path: { workflow, version: named } },
  })
}
