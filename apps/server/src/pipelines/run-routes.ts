import { z } from '@hono/zod-openapi'
import { type Queryable, sql } from '@millrace/db'
import { insertRun } from '@millrace/engine'
import { conflict, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { pipelineProblems } from '@millrace/pipelines'
import type { Caller } from '../authz/index.ts'
import { change } from '../change.ts'
import { isoTime, text, time } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import { readPage } from '../read-page.ts'
import type { ServerContext } from '../server-context.ts'
import { expectPart } from './access.ts'
import { graphSchema, presentGraph } from './graph.ts'
import { findPipeline, type PipelineRow, recordOf } from './pipeline-store.ts'
import { compileOptions } from './publish.ts'
import { idParams, problemSchema } from './schemas.ts'
import { pipelineToChange } from './service.ts'

const tag = 'pipelines'

const runEventSchema = z
  .object({
    id: z.string().openapi({ description: 'Of the run.' }),
    pipeline_id: z.string(),
    created_at: time,
  })
  .openapi('PipelineRunEvent')

/** What a pipeline becomes, and its runs. */
export function pipelineRunRoutes(api: ServerApi, context: ServerContext): void {
  const { db, engine, workflowAccess } = context
  const find = async (from: Queryable, caller: Caller, id: string): Promise<PipelineRow> =>
    await expectPart(context, from, caller, 'read', { row: await findPipeline(from, id), noun: 'pipeline', id })

  api.endpoint(
    {
      ...{ method: 'get', path: '/api/pipelines/{id}/graph', operationId: 'getPipelineGraph', tag, access: 'open' },
      summary: 'The workflow that a pipeline is compiled to, or what is wrong with it',
      params: idParams,
      answers: { 200: graphSchema },
    },
    async ({ principal, params: { id } }) => {
      return { status: 200, body: presentGraph(context, recordOf(await find(db, principal, id))) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'post', path: '/api/pipelines/{id}/validate', operationId: 'validatePipeline', tag, access: 'open' },
      summary: 'Everything that is wrong with a pipeline',
      params: idParams,
      answers: { 200: z.object({ valid: z.boolean(), problems: z.array(problemSchema) }) },
    },
    async ({ principal, params: { id } }) => {
      const row = await find(db, principal, id)
      const problems = [...pipelineProblems(recordOf(row), compileOptions(context))]
      return { status: 200, body: { valid: problems.length === 0, problems } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'post', path: '/api/pipelines/{id}/runs', operationId: 'runPipeline', tag, access: 'user' },
      summary: 'Start a run of an active pipeline',
      params: idParams,
      body: z
        .strictObject({ key: text(250).min(1).optional() })
        .optional()
        .transform((body) => body ?? {}),
      answers: { 201: z.object({ run_id: z.string(), workflow: z.string() }) },
    },
    async ({ principal, requestId, params: { id }, body: { key } }) => {
      const created = await change(db, { id: principal.id, requestId }, async (trx) => {
        const row = await pipelineToChange(trx, context, principal, { id })
        if (!row.is_active) {
          throw conflict('PIPELINE_INACTIVE', `Pipeline "${row.name}" is not active. Activate it to run it.`)
        }
        const { run } = await insertRun(engine, trx, {
          workflow: row.workflow,
          trigger: 'manual',
          ...(key === undefined ? {} : { key }),
        })
        return { run_id: `${run.id}`, workflow: row.workflow }
      })
      return { status: 201, body: created }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: '/api/pipelines/{id}/run-events', operationId: 'listPipelineRunEvents', tag },
      access: 'open',
      summary: 'Runs of a pipeline that have started, the newest first',
      description: 'For those who may see runs; for others there are none.',
      params: idParams,
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(runEventSchema) },
    },
    async ({ principal, params: { id }, query }) => {
      const { workflow } = await find(db, principal, id)
      const { limit, offset } = pageRange(query)
      const events = sql`
        pipelines.run_event where pipeline_id = ${id} and exists (
          select from engine.workflow w where w.name = ${workflow} and ${workflowAccess.condition(principal)}
        )`
      const { rows, total } = await readPage<{ id: number; pipeline_id: string; created_at: Date }>(db, {
        rows: sql`
          select id, pipeline_id, created_at from ${events} order by id desc limit ${limit} offset ${offset}`,
        total: sql`(select count(*) from ${events})`,
      })
      const body = rows.map((row) => ({ ...row, id: `${row.id}`, created_at: isoTime(row.created_at) }))
      return { status: 200, body, headers: pageHeaders(query, total) }
    },
  )
}
