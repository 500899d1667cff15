import { z } from '@hono/zod-openapi'
import { sql } from '@millrace/db'
import type { ExchangeRequest, LeaseRef, WorkerApi, WorkerInfo } from '@millrace/engine'
import { bearerToken, forbidden, pathInteger, queryInteger, unauthorized } from '@millrace/http'
import { type AttemptSpec, type Json, runStates, taskRunStates } from '@millrace/workflow'
import { json, jsonMap, runIdText, sha256Text, text, workflowName } from '../common-schemas.ts'
import type { ServerApi, WorkerPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { findWorkerToken } from '../worker-tokens/index.ts'
import { exchangeAnswer, exchangeRequest } from './schemas.ts'

const tag = 'worker'
const access = 'worker'
/** Many outputs come in one exchange; a single one is bounded by the worker. */
const maxBodyBytes = 32 * 1024 * 1024
const attemptPath = '/api/worker/attempts/{task_run}/{attempt}'
const attemptParams = { task_run: pathInteger(), attempt: pathInteger() }
const nameParams = z.strictObject({ ...attemptParams, name: z.string().min(1).max(250) })
/** Who asks: about an attempt only the worker that holds its lease may. */
const asker = { worker: z.uuid() }

/**
 * What workers ask of the engine, one route for each method of `WorkerApi`. They are made for `httpWorkerApi` and may
 * change with it.
 */
export function workerProtocolRoutes(api: ServerApi, { workerApi, engine }: ServerContext): void {
  const isGood = async (request: Request) =>
    (await findWorkerToken(engine.db, bearerToken(request) ?? '')) !== undefined
  const leaseOf = async (
    principal: WorkerPrincipal,
    params: { readonly task_run: number; readonly attempt: number },
    query: { readonly worker: string },
  ): Promise<LeaseRef> => {
    if (principal.queues !== null) {
      const task = await engine.db.maybe<{ queue: string }>(
        sql`select queue from engine.task_run where id = ${params.task_run}`,
      )
      // Not even with the id of a worker that has the attempt.
      if (task !== undefined) checkQueues(principal, [task.queue])
    }
    return { taskRunId: params.task_run, attempt: params.attempt, workerId: query.worker }
  }

  api.endpoint(
    {
      method: 'post',
      path: '/api/worker/exchange',
      operationId: 'workerExchange',
      tag,
      access,
      summary: 'Hand in results, keep leases, take attempts; waits for something to do',
      body: exchangeRequest,
      maxBodyBytes,
      maxBodyDepth: 1000,
      allowNullCharacters: true,
      answers: { 200: exchangeAnswer },
      // It may wait for a minute by itself.
      timeoutSeconds: 120,
      logLevel: 'debug',
    },
    async ({ body, principal, request, signal }) => {
      checkQueues(principal, body.worker.queues)
      const answer = await workerApi.exchange(body as ExchangeRequest, signal)
      // The token may be over since the worker began to wait: then it could neither do the work nor hand it back itself.
      const isRefused = answer.tasks.length > 0 && !(await isGood(request))
      if (isRefused || request.signal.aborted) await giveBack(workerApi, body.worker, answer.tasks)
      if (isRefused)
        throw unauthorized('The token of the worker was revoked or has expired. Start it with another one.')
      const { settled, lost, stop, tasks, leaseMs } = answer
      return {
        status: 200,
        body: { settled: [...settled], lost: [...lost], stop: [...stop], tasks: [...tasks], leaseMs },
      }
    },
  )

  api.endpoint(
    {
      method: 'put',
      path: `${attemptPath}/log`,
      operationId: 'workerAppendLog',
      tag,
      access,
      summary: 'Add to the log of an attempt',
      params: z.strictObject(attemptParams),
      query: z.strictObject({ ...asker, offset: queryInteger({ minimum: 0, default: 0 }) }),
      bytes: { contentType: 'application/x-ndjson' },
      maxBodyBytes,
      answers: { 204: null },
      logLevel: 'debug',
    },
    async ({ principal, params, query, bytes }) => {
      await workerApi.appendLog({ ...(await leaseOf(principal, params, query)), offset: query.offset }, bytes)
      return { status: 204 }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${attemptPath}/output`,
      operationId: 'workerOutput',
      tag,
      access,
      summary: 'Output of a node of the run of an attempt',
      params: z.strictObject(attemptParams),
      query: z.strictObject({ ...asker, node: z.string().min(1).max(250) }),
      answers: { 200: z.object({ value: json }) },
      logLevel: 'debug',
    },
    async ({ principal, params, query }) => ({
      status: 200,
      body: { value: await workerApi.output(await leaseOf(principal, params, query), query.node) },
    }),
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/worker/packages/{sha256}',
      operationId: 'workerPackage',
      tag,
      access,
      summary: 'The zip of a package',
      params: z.strictObject({ sha256: sha256Text }),
      answers: { 200: { contentType: 'application/zip' } },
    },
    async ({ params, signal }) => {
      const bytes = await workerApi.package(params.sha256, signal)
      return { response: new Response(Buffer.from(bytes), { headers: { 'content-type': 'application/zip' } }) }
    },
  )

  const connection = z.object({ connector: z.string(), values: jsonMap, secretFields: z.array(z.string()).optional() })
  api.endpoint(
    {
      method: 'get',
      path: `${attemptPath}/connections/{name}`,
      operationId: 'workerConnection',
      tag,
      access,
      summary: 'A connection of the platform; null where it has none of that name',
      params: nameParams,
      query: z.strictObject(asker),
      answers: { 200: z.object({ value: connection.nullable() }) },
    },
    async ({ principal, params, query }) => {
      const found = await workerApi.connection(await leaseOf(principal, params, query), params.name)
      if (found === null) return { status: 200, body: { value: null }, headers: noStore }
      const { connector, values, secretFields } = found
      const value = { connector, values: { ...values }, ...(secretFields && { secretFields: [...secretFields] }) }
      return { status: 200, body: { value }, headers: noStore }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${attemptPath}/secrets/{name}`,
      operationId: 'workerSecret',
      tag,
      access,
      summary: 'A secret of the platform; null where it has none of that name',
      params: nameParams,
      query: z.strictObject(asker),
      answers: { 200: z.object({ value: z.string().nullable() }) },
    },
    async ({ principal, params, query }) => ({
      status: 200,
      body: { value: await workerApi.secret(await leaseOf(principal, params, query), params.name) },
      headers: noStore,
    }),
  )

  api.endpoint(
    {
      method: 'post',
      path: `${attemptPath}/trigger`,
      operationId: 'workerTrigger',
      tag,
      access,
      summary: 'Start a run for an attempt',
      params: z.strictObject(attemptParams),
      query: z.strictObject(asker),
      body: z.strictObject({
        workflow: workflowName,
        params: jsonMap.optional(),
        key: text(500).min(1).optional(),
        logicalDate: z.iso.datetime({ offset: true }).optional(),
      }),
      maxBodyBytes,
      maxBodyDepth: 1000,
      allowNullCharacters: true,
      answers: { 200: z.object({ run: z.string() }) },
    },
    async ({ principal, params, query, body: { workflow, params: given, key, logicalDate } }) => {
      const run = await workerApi.trigger(await leaseOf(principal, params, query), {
        workflow,
        ...(given === undefined ? {} : { params: given as Record<string, Json> }),
        ...(key === undefined ? {} : { key }),
        ...(logicalDate === undefined ? {} : { logicalDate }),
      })
      return { status: 200, body: { run } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${attemptPath}/runs/{run}`,
      operationId: 'workerRunState',
      tag,
      access,
      summary: 'State of a run, and of one of its nodes',
      params: z.strictObject({ ...attemptParams, run: runIdText }),
      query: z.strictObject({ ...asker, node: z.string().min(1).max(250).optional() }),
      answers: { 200: z.object({ state: z.enum(runStates), task: z.enum(taskRunStates).nullable() }) },
      logLevel: 'debug',
    },
    async ({ principal, params, query }) => {
      const lease = await leaseOf(principal, params, query)
      const state = await workerApi.runState(lease, params.run)
      const task = query.node === undefined ? null : await workerApi.taskState(lease, params.run, query.node)
      return { status: 200, body: { state, task } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${attemptPath}/find-run`,
      operationId: 'workerFindRun',
      tag,
      access,
      summary: 'The run of a workflow whose data interval holds a moment',
      params: z.strictObject(attemptParams),
      query: z.strictObject({ ...asker, workflow: workflowName, at: z.iso.datetime({ offset: true }) }),
      answers: { 200: z.object({ run: z.object({ runId: z.string(), state: z.enum(runStates) }).nullable() }) },
      logLevel: 'debug',
    },
    async ({ principal, params, query }) => ({
      status: 200,
      body: { run: await workerApi.findRun(await leaseOf(principal, params, query), query) },
    }),
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/worker/goodbye',
      operationId: 'workerGoodbye',
      tag,
      access,
      summary: 'Hand back what a worker that ends still holds',
      body: z.strictObject({ worker: z.uuid() }),
      answers: { 204: null },
    },
    async ({ body: { worker } }) => {
      await workerApi.goodbye(worker)
      return { status: 204 }
    },
  )
}

/** Attempts whose worker went away before it heard of them, so that they need not wait for their leases to run out. */
async function giveBack(workerApi: WorkerApi, worker: WorkerInfo, tasks: readonly AttemptSpec[]): Promise<void> {
  if (tasks.length === 0) return
  const results = tasks.map(({ taskRunId, attempt, state }) => ({
    taskRunId,
    attempt,
    outcome: {
      kind: 'defer' as const,
      seconds: 0,
      reason: 'its worker went away before it heard of it',
      ...(state === null ? {} : { state }),
    },
  }))
  await workerApi.exchange({ worker, results, running: [], want: 0, waitMs: 0 }, AbortSignal.timeout(0))
}

const noStore = { 'cache-control': 'no-store' }

function checkQueues({ name, queues }: WorkerPrincipal, wanted: readonly string[]): void {
  const others = queues === null ? [] : wanted.filter((queue) => !queues.includes(queue))
  if (others.length === 0) return
  throw forbidden(
    'QUEUE_NOT_PERMITTED',
    `The worker token "${name}" is good for the queues ${queues?.join(', ')}, and not for ${others.join(', ')}. Start the worker with other queues, or make it another token.`,
  )
}
