import { z } from '@hono/zod-openapi'
import { cancelHeldRun, clearTasksWithin, insertRun, markTaskWithin, readRun, tryNowWithin } from '@millrace/engine'
import {
  conflict,
  notFound,
  pageHeaders,
  pageQuery,
  pageRange,
  queryInteger,
  queryList,
  queryTime,
} from '@millrace/http'
import { type Json, runStates } from '@millrace/workflow'
import { change } from '../change.ts'
import { runIdText, text, workflowName } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import { lastEventId } from '../last-event-id.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { triggerKinds } from '../trigger-kinds.ts'
import { followEvents } from './follow-events.ts'
import { intervene, noteNewRun } from './intervene.ts'
import { presentGraph } from './run-graph.ts'
import {
  newRunSchema,
  presentEvent,
  presentFailure,
  presentRun,
  runDetailsSchema,
  runEventSchema,
  runGraphSchema,
  runSchema,
} from './schemas.ts'
import {
  countTaskStates,
  listNodeStates,
  listRunEvents,
  listRuns,
  readFirstFailure,
  readRunDetails,
  setPriority,
} from './store.ts'

const tag = 'runs'
const access = 'user'
const runParams = z.strictObject({ run: runIdText.transform(Number).openapi({ type: 'string' }) })
const nodeId = z.string().min(1).max(250)

export function runRoutes(api: ServerApi, context: ServerContext): void {
  const { engine, workflowAccess, streams } = context
  const { db } = engine
  const present = async (id: number): Promise<z.input<typeof runSchema>> => {
    const row = await readRunDetails(db, id)
    if (row === undefined)
      throw notFound('RUN_MISSING', `There is no run ${id}. "millrace runs list" shows what there is.`)
    return presentRun(row)
  }

  api.endpoint(
    {
      method: 'post',
      path: '/api/workflows/{workflow}/runs',
      operationId: 'createRun',
      tag,
      access,
      summary: 'Start a run',
      description: 'Answers 201 with the new run, or 200 with the run that has the key already.',
      params: z.strictObject({ workflow: workflowName }),
      body: newRunSchema.optional().transform((body) => body ?? {}),
      answers: { 200: runSchema, 201: runSchema },
    },
    async ({ principal, requestId, params: { workflow }, body, request }) => {
      await workflowAccess.workflow(principal, 'write', workflow)
      const { version, key, logical_date, priority } = body
      const traceparent = request.headers.get('traceparent')
      const { run, isNew } = await change(db, { id: principal.id, requestId }, async (trx) => {
        const created = await insertRun(engine, trx, {
          workflow,
          trigger: 'manual',
          params: (body.params ?? {}) as Record<string, Json>,
          ...(version === undefined ? {} : { version }),
          ...(key === undefined ? {} : { key }),
          ...(logical_date === undefined ? {} : { logicalDate: new Date(logical_date) }),
          ...(priority === undefined ? {} : { priority }),
          ...(traceparent !== null && isTraceparent.test(traceparent) ? { traceparent } : {}),
        })
        if (created.isNew) await noteNewRun(trx, created.run.id)
        return created
      })
      return { status: isNew ? 201 : 200, body: await present(run.id) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/runs',
      operationId: 'listRuns',
      tag,
      access,
      summary: 'Runs, the newest first',
      description:
        'With `before`, the last id of a page, the next one has no gaps and no repetitions while new runs are made.',
      query: z.strictObject({
        ...pageQuery,
        workflow: workflowName.optional(),
        project: ulidText.optional(),
        state: queryList(runStates),
        trigger: queryList(triggerKinds),
        from: queryTime.optional(),
        to: queryTime.optional(),
        backfill: queryInteger({ minimum: 1 }),
        before: queryInteger({ minimum: 1 }),
      }),
      answers: { 200: z.array(runSchema) },
    },
    async ({ principal, query }) => {
      const where = workflowAccess.condition(principal)
      const { rows, total } = await listRuns(db, { ...query, where }, pageRange(query))
      return { status: 200, body: rows.map(presentRun), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/runs/{run}',
      operationId: 'getRun',
      tag,
      access,
      summary: 'A run',
      params: runParams,
      answers: { 200: runDetailsSchema },
    },
    async ({ principal, params: { run } }) => {
      await workflowAccess.run(principal, 'see', run)
      const [found, task_states] = [await present(run), await countTaskStates(db, run)]
      const failure = (task_states.failed ?? 0) > 0 ? await readFirstFailure(db, run) : undefined
      if (failure === undefined) return { status: 200, body: { ...found, task_states: { ...task_states } } }
      const graph = await engine.graphs.get(db, (await readRun(db, run)).version_id)
      const first_failure = presentFailure(graph, failure)
      return { status: 200, body: { ...found, task_states: { ...task_states }, first_failure } }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/runs/{run}',
      operationId: 'updateRun',
      tag,
      access,
      summary: 'Change the priority of a run',
      description: 'Holds for what no worker has taken yet.',
      params: runParams,
      body: z.strictObject({ priority: z.int().min(-1_000_000).max(1_000_000) }),
      answers: { 200: runSchema },
    },
    async ({ principal, requestId, params: { run }, body: { priority } }) => {
      await workflowAccess.run(principal, 'write', run)
      const asked = { request: 'priority' }
      await intervene(context, { id: principal.id, requestId }, { run, asked }, async (trx, held) => {
        await setPriority(trx, held, priority)
      })
      return { status: 200, body: await present(run) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/runs/{run}/graph',
      operationId: 'getRunGraph',
      tag,
      access,
      summary: 'The graph of a run with the states of its nodes',
      params: runParams,
      answers: { 200: runGraphSchema },
    },
    async ({ principal, params: { run } }) => {
      await workflowAccess.run(principal, 'see', run)
      const { version_id } = await readRun(db, run)
      return { status: 200, body: presentGraph(await engine.graphs.get(db, version_id), await listNodeStates(db, run)) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/runs/{run}/events',
      operationId: 'listRunEvents',
      tag,
      access,
      summary: 'What happened to a run, in order',
      params: runParams,
      query: z.strictObject({
        after: queryInteger({ minimum: 0, default: 0 }),
        limit: queryInteger({ minimum: 1, maximum: 1000, default: 100 }),
      }),
      answers: { 200: z.array(runEventSchema) },
    },
    async ({ principal, params: { run }, query }) => {
      await workflowAccess.run(principal, 'see', run)
      const graph = await engine.graphs.get(db, (await readRun(db, run)).version_id)
      const rows = await listRunEvents(db, run, query)
      return { status: 200, body: rows.map((row) => presentEvent(graph, row)) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/runs/{run}/events/stream',
      operationId: 'streamRunEvents',
      tag,
      access,
      summary: 'What happens to a run, as it happens',
      description:
        'Server-sent events: `event` with a RunEvent, and `end` with the state when the run is over, or `denied` with the refusal soon after the caller may not see it any more. Goes on after the header `Last-Event-ID`.',
      params: runParams,
      answers: { 200: { contentType: 'text/event-stream' } },
    },
    async ({ principal, params: { run }, request, requestId, signal }) => {
      const expect = async (caller: UserPrincipal) => await workflowAccess.run(caller, 'see', run)
      await expect(principal)
      await readRun(db, run)
      const after = lastEventId(request) ?? 0
      const source = (signal: AbortSignal) => followEvents(context, run, { after, signal })
      return { response: streams.answer({ principal, request, requestId, signal }, { source, expect }) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/runs/{run}/cancel',
      operationId: 'cancelRun',
      tag,
      access,
      summary: 'Cancel a run',
      description: 'What waits ends at once, what runs is asked to stop. A run that is over stays as it is.',
      params: runParams,
      answers: { 200: runSchema },
    },
    async ({ principal, requestId, params: { run } }) => {
      await workflowAccess.run(principal, 'write', run)
      const asked = { request: 'cancel' }
      await intervene(context, { id: principal.id, requestId }, { run, asked }, async (trx, held) => {
        await cancelHeldRun(engine, trx, held, { reason: 'cancelled by request' })
      })
      return { status: 200, body: await present(run) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/runs/{run}/retry',
      operationId: 'retryRun',
      tag,
      access,
      summary: 'Do again what failed, was cancelled or given up, and what follows',
      params: runParams,
      answers: { 200: runSchema },
    },
    async ({ principal, requestId, params: { run } }) => {
      await workflowAccess.run(principal, 'write', run)
      const { state } = await readRun(db, run)
      if (state === 'success') {
        throw conflict(
          'NOTHING_TO_RETRY',
          `Run ${run} succeeded: there is nothing to retry. Clear single tasks instead.`,
        )
      }
      const asked = { request: 'retry' }
      await intervene(context, { id: principal.id, requestId }, { run, asked }, async (trx) => {
        await clearTasksWithin(engine, trx, run)
      })
      return { status: 200, body: await present(run) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/runs/{run}/clear',
      operationId: 'clearTasks',
      tag,
      access,
      summary: 'Do nodes again, whatever they ended as',
      params: runParams,
      body: z.strictObject({
        nodes: z.array(nodeId).min(1).max(10_000),
        downstream: z.boolean().default(true).openapi({ description: 'Also what comes after them.' }),
      }),
      answers: { 200: runSchema },
    },
    async ({ principal, requestId, params: { run }, body }) => {
      await workflowAccess.run(principal, 'write', run)
      const asked = { request: 'clear', nodes: body.nodes, downstream: body.downstream }
      await intervene(context, { id: principal.id, requestId }, { run, asked }, async (trx) => {
        await clearTasksWithin(engine, trx, run, body)
      })
      return { status: 200, body: await present(run) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/runs/{run}/try-now',
      operationId: 'tryNow',
      tag,
      access,
      summary: 'Have what waits for its next try done at once',
      description:
        'Ends the pause before a retry, or before a deferred task looks again. Without a node, of all tasks of the run that pause. Answers 409 when none does.',
      params: runParams,
      body: z
        .strictObject({
          node: nodeId.optional(),
          map_index: z
            .int()
            .min(0)
            .max(2_147_483_647)
            .optional()
            .openapi({ description: 'Only this item of the node.' }),
        })
        .refine(({ node, map_index }) => map_index === undefined || node !== undefined, {
          path: ['map_index'],
          message: 'needs the node that it is an item of',
        })
        .optional()
        .transform((body) => body ?? {}),
      answers: { 200: runSchema },
    },
    async ({ principal, requestId, params: { run }, body: { node, map_index } }) => {
      await workflowAccess.run(principal, 'write', run)
      const asked = { request: 'try-now', node: node ?? null, map_index: map_index ?? null }
      await intervene(context, { id: principal.id, requestId }, { run, asked }, async (trx) => {
        await tryNowWithin(engine, trx, run, {
          ...(node === undefined ? {} : { node }),
          ...(map_index === undefined ? {} : { mapIndex: map_index }),
        })
      })
      return { status: 200, body: await present(run) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/runs/{run}/mark',
      operationId: 'markTask',
      tag,
      access,
      summary: 'Say how a node ended, against what it did',
      params: runParams,
      body: z.strictObject({
        node: nodeId,
        state: z.enum(['success', 'failed', 'skipped']),
        note: text(1000).optional(),
      }),
      answers: { 200: runSchema },
    },
    async ({ principal, requestId, params: { run }, body: { node, state, note } }) => {
      await workflowAccess.run(principal, 'write', run)
      const asked = { request: 'mark', node, marked: state, note: note ?? null }
      await intervene(context, { id: principal.id, requestId }, { run, asked }, async (trx) => {
        await markTaskWithin(engine, trx, run, { node, state, ...(note === undefined ? {} : { note }) })
      })
      return { status: 200, body: await present(run) }
    },
  )
}

const isTraceparent = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/
