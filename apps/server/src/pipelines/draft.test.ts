import { describe, expect, it } from 'vitest'
import { signedIn } from '../people.fixture.ts'
import { type CallServer, useServers } from '../test-server.fixture.ts'
import { configured, copyVariables, workflowOf } from './pipelines.fixture.ts'

const servers = useServers()

// biome-ignore lint/suspicious/noExplicitAny: whatever the server says
type Body = any

async function start() {
  const server = await servers.start()
  const world = await configured(server)
  const { body: pipeline } = await world.create({
    transformations: [
      { state: 'raw', template_id: world.templateId, variables: copyVariables },
      { state: 'master', template_id: world.templateId, variables: { table: 'totals', days: 30 } },
    ],
  })
  const path = `/api/pipelines/${pipeline.id}`
  const read = async (): Promise<Body> => (await world.alice('GET', path)).body
  const draft = draftOf(pipeline)
  const save = async (body: unknown, etag: string, caller: CallServer = world.alice) =>
    await caller('PUT', path, { body, headers: { 'if-match': etag } })
  const preview = async (body: unknown) => await world.alice('POST', `${path}/preview`, { body })
  return { server, ...world, pipeline, path, read, draft, save, preview }
}

/** As an editor begins. */
function draftOf({ name, description, brand_id, pipeline_type_id, is_active, run_frequency, transformations }: Body) {
  return {
    ...{ name, description, brand_id, pipeline_type_id, is_active, run_frequency },
    transformations: transformations.map(({ id, state, template_id, graph_order, variables }: Body) => ({
      ...{ id, state, template_id, graph_order, variables },
    })),
  }
}

describe('the preview of an edited pipeline', () => {
  it('shows what it would become and what would change, and writes nothing', async () => {
    const { draft, preview, read, templateId, pipeline, server } = await start()
    const unchanged = await preview(draft)
    expect(unchanged).toMatchObject({ status: 200, body: { problems: [], changes: [] } })
    expect(unchanged.body.graph.nodes).toHaveLength(5)
    const [raw, master] = draft.transformations
    const version = (await workflowOf(server, 'daily'))?.version
    const { body } = await preview({
      ...{ ...draft, run_frequency: 'hourly' },
      transformations: [
        { ...raw, variables: { table: 'orders', days: 7 }, graph_order: 1 },
        { state: 'raw', template_id: templateId, variables: { table: 'items', days: 1 } },
      ],
    })
    expect(body.problems).toEqual([])
    expect(body.changes).toEqual([
      {
        ...{ action: 'change', kind: 'pipeline', fields: ['run_frequency'] },
        ...{ before: { run_frequency: 'daily' }, after: { run_frequency: 'hourly' } },
        text: 'Changes how often it runs from "daily" to "hourly".',
      },
      {
        ...{
          action: 'change',
          kind: 'transformation',
          transformation_id: raw.id,
          state: 'raw',
          template: 'copy_sales',
        },
        fields: ['graph_order', 'variables.table'],
        ...{
          before: { graph_order: 0, 'variables.table': 'sales' },
          after: { graph_order: 1, 'variables.table': 'orders' },
        },
        text: 'Changes "copy_sales" of raw: its place from 0 to 1, "table" from "sales" to "orders".',
      },
      {
        ...{ action: 'add', kind: 'transformation', transformation_id: 'new-1', state: 'raw', template: 'copy_sales' },
        ...{ fields: [], before: null, text: 'Adds "copy_sales" to raw.' },
        after: { state: 'raw', template: 'copy_sales', graph_order: 0, variables: { table: 'items', days: '1' } },
      },
      {
        ...{ action: 'remove', kind: 'transformation', transformation_id: master.id, state: 'master' },
        ...{ template: 'copy_sales', fields: [], after: null, text: 'Removes "copy_sales" from master.' },
        before: expect.objectContaining({ state: 'master' }),
      },
    ])
    expect(body.graph.nodes.map((node: Body) => node.transformation_id)).toEqual([null, null, 'new-1', null, raw.id])
    expect(await read()).toEqual(pipeline)
    expect((await workflowOf(server, 'daily'))?.version).toBe(version)
  })

  it('says everything that is wrong, with the place in the draft', async () => {
    const { draft, preview, pipeline } = await start()
    const [raw, master] = draft.transformations
    const nobody = '01JD3Z6Q7N6YXQ0M2R4T8V9WAB'
    const { status, body } = await preview({
      ...{ ...draft, run_frequency: 'each day', brand_id: nobody },
      transformations: [
        { ...raw, variables: { table: 'x', dais: 7 } },
        { ...master, variables: { table: 'x', days: 'many' } },
        { state: 'raw', template_id: nobody, variables: {} },
        { ...raw, id: pipeline.id },
        raw,
      ],
    })
    expect(status).toBe(200)
    expect(body.problems.map(({ place, code }: Body) => `${place} ${code}`).sort()).toEqual(
      [
        'brand_id REFERENCE_MISSING',
        'run_frequency SCHEDULE_INVALID',
        'transformations.0.variables.dais EXTRA_TRANSFORMATION_VARIABLE',
        'transformations.0.variables.days MISSING_TRANSFORMATION_VARIABLE',
        'transformations.1.variables.days TRANSFORMATION_VARIABLE_INVALID',
        'transformations.2.template_id REFERENCE_MISSING',
        'transformations.3.id REFERENCE_MISSING',
        'transformations.4.id REFERENCE_MISSING',
      ].sort(),
    )
    expect(body.graph).toMatchObject({ version: null, nodes: [] })
  })
})

it('a new pipeline is previewed before there is one', async () => {
  const { alice, projectId, draft, templateId, pipeline, server } = await start()
  const transformations = [{ state: 'raw', template_id: templateId, variables: copyVariables }]
  const fresh = { ...draft, project_id: projectId, name: 'nightly', transformations }
  const { status, body } = await alice('POST', '/api/pipelines/preview', { body: fresh })
  expect(status).toBe(200)
  expect(body.problems).toEqual([])
  expect(body.graph.nodes).toHaveLength(3)
  expect(body.changes.map(({ text }: Body) => text)).toEqual([
    'Adds the pipeline "nightly".',
    'Adds "copy_sales" to raw.',
  ])
  const taken = await alice('POST', '/api/pipelines/preview', { body: { ...fresh, name: pipeline.name } })
  expect(taken.body.problems).toMatchObject([{ place: 'name', code: 'NAME_TAKEN' }])
  const stranger = await signedIn(server, 'stranger')
  expect((await stranger('POST', '/api/pipelines/preview', { body: fresh })).status).toBe(404)
  expect((await alice('GET', `/api/pipelines?project_id=${projectId}`)).body).toHaveLength(1)
  for (const [query, count] of Object.entries({ 'brand=wonder&type=claims': 1, 'brand=other': 0, 'type=other': 0 })) {
    expect((await alice('GET', `/api/pipelines?${query}`)).body).toHaveLength(count)
  }
})

describe('an edited pipeline', () => {
  it('is saved in one step: what is kept keeps its id, and one version of the workflow follows', async () => {
    const { draft, save, pipeline, templateId, server, preview, path, alice } = await start()
    const [raw] = draft.transformations
    const edited = {
      ...{ ...draft, description: 'All of it' },
      transformations: [
        { ...raw, state: 'ingest' },
        { state: 'raw', template_id: templateId, graph_order: 2, variables: { table: 'items', days: 1 } },
      ],
    }
    const before = (await workflowOf(server, 'daily'))?.version
    const saved = await save(edited, pipeline.etag)
    expect(saved).toMatchObject({ status: 200, body: { description: 'All of it' } })
    expect(saved.headers.get('etag')).toBe(saved.body.etag)
    const parts = saved.body.transformations
    expect(parts.map(({ state, graph_order }: Body) => [state, graph_order])).toEqual([
      ['raw', 2],
      ['ingest', 0],
    ])
    expect(parts[1].id).toBe(raw.id)
    expect((await workflowOf(server, 'daily'))?.version).not.toBe(before)
    expect((await alice('GET', '/api/workflows/daily/versions')).body).toHaveLength(2)
    expect((await preview(draftOf(saved.body))).body.changes).toEqual([])
    const again = await save(draftOf(saved.body), saved.body.etag)
    expect(again).toMatchObject({ status: 200 })
    expect((await alice('GET', '/api/workflows/daily/versions')).body).toHaveLength(2)
    const off = await save({ ...draftOf(again.body), is_active: false }, again.body.etag)
    expect(off.body.is_active).toBe(false)
    expect((await workflowOf(server, 'daily'))?.version).toBeNull()
    expect((await alice('GET', path)).body).toEqual(off.body)
  })

  it('is refused as a whole with all problems, and for whoever edited an older one', async () => {
    const { draft, save, read, pipeline, alice, path } = await start()
    const [raw, master] = draft.transformations
    const wrong = {
      ...draft,
      transformations: [
        { ...raw, variables: {} },
        { ...master, variables: { x: 1 } },
      ],
    }
    const refused = await save(wrong, pipeline.etag)
    expect(refused).toMatchObject({ status: 422, body: { error: { detail: 'PIPELINE_INVALID' } } })
    expect(refused.body.error.message).toMatch(
      /transformations\.0\.variables\.table[\s\S]*transformations\.1\.variables\.x/,
    )
    expect(await read()).toEqual(pipeline)
    expect((await alice('PUT', path, { body: draft })).status).toBe(428)
    const both = await Promise.all([
      save({ ...draft, description: 'a' }, pipeline.etag),
      save({ ...draft, description: 'b' }, pipeline.etag),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  it('is for those who may write its project', async () => {
    const { server, draft, pipeline, path, save, projectId, alice } = await start()
    const [stranger, viewer] = await Promise.all(['stranger', 'viewer'].map((name) => signedIn(server, name)))
    await alice('PATCH', `/api/data/projects/${projectId}/members`, { body: [{ id: 'viewer', role: 'viewer' }] })
    for (const caller of [stranger, viewer]) {
      expect((await caller?.('POST', `${path}/preview`, { body: draft }))?.status).toBe(404)
      expect((await save(draft, pipeline.etag, caller)).status).toBe(404)
    }
    expect((await server.anonymous('POST', `${path}/preview`, { body: draft })).status).toBe(401)
  })
})
