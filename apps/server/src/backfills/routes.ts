import { z } from '@hono/zod-openapi'
import { sql, type Trx } from '@millrace/db'
import {
  type Backfill,
  cancelRunsOfBackfills,
  changeBackfill,
  getBackfill,
  insertBackfill,
  listBackfills,
  type NewBackfill,
  planBackfill,
} from '@millrace/engine'
import { pathInteger, queryInteger, withoutNulls } from '@millrace/http'
import type { Json } from '@millrace/workflow'
import { noteDeed } from '../audit/index.ts'
import { change } from '../change.ts'
import { isoTime, jsonMap, time, workflowName } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { previewBackfill, previewSchema } from './preview.ts'

const tag = 'backfills'
const access = 'user'
const params = z.strictObject({ backfill: pathInteger() })
const states = ['running', 'paused', 'success', 'failed', 'cancelled'] as const
const existing = z
  .enum(['skip', 'again'])
  .openapi({ description: 'Whether ticks that have a run already get none, or another one.' })

const newBackfillSchema = z
  .strictObject({
    start: z.iso.datetime({ offset: true }).openapi({ description: 'Ticks from here on,' }),
    end: z.iso.datetime({ offset: true }).openapi({ description: 'and before here.' }),
    version: z.string().min(1).max(200).optional(),
    params: jsonMap.optional(),
    max_active_runs: z.int().min(1).max(10_000).default(1),
    existing: existing.default('skip'),
  })
  .openapi('NewBackfill')

const backfillSchema = z
  .object({
    id: z.int(),
    workflow: z.string(),
    version: z.string(),
    state: z.enum(states),
    reason: z.string().optional(),
    start: time,
    end: time,
    params: jsonMap,
    max_active_runs: z.int(),
    existing,
    progress: z
      .object({
        total: z.int(),
        success: z.int(),
        failed: z.int(),
        cancelled: z.int(),
        active: z.int(),
        skipped: z.int(),
      })
      .openapi({ description: 'Of the ticks of the range.' }),
    created_at: time,
    ended_at: time.optional(),
  })
  .openapi('Backfill')

export function backfillRoutes(api: ServerApi, { db, engine, workflowAccess }: ServerContext): void {
  api.endpoint(
    {
      method: 'post',
      path: '/api/workflows/{workflow}/backfills',
      operationId: 'createBackfill',
      tag,
      access,
      summary: 'Run a workflow for every tick of its schedule in a range, oldest first',
      params: z.strictObject({ workflow: workflowName }),
      body: newBackfillSchema,
      answers: { 201: backfillSchema },
    },
    async ({ principal, requestId, params: { workflow }, body }) => {
      await workflowAccess.workflow(principal, 'write', workflow)
      const request = requestOf(workflow, body)
      const plan = await planBackfill(engine, request)
      const backfill = await change(db, { id: principal.id, requestId }, async (trx) => {
        const made = await insertBackfill(trx, request, plan)
        await noteBackfill(trx, made, null)
        return made
      })
      return { status: 201, body: present(backfill) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/workflows/{workflow}/backfills/preview',
      operationId: 'previewBackfill',
      tag,
      access,
      summary: 'What a backfill would do; nothing is written',
      description: 'Refuses what `createBackfill` refuses.',
      params: z.strictObject({ workflow: workflowName }),
      body: newBackfillSchema,
      answers: { 200: previewSchema },
    },
    async ({ principal, params: { workflow }, body }) => {
      await workflowAccess.workflow(principal, 'write', workflow)
      return { status: 200, body: await previewBackfill(engine, requestOf(workflow, body)) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/backfills',
      operationId: 'listBackfills',
      tag,
      access,
      summary: 'Backfills, the newest first',
      description: 'The next page is asked for with `before`, the last id of this one.',
      query: z.strictObject({
        workflow: workflowName.optional(),
        state: z.enum(states).optional(),
        before: queryInteger({ minimum: 1 }),
        per_page: queryInteger({ minimum: 1, maximum: 100, default: 20 }),
      }),
      answers: { 200: z.array(backfillSchema) },
    },
    async ({ principal, query: { workflow, state, before, per_page } }) => {
      const rows = await listBackfills(engine.db, {
        where: workflowAccess.condition(principal),
        limit: per_page,
        ...(workflow === undefined ? {} : { workflow }),
        ...(state === undefined ? {} : { state }),
        ...(before === undefined ? {} : { before }),
      })
      return { status: 200, body: rows.map(present) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/backfills/{backfill}',
      operationId: 'getBackfill',
      tag,
      access,
      summary: 'A backfill with its progress',
      params,
      answers: { 200: backfillSchema },
    },
    async ({ principal, params: { backfill } }) => {
      await workflowAccess.backfill(principal, 'see', backfill)
      return { status: 200, body: present(await getBackfill(engine.db, backfill)) }
    },
  )

  const changes = [
    ['pause', 'Make no more runs until it is resumed'],
    ['resume', 'Go on with a paused backfill'],
    ['cancel', 'Make no more runs, and cancel those that are not over'],
  ] as const
  for (const [verb, summary] of changes) {
    api.endpoint(
      {
        method: 'post',
        path: `/api/backfills/{backfill}/${verb}`,
        operationId: `${verb}Backfill`,
        tag,
        access,
        summary,
        params,
        answers: { 200: backfillSchema },
      },
      async ({ principal, requestId, params: { backfill: id } }) => {
        await workflowAccess.backfill(principal, 'write', id)
        const changed = await change(db, { id: principal.id, requestId }, async (trx) => {
          const { before, backfill } = await changeBackfill(trx, id, verb)
          if (before !== backfill.state) await noteBackfill(trx, backfill, before)
          return backfill
        })
        if (verb !== 'cancel') return { status: 200, body: present(changed) }
        await cancelRunsOfBackfills(engine)
        return { status: 200, body: present(await getBackfill(db, id)) }
      },
    )
  }
}

/** In the audit log. @param before The state that it had; null: it is new. */
async function noteBackfill(trx: Trx, backfill: Backfill, before: Backfill['state'] | null): Promise<void> {
  const { project_id } = await trx.one<{ project_id: string | null }>(sql`
    select w.project_id from engine.backfill b join engine.workflow w on w.id = b.workflow_id where b.id = ${backfill.id}`)
  const { id, workflow, version, state, start, end, maxActiveRuns, existing } = backfill
  const row = {
    ...{ id, workflow, version, project_id, start: start.toISOString(), end: end.toISOString() },
    ...{ max_active_runs: maxActiveRuns, existing },
  }
  await noteDeed(trx, {
    entity: 'backfill',
    entityId: `${id}`,
    action: before === null ? 'insert' : 'update',
    before: before === null ? null : { ...row, state: before },
    after: { ...row, state },
  })
}

function requestOf(workflow: string, body: z.output<typeof newBackfillSchema>): NewBackfill {
  return {
    workflow,
    start: new Date(body.start),
    end: new Date(body.end),
    maxActiveRuns: body.max_active_runs,
    existing: body.existing,
    params: (body.params ?? {}) as Record<string, Json>,
    ...(body.version === undefined ? {} : { version: body.version }),
  }
}

function present(backfill: Backfill): z.input<typeof backfillSchema> {
  const { id, workflow, version, state, reason, start, end, existing, progress } = backfill
  return withoutNulls({
    id,
    workflow,
    version,
    state,
    reason,
    start: start.toISOString(),
    end: end.toISOString(),
    params: { ...backfill.params },
    max_active_runs: backfill.maxActiveRuns,
    existing,
    progress: { ...progress },
    created_at: backfill.createdAt.toISOString(),
    ended_at: isoTime(backfill.endedAt),
  })
}
