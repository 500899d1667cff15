import { z } from '@hono/zod-openapi'
import { type Queryable, sql } from '@millrace/db'
import { checkIfMatch, isNotModified, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { createOperator } from '@millrace/operators'
import { problemsError, templateProblems } from '@millrace/pipelines'
import type { Caller } from '../authz/index.ts'
import { change } from '../change.ts'
import { text } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { expectPart, expectProject } from './access.ts'
import { explainConstraints } from './constraints.ts'
import { holdProject, lockProject } from './lock-project.ts'
import { publishPipelines } from './publish.ts'
import { config, etagOfRow, idParams, presentTemplate, stateName, templateSchema, templateValues } from './schemas.ts'
import {
  deleteTemplate,
  findTemplate,
  insertTemplate,
  listTemplates,
  type TemplateRow,
  type TemplateValues,
  updateTemplate,
} from './template-store.ts'

const tag = 'pipelines'
const path = '/api/pipeline-templates'
const noun = 'pipeline template'

/** Templates: what transformations run, with the variables they want. */
export function templateRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context
  const find = async (
    from: Queryable,
    caller: Caller,
    permission: 'read' | 'write',
    id: string,
  ): Promise<TemplateRow> =>
    await expectPart(context, from, caller, permission, { row: await findTemplate(from, id), noun, id })

  api.endpoint(
    {
      ...{ method: 'get', path, operationId: 'listPipelineTemplates', tag, access: 'open' },
      summary: 'The templates of a project',
      query: z.strictObject({
        ...pageQuery,
        project_id: ulidText,
        state: stateName.optional(),
        tag: text(100).optional(),
      }),
      answers: { 200: z.array(templateSchema) },
    },
    async ({ principal, query }) => {
      await expectProject(context, db, principal, 'read', query.project_id)
      const { project_id: projectId, state, tag } = query
      const { rows, total } = await listTemplates(db, { projectId, state, tag }, pageRange(query))
      return { status: 200, body: rows.map(presentTemplate), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'post', path, operationId: 'createPipelineTemplate', tag, access: 'user' },
      summary: 'Add a template',
      description: 'Its configuration is checked by the schema of its operator, variables standing for any value.',
      body: z.strictObject({ project_id: ulidText, ...templateValues }),
      answers: { 201: templateSchema },
    },
    async ({ principal, requestId, body: { project_id, ...values } }) => {
      await expectProject(context, db, principal, 'write', project_id)
      checkTemplate(values)
      const row = await explainConstraints(`template "${values.name}"`, 'saving', async () =>
        change(db, { id: principal.id, requestId }, async (trx) => {
          await holdProject(trx, project_id)
          return await insertTemplate(trx, project_id, values)
        }),
      )
      return { status: 201, body: presentTemplate(row), headers: { etag: etagOfRow(row) } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{id}`, operationId: 'getPipelineTemplate', tag, access: 'open' },
      summary: 'A template',
      params: idParams,
      answers: { 200: templateSchema, 304: null },
    },
    async ({ principal, params: { id }, request }) => {
      const row = await find(db, principal, 'read', id)
      const headers = { etag: etagOfRow(row) }
      if (isNotModified(request, headers.etag)) return { status: 304, headers }
      return { status: 200, body: presentTemplate(row), headers }
    },
  )

  api.endpoint(
    {
      ...{
        method: 'patch',
        path: `${path}/{id}`,
        operationId: 'updatePipelineTemplate',
        tag,
        access: 'user',
        ifMatch: true,
      },
      summary: 'Change a template, and with it every active pipeline that uses it',
      description: 'Refused with all problems when one of these pipelines would not hold any more.',
      params: idParams,
      body: z.strictObject({
        name: templateValues.name.optional(),
        description: templateValues.description.unwrap().optional(),
        state: templateValues.state.unwrap().optional(),
        operator: templateValues.operator.optional(),
        config: config.optional(),
        variable_structures: templateValues.variable_structures.unwrap().optional(),
        tags: templateValues.tags.unwrap().optional(),
      }),
      answers: { 200: templateSchema },
    },
    async ({ principal, requestId, ifMatch, params: { id }, body }) => {
      const row = await explainConstraints(`template "${body.name ?? id}"`, 'saving', async () =>
        change(db, { id: principal.id, requestId }, async (trx) => {
          await lockProject(trx, (await find(trx, principal, 'write', id)).project_id)
          const before = await find(trx, principal, 'write', id)
          checkIfMatch(ifMatch, etagOfRow(before))
          const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
          const values: TemplateValues = { ...before, ...given }
          checkTemplate(values)
          const after = await updateTemplate(trx, id, values)
          await publishPipelines(
            trx,
            context,
            sql`exists (select from pipelines.transformation x where x.pipeline_id = p.id and x.template_id = ${id})`,
          )
          return after
        }),
      )
      return { status: 200, body: presentTemplate(row), headers: { etag: etagOfRow(row) } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'delete', path: `${path}/{id}`, operationId: 'deletePipelineTemplate', tag, access: 'user' },
      summary: 'Remove a template that no transformation uses',
      params: idParams,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { id } }) => {
      await explainConstraints('template', 'removing', async () =>
        change(db, { id: principal.id, requestId }, async (trx) => {
          await lockProject(trx, (await find(trx, principal, 'write', id)).project_id)
          await deleteTemplate(trx, id)
        }),
      )
      return { status: 204 }
    },
  )
}

/** @throws ConfigError `TEMPLATE_INVALID`, or the code of the only problem */
export function checkTemplate({
  name,
  operator,
  config,
  variable_structures: variableStructures,
}: TemplateValues): void {
  const problems = templateProblems({ operator, config, variableStructures }, createOperator)
  if (problems.length > 0) throw problemsError('TEMPLATE_INVALID', `The template "${name}" cannot be used`, problems)
}
