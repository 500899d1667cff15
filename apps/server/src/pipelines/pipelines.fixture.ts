import { sql } from '@millrace/db'
import { expect } from 'vitest'
import type { Answer, CallServer, TestServer } from '../test-server.fixture.ts'

export interface Configured {
  readonly alice: CallServer
  readonly projectId: string
  readonly clientId: string
  readonly brandId: string
  readonly typeId: string
  readonly templateId: string
  /** A pipeline with a transformation in `raw`, unless said otherwise. */
  create(body?: Readonly<Record<string, unknown>>): Promise<Answer>
}

export const copyTemplate = {
  name: 'copy_sales',
  operator: 'sql',
  config: { connection: 'warehouse', sql: "insert into {{ variables.table }} values ('{{ dt }}')" },
  variable_structures: { table: { datatype: 'str', description: 'Where to.' }, days: { datatype: 'int' } },
}

export const copyVariables = { table: 'sales', days: 7 }

/** A project of alice with a client, a brand, a type and a template. */
export async function configured(server: TestServer, name = 'Sales'): Promise<Configured> {
  const alice = server.as('alice', { email: 'alice@example.com' })
  expect((await alice('GET', '/api/data/user')).status).toBe(200)
  const project = await alice('POST', '/api/data/projects', { body: { name, namespace: 'alice' } })
  expect(project, JSON.stringify(project.body)).toMatchObject({ status: 201 })
  const projectId: string = project.body.id
  const add = async (path: string, body: Readonly<Record<string, unknown>>): Promise<string> => {
    const answer = await alice('POST', path, { body: { project_id: projectId, ...body } })
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 })
    return answer.body.id
  }
  const clientId = await add('/api/clients', { name: 'acme', display_name: 'Acme' })
  const brandId = await add('/api/brands', { client_id: clientId, name: 'wonder' })
  const segmentId = await add('/api/segments', { name: 'payer' })
  const typeId = await add('/api/pipeline-types', { name: 'claims', segment_id: segmentId })
  const templateId = await add('/api/pipeline-templates', copyTemplate)
  return {
    ...{ alice, projectId, clientId, brandId, typeId, templateId },
    create: async (body = {}) =>
      await alice('POST', '/api/pipelines', {
        body: {
          ...{
            project_id: projectId,
            name: 'daily',
            brand_id: brandId,
            pipeline_type_id: typeId,
            run_frequency: 'daily',
          },
          transformations: [{ state: 'raw', template_id: templateId, variables: copyVariables }],
          ...body,
        },
      }),
  }
}

/** What the engine knows of a workflow; without a version it is retired. */
export async function workflowOf({ db }: TestServer, name: string) {
  return await db.maybe<{
    version: string | null
    cron: string | null
    next_tick_at: Date | null
    project_id: string
  }>(sql`
    select v.version, v.manifest #>> '{schedule,cron}' as cron, w.next_tick_at, w.project_id
    from engine.workflow w left join engine.workflow_version v on v.id = w.current_version_id where w.name = ${name}`)
}
