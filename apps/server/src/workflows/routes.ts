import { z } from '@hono/zod-openapi'
import { findVersion, pauseWithin } from '@millrace/engine'
import { pageHeaders, pageQuery, pageRange, queryBoolean, withoutNulls } from '@millrace/http'
import { runStates, type WorkflowManifest } from '@millrace/workflow'
import { change } from '../change.ts'
import { text, workflowName } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import { expectNoPipeline } from '../pipelines/index.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { checkManifest } from './check-manifest.ts'
import { deployToProject } from './deploy-to-project.ts'
import { diffManifests } from './diff.ts'
import { manifestSchema } from './manifest-schema.ts'
import { moveWorkflow } from './move-workflow.ts'
import { removeWorkflow } from './remove-workflow.ts'
import {
  diffSchema,
  presentWorkflow,
  presentWorkflowDetails,
  versionSchema,
  workflowDetailsSchema,
  workflowSchema,
} from './schemas.ts'
import { listVersions, listWorkflows, readWorkflow } from './store.ts'

const tag = 'workflows'
const access = 'user'
const nameParams = z.strictObject({ workflow: workflowName })
const versionText = z.string().min(1).max(200)

export function workflowRoutes(api: ServerApi, context: ServerContext): void {
  const { engine, workflowAccess } = context
  const { db } = engine
  const manifestOf = async (caller: UserPrincipal, name: string, version?: string): Promise<WorkflowManifest> => {
    const versionId = await findVersion(db, await workflowAccess.workflow(caller, 'see', name), version)
    return (await engine.graphs.get(db, versionId)).manifest
  }

  api.endpoint(
    {
      method: 'get',
      path: '/api/workflows',
      operationId: 'listWorkflows',
      tag,
      access,
      summary: 'Workflows by name',
      query: z.strictObject({
        ...pageQuery,
        search: text(200).optional(),
        tag: text(250).optional(),
        category: text(250).optional(),
        paused: queryBoolean().optional(),
        project: ulidText.optional(),
        last_state: z.enum(runStates).optional().openapi({ description: 'Of the newest run.' }),
      }),
      answers: { 200: z.array(workflowSchema) },
    },
    async ({ principal, query }) => {
      const { last_state: lastState, ...filter } = query
      const where = workflowAccess.condition(principal)
      const { rows, total } = await listWorkflows(db, { ...filter, lastState, where }, pageRange(query))
      return { status: 200, body: rows.map(presentWorkflow), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/workflows',
      operationId: 'deployWorkflow',
      tag,
      access,
      summary: 'Deploy a version of a workflow',
      description:
        'Takes the manifest that `millrace build` writes; its package has to be uploaded before. The version becomes the current one. A version is never changed: the same content again answers 200, other content 409. A new workflow belongs to the project that is given; without one, to the platform, which is for administrators.',
      query: z.strictObject({ project: ulidText.optional() }),
      body: manifestSchema,
      maxBodyBytes: 32 * 1024 * 1024,
      answers: { 200: workflowSchema, 201: workflowSchema },
    },
    async ({ principal, query, body, requestId }) => {
      const manifest = body as WorkflowManifest
      checkManifest(manifest)
      const { workflowId, isNew } = await deployToProject(context, principal, manifest, {
        projectId: query.project ?? null,
        requestId,
      })
      return { status: isNew ? 201 : 200, body: presentWorkflow(await readWorkflow(db, workflowId)) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/workflows/{workflow}',
      operationId: 'getWorkflow',
      tag,
      access,
      summary: 'A workflow, with the schema of its parameters',
      params: nameParams,
      answers: { 200: workflowDetailsSchema },
    },
    async ({ principal, params }) => {
      const { id } = await workflowAccess.workflow(principal, 'see', params.workflow)
      return { status: 200, body: presentWorkflowDetails(await readWorkflow(db, id)) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/workflows/{workflow}',
      operationId: 'updateWorkflow',
      tag,
      access,
      summary: 'Pause or resume a workflow, or move it to another project',
      params: nameParams,
      body: z.strictObject({
        paused: z.boolean().optional(),
        project_id: ulidText
          .optional()
          .openapi({ description: 'Both projects have to be ones that the caller may change.' }),
      }),
      answers: { 200: workflowSchema },
    },
    async ({ principal, params, requestId, body }) => {
      const { id } = await workflowAccess.workflow(principal, 'write', params.workflow)
      if (body.project_id !== undefined) {
        await expectNoPipeline(db, params.workflow)
        await moveWorkflow(context, principal, { name: params.workflow, projectId: body.project_id, requestId })
      }
      const { paused } = body
      if (paused !== undefined) {
        await change(db, { id: principal.id, requestId }, async (trx) => {
          await pauseWithin(trx, params.workflow, paused)
        })
      }
      return { status: 200, body: presentWorkflow(await readWorkflow(db, id)) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/workflows/{workflow}',
      operationId: 'deleteWorkflow',
      tag,
      access,
      summary: 'Remove a workflow with its versions and runs',
      params: nameParams,
      answers: { 204: null },
    },
    async ({ principal, params, requestId }) => {
      await workflowAccess.workflow(principal, 'write', params.workflow)
      await expectNoPipeline(db, params.workflow)
      const actor = { id: principal.id, requestId }
      await removeWorkflow(engine, actor, params.workflow, workflowAccess.condition(principal, 'write'))
      return { status: 204 }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/workflows/{workflow}/versions',
      operationId: 'listWorkflowVersions',
      tag,
      access,
      summary: 'Versions of a workflow, the latest first',
      params: nameParams,
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(versionSchema) },
    },
    async ({ principal, params, query }) => {
      const { id } = await workflowAccess.workflow(principal, 'see', params.workflow)
      const { rows, total } = await listVersions(db, id, pageRange(query))
      const body = rows.map((row) => withoutNulls({ ...row, created_at: row.created_at.toISOString() }))
      return { status: 200, body, headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/workflows/{workflow}/versions/{version}',
      operationId: 'getWorkflowManifest',
      tag,
      access,
      summary: 'The manifest of a version',
      params: z.strictObject({ workflow: workflowName, version: versionText }),
      answers: { 200: manifestSchema },
    },
    async ({ principal, params }) => {
      return {
        status: 200,
        body: (await manifestOf(principal, params.workflow, params.version)) as z.input<typeof manifestSchema>,
      }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/workflows/{workflow}/diff',
      operationId: 'diffWorkflowVersions',
      tag,
      access,
      summary: 'What differs between two versions',
      params: nameParams,
      query: z.strictObject({ from: versionText, to: versionText.optional() }),
      answers: { 200: diffSchema },
    },
    async ({ principal, params, query }) => {
      const from = await manifestOf(principal, params.workflow, query.from)
      const to = await manifestOf(principal, params.workflow, query.to)
      const { added, removed, changed, workflow, package_changed } = diffManifests(from, to)
      return {
        status: 200,
        body: {
          added: [...added],
          removed: [...removed],
          changed: changed.map(({ id, fields }) => ({ id, fields: [...fields] })),
          workflow: [...workflow],
          package_changed,
        },
      }
    },
  )
}
