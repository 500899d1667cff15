import { z } from '@hono/zod-openapi'
import { closestName } from '@millrace/core'
import { explainTaskRuns, logKey, readRun, taskRunOutput } from '@millrace/engine'
import { notFound, pageHeaders, pageQuery, pageRange, pathInteger, queryInteger, queryList } from '@millrace/http'
import { taskRunStates } from '@millrace/workflow'
import { json, runIdText } from '../common-schemas.ts'
import { lastEventId } from '../last-event-id.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { followLog } from './follow-log.ts'
import { attemptSchema, presentAttempt, presentTaskRun, taskRunSchema } from './schemas.ts'
import { isAttemptOver, listAttempts, listTaskRuns, readTaskRun, type TaskRunRow } from './store.ts'

const tag = 'task-runs'
const access = 'user'
const taskRunParams = z.strictObject({ task_run: pathInteger() })
const attemptQuery = { attempt: queryInteger({ minimum: 1 }) }

export function taskRunRoutes(api: ServerApi, context: ServerContext): void {
  const { engine, workflowAccess, streams } = context
  const { db, artifacts } = engine
  const find = async (caller: UserPrincipal, id: number): Promise<TaskRunRow> => {
    await workflowAccess.taskRun(caller, 'see', id)
    const row = await readTaskRun(db, id)
    if (row === undefined) throw notFound('TASK_RUN_MISSING', `There is no task run ${id}.`)
    return row
  }
  const present = async (rows: readonly TaskRunRow[]): Promise<z.input<typeof taskRunSchema>[]> => {
    const reasons = await explainTaskRuns(
      engine,
      rows.map(({ id }) => id),
    )
    return await Promise.all(
      rows.map(async (row) =>
        presentTaskRun(await engine.graphs.get(db, row.version_id), row, reasons.get(row.id) ?? row.state),
      ),
    )
  }
  /** By default the latest attempt. */
  const attemptOf = async (row: TaskRunRow, attempt = row.attempt) => {
    const isOver = await isAttemptOver(db, row.id, attempt)
    if (isOver === undefined) {
      const message =
        row.attempt === 0
          ? `Task run ${row.id} was not started yet, so it has no log.`
          : `Task run ${row.id} has no attempt ${attempt}; its latest is ${row.attempt}.`
      throw notFound('ATTEMPT_MISSING', message)
    }
    return { place: { runId: row.run_id, taskRunId: row.id, attempt }, isOver }
  }

  api.endpoint(
    {
      method: 'get',
      path: '/api/runs/{run}/task-runs',
      operationId: 'listTaskRuns',
      tag,
      access,
      summary: 'Task runs of a run, in the order of its graph',
      params: z.strictObject({ run: runIdText.transform(Number).openapi({ type: 'string' }) }),
      query: z.strictObject({
        ...pageQuery,
        node: z.string().max(250).optional(),
        state: queryList(taskRunStates),
      }),
      answers: { 200: z.array(taskRunSchema) },
    },
    async ({ principal, params: { run }, query }) => {
      await workflowAccess.run(principal, 'see', run)
      const graph = await engine.graphs.get(db, (await readRun(db, run)).version_id)
      const place = query.node === undefined ? undefined : graph.placeOf.get(query.node)
      if (query.node !== undefined && place === undefined) {
        const closest = closestName(query.node, graph.placeOf.keys())
        const hint = closest === undefined ? '' : ` Did you mean "${closest}"?`
        throw notFound('NODE_MISSING', `Run ${run} has no node "${query.node}".${hint}`)
      }
      const { rows, total } = await listTaskRuns(db, run, { place, state: query.state }, pageRange(query))
      return { status: 200, body: await present(rows), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/task-runs/{task_run}',
      operationId: 'getTaskRun',
      tag,
      access,
      summary: 'A task run',
      params: taskRunParams,
      answers: { 200: taskRunSchema },
    },
    async ({ principal, params }) => {
      const [body] = await present([await find(principal, params.task_run)])
      return { status: 200, body: body as z.input<typeof taskRunSchema> }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/task-runs/{task_run}/attempts',
      operationId: 'listAttempts',
      tag,
      access,
      summary: 'Attempts of a task run, the latest first',
      params: taskRunParams,
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(attemptSchema) },
    },
    async ({ principal, params, query }) => {
      const { id } = await find(principal, params.task_run)
      const { rows, total } = await listAttempts(db, id, pageRange(query))
      return { status: 200, body: rows.map(presentAttempt), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/task-runs/{task_run}/output',
      operationId: 'getTaskOutput',
      tag,
      access,
      summary: 'What a task run returned; null when it returned nothing, or did not succeed',
      params: taskRunParams,
      answers: { 200: z.object({ value: json }).openapi('TaskOutput') },
    },
    async ({ principal, params }) => {
      const { id } = await find(principal, params.task_run)
      return { status: 200, body: { value: await taskRunOutput(engine, id) } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/task-runs/{task_run}/log',
      operationId: 'getLog',
      tag,
      access,
      summary: 'A part of the log of an attempt, by default of the latest',
      description:
        'Lines of JSON. The header `log-next-offset` says where the next part begins, `log-complete` whether there is nothing more to come. A part may begin or end in the middle of a line.',
      params: taskRunParams,
      query: z.strictObject({
        ...attemptQuery,
        offset: queryInteger({ minimum: 0, default: 0 }),
        limit: queryInteger({ minimum: 1, maximum: 8 * 1024 * 1024, default: 1024 * 1024 }),
      }),
      answers: { 200: { contentType: 'application/x-ndjson' } },
    },
    async ({ principal, params, query: { attempt, offset, limit } }) => {
      const { place, isOver } = await attemptOf(await find(principal, params.task_run), attempt)
      const bytes = await artifacts.read(logKey(place), offset, limit)
      const next = offset + bytes.byteLength
      const isComplete = isOver && next >= (await artifacts.size(logKey(place)))
      const headers = {
        'content-type': 'application/x-ndjson',
        'log-next-offset': `${next}`,
        'log-complete': `${isComplete}`,
      }
      return { response: new Response(Buffer.from(bytes), { headers }) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/task-runs/{task_run}/log/stream',
      operationId: 'streamLog',
      tag,
      access,
      summary: 'The log of an attempt as it is written, by default of the latest',
      description:
        'Server-sent events: `line` with an entry, and `end` when the attempt is over, or `denied` with the refusal soon after the caller may not see it any more. Goes on after the header `Last-Event-ID`, or from the byte `offset`.',
      params: taskRunParams,
      query: z.strictObject({ ...attemptQuery, offset: queryInteger({ minimum: 0, default: 0 }) }),
      answers: { 200: { contentType: 'text/event-stream' } },
    },
    async ({ principal, params: { task_run }, query, request, requestId, signal }) => {
      const { place } = await attemptOf(await find(principal, task_run), query.attempt)
      const from = lastEventId(request) ?? query.offset
      const source = (signal: AbortSignal) => followLog(context, place, { from, signal })
      const expect = async (caller: UserPrincipal) => await workflowAccess.taskRun(caller, 'see', task_run)
      return { response: streams.answer({ principal, request, requestId, signal }, { source, expect }) }
    },
  )
}
