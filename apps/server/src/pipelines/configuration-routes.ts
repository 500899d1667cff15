import { z } from '@hono/zod-openapi'
import { DataError, isMillraceError } from '@millrace/core'
import { type Trx, transaction } from '@millrace/db'
import { queryBoolean } from '@millrace/http'
import {
  type Configuration,
  type ConfigurationChange,
  formatConfiguration,
  type Problem,
  parseConfiguration,
  planConfiguration,
} from '@millrace/pipelines'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { expectProject } from './access.ts'
import { applyConfiguration } from './apply-configuration.ts'
import { readConfiguration } from './configuration-store.ts'
import { lockProject } from './lock-project.ts'
import { problemSchema } from './schemas.ts'

const tag = 'pipelines'
const path = '/api/projects/{project}/configuration'
const params = z.strictObject({ project: ulidText })
const yaml = { contentType: 'application/yaml' }
const maxBodyBytes = 8 * 1024 * 1024
const query = z.strictObject({
  prune: queryBoolean({ default: false }),
})

const changeSchema = z
  .object({
    action: z.enum(['create', 'update', 'delete']),
    kind: z.enum(['segment', 'pipeline_type', 'client', 'brand', 'template', 'pipeline']),
    name: z.string().openapi({ description: 'Of a brand, CLIENT/BRAND.' }),
    fields: z.array(z.string()).openapi({ description: 'What an update changes.' }),
    before: z.unknown(),
    after: z.unknown(),
  })
  .openapi('ConfigurationChange')

const planSchema = z
  .object({
    changes: z.array(changeSchema),
    problems: z.array(problemSchema).openapi({ description: 'Why it would be refused; empty: it would not.' }),
  })
  .openapi('ConfigurationPlan')

/** Configuration as code: all of a project as YAML, what another YAML would change, and the change itself. */
export function configurationRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context

  api.endpoint(
    {
      ...{ method: 'get', path, operationId: 'exportConfiguration', tag, access: 'open' },
      summary: 'All that is configured in a project, as YAML',
      description: 'The same configuration gives the same bytes.',
      params,
      answers: { 200: yaml },
    },
    async ({ principal, params: { project } }) => {
      await expectProject(context, db, principal, 'read', project)
      const configuration = await transaction(db, async (trx) => await readConfiguration(trx, project), {
        isolation: 'repeatable read',
      })
      const headers = { 'content-type': yaml.contentType }
      return { response: new Response(formatConfiguration(configuration), { status: 200, headers }) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'post', path: `${path}/plan`, operationId: 'planConfiguration', tag, access: 'user' },
      summary: 'What a configuration would change, and why it would be refused',
      ...{ params, query, bytes: yaml, maxBodyBytes },
      answers: { 200: planSchema },
    },
    async ({ principal, params: { project }, query: { prune }, bytes }) => {
      await expectProject(context, db, principal, 'write', project)
      const wanted = parseConfiguration(decode(bytes))
      return { status: 200, body: await tryOut(context, project, wanted, prune) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'put', path, operationId: 'applyConfiguration', tag, access: 'user' },
      summary: 'Make the project as a configuration says, all or nothing',
      description: 'What the configuration does not speak of stays, unless `prune` is true. Answers what was changed.',
      ...{ params, query, bytes: yaml, maxBodyBytes },
      answers: { 200: z.object({ changes: z.array(changeSchema) }) },
    },
    async ({ principal, requestId, params: { project }, query: { prune }, bytes }) => {
      await expectProject(context, db, principal, 'write', project)
      const wanted = parseConfiguration(decode(bytes))
      const changes = await change(db, { id: principal.id, requestId }, async (trx) => {
        const planned = await planInTurn(trx, project, wanted, prune)
        if (planned.length > 0) await applyConfiguration(trx, context, project, planned)
        return planned
      })
      return { status: 200, body: { changes: changes.map(presentChange) } }
    },
  )
}

/** Who applies at the same time waits, and then plans against what is there. */
async function planInTurn(
  trx: Trx,
  projectId: string,
  wanted: Configuration,
  prune: boolean,
): Promise<readonly ConfigurationChange[]> {
  await lockProject(trx, projectId)
  return planConfiguration(await readConfiguration(trx, projectId), wanted, { prune })
}

/** Really makes the changes, and takes them back: nothing else knows everything that could be in the way. */
async function tryOut(
  context: ServerContext,
  projectId: string,
  wanted: Configuration,
  prune: boolean,
): Promise<z.input<typeof planSchema>> {
  const takeBack = new DataError('CONFIGURATION_TRIED', { message: 'The configuration was only tried.' })
  let changes: readonly ConfigurationChange[] = []
  let problems: readonly Problem[] = []
  try {
    await transaction(context.db, async (trx) => {
      changes = await planInTurn(trx, projectId, wanted, prune)
      if (changes.length > 0) await applyConfiguration(trx, context, projectId, changes)
      throw takeBack
    })
  } catch (error) {
    if (error !== takeBack) problems = problemsOf(error)
  }
  return { changes: changes.map(presentChange), problems: [...problems] }
}

function problemsOf(error: unknown): readonly Problem[] {
  const isTold = isMillraceError(error) && Array.isArray(error.details.problems)
  if (!isTold) throw error
  return error.details.problems as readonly Problem[]
}

function presentChange(one: ConfigurationChange): z.input<typeof changeSchema> {
  const { action, kind, name } = one
  return {
    ...{ action, kind, name, fields: action === 'update' ? [...one.fields] : [] },
    before: action === 'create' ? null : one.before,
    after: action === 'delete' ? null : one.after,
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new DataError('CONFIGURATION_INVALID', {
      message: 'The configuration is no text in UTF-8. Save it as UTF-8.',
      cause,
    })
  }
}
