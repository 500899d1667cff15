import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { manifestOf, useServers } from '../test-server.fixture.ts'
import { configured, copyTemplate, copyVariables, workflowOf } from './pipelines.fixture.ts'

const servers = useServers()

test('a pipeline is a workflow from the moment it is configured, and every change that holds is a new version', async () => {
  const server = await servers.start()
  const { alice, projectId, create } = await configured(server)
  const { status, body, headers } = await create()
  expect(status, JSON.stringify(body)).toBe(201)
  expect(body).toMatchObject({
    ...{ name: 'daily', workflow: 'daily', client: 'acme', brand: 'wonder', type: 'claims', segment: 'payer' },
    ...{ is_active: true, run_frequency: 'daily', etag: headers.get('etag') },
    transformations: [{ state: 'raw', template: 'copy_sales', graph_order: 0, variables: copyVariables }],
  })
  const first = await workflowOf(server, 'daily')
  expect(first).toMatchObject({ project_id: projectId, cron: '@daily', version: expect.stringMatching(/^c-/) })

  const changed = await alice('PATCH', `/api/pipelines/${body.id}`, {
    body: { run_frequency: '15 6 * * 1' },
    headers: { 'if-match': body.etag },
  })
  expect(changed).toMatchObject({ status: 200, body: { run_frequency: '15 6 * * 1' } })
  expect(changed.body.etag).not.toBe(body.etag)
  expect((await alice('GET', '/api/pipelines')).body).toMatchObject([{ etag: changed.body.etag }])
  const second = await workflowOf(server, 'daily')
  expect(second?.cron).toBe('15 6 * * 1')
  expect(second?.version).not.toBe(first?.version)

  const stale = { 'if-match': body.etag }
  expect(await alice('PATCH', `/api/pipelines/${body.id}`, { body: {}, headers: stale })).toMatchObject({ status: 409 })
  expect(await alice('PATCH', `/api/pipelines/${body.id}`, { body: {} })).toMatchObject({ status: 428 })
  expect(
    await alice('GET', `/api/pipelines/${body.id}`, { headers: { 'if-none-match': changed.body.etag } }),
  ).toMatchObject({ status: 304 })
  expect(
    await alice('PATCH', `/api/pipelines/${body.id}`, {
      body: { run_frequency: 'dayly' },
      headers: { 'if-match': changed.body.etag },
    }),
  ).toMatchObject({ status: 422, body: { error: { detail: 'SCHEDULE_INVALID' } } })
})

test('C4: extra and missing variables raise their errors', async () => {
  const server = await servers.start()
  const { alice, templateId, create } = await configured(server)
  const given = async (variables: Record<string, unknown>) =>
    (await create({ transformations: [{ state: 'raw', template_id: templateId, variables }] })).body.error
  expect(await given({ ...copyVariables, tabel: 'x' })).toMatchObject({
    detail: 'EXTRA_TRANSFORMATION_VARIABLE',
    message: expect.stringContaining('Did you mean "table"?'),
  })
  expect(await given({ table: 'x' })).toMatchObject({ detail: 'MISSING_TRANSFORMATION_VARIABLE' })
  expect(await given({ table: 'x', days: 'seven' })).toMatchObject({ detail: 'TRANSFORMATION_VARIABLE_INVALID' })
  expect(await given({ table: 'x', days: true })).toMatchObject({
    detail: 'TRANSFORMATION_VARIABLE_INVALID',
    message: expect.stringContaining('not "true"'),
  })
  expect(await given({ days: 'seven', more: 1 })).toMatchObject({
    detail: 'TRANSFORMATION_INVALID',
    message: expect.stringMatching(/variables\.more: .*\n- .*variables\.days: .*\n- .*variables\.table: /),
  })
  // Nothing of what was refused is there, and the template is as strict as what is made of it.
  expect((await alice('GET', '/api/pipelines')).body).toEqual([])
})

test('a template that cannot work is refused when it is saved', async () => {
  const server = await servers.start()
  const { alice, projectId } = await configured(server)
  const save = async (body: Record<string, unknown>) =>
    (
      await alice('POST', '/api/pipeline-templates', {
        body: { project_id: projectId, ...copyTemplate, name: 'other', ...body },
      })
    ).body.error?.detail
  expect(await save({ variable_structures: { table: { datatype: 'strng' }, days: { datatype: 'int' } } })).toBe(
    'VARIABLE_DATATYPE_UNKNOWN',
  )
  expect(await save({ operator: 'sqll' })).toBe('OPERATOR_UNKNOWN')
  expect(await save({ config: { connection: 'a', sqll: 'select 1' } })).toBe('OPERATOR_INVALID')
  expect(await save({ config: { connection: 'a', sql: 'select {{ variables.tabel }}' } })).toBe(
    'TEMPLATE_VARIABLE_UNKNOWN',
  )
  expect(await save({ config: { connection: 'a', sql: 'select {{ variables.table' } })).toBe('TEMPLATE_INVALID')
  expect(await save({ variable_structures: { run_id: { datatype: 'int' } } })).toBe('REQUEST_INVALID')
  expect(await save({ name: 'copy_sales' })).toBe('NAME_TAKEN')
  expect(await save({})).toBeUndefined()
})

test('C6: an inactive pipeline has no DAG', async () => {
  const server = await servers.start({ scheduler: { intervalMs: 50, idleIntervalMs: 50 } })
  const { alice, create } = await configured(server)
  const { body } = await create({ is_active: false })
  expect(await workflowOf(server, 'daily')).toBeUndefined()
  const post = async (verb: string) => await alice('POST', `/api/pipelines/${body.id}/${verb}`)
  expect(await post('runs')).toMatchObject({ status: 409, body: { error: { detail: 'PIPELINE_INACTIVE' } } })

  expect(await post('activate')).toMatchObject({ status: 200, body: { is_active: true } })
  await expect.poll(async () => (await workflowOf(server, 'daily'))?.next_tick_at).toBeInstanceOf(Date)
  const run = await post('runs')
  expect(run).toMatchObject({ status: 201, body: { workflow: 'daily' } })

  expect(await post('deactivate')).toMatchObject({ status: 200, body: { is_active: false } })
  expect(await workflowOf(server, 'daily')).toMatchObject({ version: null, next_tick_at: null })
  expect(await server.call('POST', '/api/workflows/daily/runs')).toMatchObject({ status: 404 })
  expect(await server.call('GET', `/api/runs/${run.body.run_id}`)).toMatchObject({ body: { state: 'running' } })

  await post('activate')
  await expect.poll(async () => (await workflowOf(server, 'daily'))?.next_tick_at).toBeInstanceOf(Date)
  expect(await alice('DELETE', `/api/pipelines/${body.id}`)).toMatchObject({ status: 204 })
  expect(await workflowOf(server, 'daily')).toMatchObject({ version: null, next_tick_at: null })
})

test('a run that starts leaves a run event, which stays when the run is removed', async () => {
  const server = await servers.start()
  const { alice, projectId, create } = await configured(server)
  const { body } = await create()
  const { body: run } = await alice('POST', `/api/pipelines/${body.id}/runs`, { body: { key: 'once' } })
  expect((await alice('POST', `/api/pipelines/${body.id}/runs`, { body: { key: 'once' } })).body).toEqual(run)
  const events = async () => (await alice('GET', `/api/pipelines/${body.id}/run-events`)).body
  expect(await events()).toEqual([{ id: run.run_id, pipeline_id: body.id, created_at: expect.any(String) }])
  await server.db.execute(sql`delete from engine.run`)
  expect(await events()).toHaveLength(1)

  // That a project is public shows its pipelines, and not when they run.
  const { headers } = await alice('GET', `/api/data/projects/${projectId}`)
  const path = `/api/data/projects/${projectId}`
  const change = { body: { visibility: 'public' }, headers: { 'if-match': headers.get('etag') ?? '' } }
  expect(await alice('PATCH', path, change)).toMatchObject({ status: 200 })
  expect(await server.anonymous('GET', `/api/pipelines/${body.id}/run-events`)).toMatchObject({ status: 200, body: [] })
  expect((await server.anonymous('GET', '/api/pipelines')).body).toMatchObject([{ name: 'daily' }])
})

test('a change that some pipeline does not bear is refused with all problems, and the old versions go on', async () => {
  const server = await servers.start()
  const { alice, templateId, create } = await configured(server)
  await create({ name: 'a' })
  await create({ name: 'b' })
  const inactive = await create({ name: 'c', is_active: false })
  const before = [await workflowOf(server, 'a'), await workflowOf(server, 'b')]
  const { body: template } = await alice('GET', `/api/pipeline-templates/${templateId}`)
  const { days: _, ...others } = template.variable_structures
  const patch = async (body: Record<string, unknown>) =>
    await alice('PATCH', `/api/pipeline-templates/${templateId}`, { body, headers: { 'if-match': template.etag } })
  expect(await patch({ variable_structures: { ...others, limit: { datatype: 'int' } } })).toMatchObject({
    status: 422,
    body: {
      error: {
        detail: 'PIPELINES_INVALID',
        message: expect.stringMatching(/pipelines\.a\..*days[\s\S]*pipelines\.a\..*limit[\s\S]*pipelines\.b\..*days/),
      },
    },
  })
  expect([await workflowOf(server, 'a'), await workflowOf(server, 'b')]).toEqual(before)
  expect((await alice('GET', `/api/pipeline-templates/${templateId}`)).body.etag).toBe(template.etag)

  expect(
    await patch({ name: 'copy_all', config: { ...template.config, sql: 'select {{ variables.days }}' } }),
  ).toMatchObject({ status: 200 })
  // The pipeline shows the name of its template, and so is another one to those who have it.
  const seen = { headers: { 'if-none-match': inactive.body.etag } }
  expect(await alice('GET', `/api/pipelines/${inactive.body.id}`, seen)).toMatchObject({
    ...{ status: 200, body: { transformations: [{ template: 'copy_all' }] } },
  })
  expect((await workflowOf(server, 'a'))?.version).not.toBe(before[0]?.version)
  expect(await alice('POST', `/api/pipelines/${inactive.body.id}/validate`)).toMatchObject({
    body: { valid: true, problems: [] },
  })
})

test('transformations are added, changed, reordered and removed by the ETag of their pipeline', async () => {
  const server = await servers.start()
  const { alice, templateId, create } = await configured(server)
  const { body } = await create()
  const path = `/api/pipelines/${body.id}`
  const with_ = (etag: string) => ({ 'if-match': etag })
  const added = await alice('POST', `${path}/transformations`, {
    body: { state: 'ingest', template_id: templateId, graph_order: 4, variables: copyVariables },
    headers: with_(body.etag),
  })
  expect(added).toMatchObject({ status: 201, body: { transformations: [{ state: 'raw' }, { state: 'ingest' }] } })
  const [raw, ingest] = added.body.transformations
  expect(await alice('DELETE', `${path}/transformations/${raw.id}`, { headers: with_(body.etag) })).toMatchObject({
    status: 409,
  })
  const moved = await alice('PATCH', `${path}/transformations/${ingest.id}`, {
    body: { state: 'raw', variables: { table: 'other', days: '3' } },
    headers: with_(added.body.etag),
  })
  expect(moved.body.transformations[1]).toMatchObject({ state: 'raw', variables: { table: 'other', days: 3 } })
  const ordered = await alice('PUT', `${path}/order`, {
    body: [
      { id: raw.id, graph_order: 2 },
      { id: ingest.id, graph_order: 1 },
    ],
    headers: with_(moved.body.etag),
  })
  expect(ordered.body.transformations.map(({ id }: { id: string }) => id)).toEqual([ingest.id, raw.id])
  const graph = await alice('GET', `${path}/graph`)
  expect(graph.body).toMatchObject({ version: expect.stringMatching(/^c-/), problems: [] })
  expect(graph.body.nodes.map(({ id }: { id: string }) => id)).toEqual([
    'run_event',
    'raw_group_step_0',
    `daily_raw_copy_sales_${ingest.id.toLowerCase()}`,
    'raw_group_step_1',
    `daily_raw_copy_sales_${raw.id.toLowerCase()}`,
  ])
  expect(graph.body.nodes[2]).toMatchObject({ transformation_id: ingest.id, job_name: 'acme_wonder_raw_copy_sales' })
  const left = await alice('DELETE', `${path}/transformations/${raw.id}`, { headers: with_(ordered.body.etag) })
  expect(left.body.transformations).toHaveLength(1)
})

test('what is of a project is for those who may see it, and changed by those who may change it', async () => {
  const server = await servers.start()
  const { alice, projectId, clientId, templateId, create } = await configured(server)
  const { body } = await create()
  const bob = server.as('bob')
  await bob('GET', '/api/data/user')
  const paths = [`/api/pipelines/${body.id}`, `/api/clients/${clientId}`, `/api/pipeline-templates/${templateId}`]
  for (const path of [...paths, `${paths[0]}/graph`, `${paths[0]}/run-events`]) {
    expect([path, (await bob('GET', path)).status]).toEqual([path, 404])
    expect([path, (await server.anonymous('GET', path)).status]).toEqual([path, 404])
    expect([path, (await alice('GET', path)).status]).toEqual([path, 200])
  }
  for (const path of paths) {
    expect((await bob('PATCH', path, { body: {}, headers: { 'if-match': body.etag } })).status).toBe(404)
    expect((await bob('DELETE', path)).status).toBe(404)
    expect((await server.anonymous('DELETE', path)).status).toBe(401)
  }
  expect((await bob('POST', '/api/clients', { body: { project_id: projectId, name: 'x' } })).status).toBe(404)
  expect((await bob('GET', '/api/pipelines')).body).toEqual([])
  expect((await bob('GET', `/api/clients?project_id=${projectId}`)).status).toBe(404)

  const members = `/api/data/projects/${projectId}/members`
  expect((await alice('PATCH', members, { body: [{ id: 'bob', role: 'viewer' }] })).status).toBe(200)
  expect((await bob('GET', '/api/pipelines')).body).toHaveLength(1)
  expect((await bob('POST', `${paths[0]}/deactivate`)).status).toBe(404)
  expect((await alice('PATCH', members, { body: [{ id: 'bob', role: 'editor' }] })).status).toBe(200)
  expect((await bob('POST', `${paths[0]}/deactivate`)).status).toBe(200)
})

test('records of another project cannot be used, and what is used cannot be removed', async () => {
  const server = await servers.start()
  const one = await configured(server, 'One')
  const other = await configured(server, 'Other')
  expect(await one.create({ brand_id: other.brandId })).toMatchObject({
    ...{ status: 422, body: { error: { detail: 'REFERENCE_MISSING' } } },
  })
  const transformations = [{ state: 'raw', template_id: other.templateId, variables: copyVariables }]
  expect(await one.create({ transformations })).toMatchObject({ status: 422 })
  await one.create()
  expect(await one.create()).toMatchObject({ status: 409, body: { error: { detail: 'NAME_TAKEN' } } })
  // A workflow belongs to one pipeline, whatever others are called.
  expect((await other.create()).body.workflow).toMatch(/^daily-[0-9a-z]{12}$/)
  for (const path of [
    `/api/clients/${one.clientId}`,
    `/api/brands/${one.brandId}`,
    `/api/pipeline-templates/${one.templateId}`,
  ]) {
    expect(await one.alice('DELETE', path)).toMatchObject({ status: 409, body: { error: { detail: 'STILL_USED' } } })
  }
})

test('a project takes its pipelines with it', async () => {
  const server = await servers.start()
  const { alice, projectId, create } = await configured(server)
  await create()
  expect((await alice('DELETE', `/api/data/projects/${projectId}`)).status).toBe(204)
  // What ran stays for administrators, under another name and without a version to run.
  expect(await workflowOf(server, 'daily')).toBeUndefined()
  const left = await server.db.one<{ name: string }>(sql`
    select name from engine.workflow where project_id = ${projectId} and current_version_id is null`)
  expect(left.name).toMatch(/^daily\.removed\.\d+$/)
})

test('every record tells who made it what it is, and a change of a part is no change of the whole', async () => {
  const server = await servers.start()
  const { alice, projectId, clientId, create, templateId } = await configured(server)
  const bob = server.as('bob', { email: 'bob@example.com' })
  await bob('GET', '/api/data/user')
  await alice('PATCH', `/api/data/projects/${projectId}/members`, { body: [{ id: 'bob', role: 'editor' }] })
  const { body: made } = await create()
  expect([made.last_actor, made.transformations[0].last_actor]).toEqual(['alice', 'alice'])
  const [part] = made.transformations
  const { body: changed } = await bob('PATCH', `/api/pipelines/${made.id}/transformations/${part.id}`, {
    ...{ body: { graph_order: 3 }, headers: { 'if-match': made.etag } },
  })
  expect([changed.last_actor, changed.transformations[0].last_actor]).toEqual(['alice', 'bob'])
  const { body: client } = await alice('GET', `/api/clients/${clientId}`)
  expect(client.last_actor).toBe('alice')
  const renamed = { body: { display_name: 'Apex' }, headers: { 'if-match': client.etag } }
  expect((await bob('PATCH', `/api/clients/${clientId}`, renamed)).body.last_actor).toBe('bob')
  expect((await alice('GET', `/api/pipeline-templates/${templateId}`)).body.last_actor).toBe('alice')
  const rows = await server.db.query(sql`
    select entity, after ? 'last_actor' as is_twice from audit.event where actor = 'bob' and entity in ('client', 'transformation', 'pipeline') order by id`)
  expect(rows).toMatchObject([
    { entity: 'transformation', is_twice: false },
    { entity: 'client', is_twice: false },
  ])
})

test('C13: every configuration change leaves one audit row with actor, before, after', async () => {
  const server = await servers.start()
  const { alice, clientId, create } = await configured(server)
  const { body } = await create({ transformations: [] })
  const { body: client } = await alice('GET', `/api/clients/${clientId}`)
  await alice('PATCH', `/api/clients/${clientId}`, { body: { name: 'apex' }, headers: { 'if-match': client.etag } })
  await alice('POST', `/api/pipelines/${body.id}/deactivate`)
  await alice('DELETE', `/api/pipelines/${body.id}`)
  const rows = await server.db.query(sql`
    select actor, entity, entity_id, action, before ->> 'name' as before, after ->> 'name' as after,
      after -> 'is_active' as active
    from audit.event where entity in ('client', 'pipeline') order by id`)
  const pipeline = { actor: 'alice', entity: 'pipeline', entity_id: body.id }
  expect(rows).toEqual([
    {
      actor: 'alice',
      entity: 'client',
      entity_id: clientId,
      action: 'insert',
      before: null,
      after: 'acme',
      active: null,
    },
    { ...pipeline, action: 'insert', before: null, after: 'daily', active: true },
    {
      actor: 'alice',
      entity: 'client',
      entity_id: clientId,
      action: 'update',
      before: 'acme',
      after: 'apex',
      active: null,
    },
    { ...pipeline, action: 'update', before: 'daily', after: 'daily', active: false },
    { ...pipeline, action: 'delete', before: 'daily', after: null, active: null },
  ])
})

test('programs of the earlier application find what they know', async () => {
  const server = await servers.start()
  const { alice, create } = await configured(server)
  const { body } = await create({ description: 'Claims of a day.' })
  expect((await alice('GET', '/config_api/validate')).status).toBe(200)
  expect((await alice('GET', '/config_api/index')).body).toEqual({
    [body.id]: {
      ...{
        name: 'daily',
        brand: 'wonder',
        pharma_company: 'acme',
        type: 'claims',
        status: 'active',
        run_freq: 'daily',
      },
      ...{ description: 'Claims of a day.', states: ['raw'], transformations: ['copy_sales'] },
    },
  })
  expect((await alice('GET', '/config_api/filters')).body).toEqual({
    data: { brands: ['wonder'], companies: ['acme'], types: ['claims'], activeStatus: ['active', 'inactive'] },
  })
  expect((await server.anonymous('GET', '/config_api/index')).status).toBe(401)
  expect((await server.as('bob')('GET', '/config_api/index')).body).toEqual({})
})

test('the workflow of a pipeline is not deployed, moved or removed by hand', async () => {
  const server = await servers.start()
  const { alice, projectId, create } = await configured(server)
  const other = await configured(server, 'Other')
  await create()
  const before = await workflowOf(server, 'daily')
  const body = manifestOf({ a: {} }, { name: 'daily', version: '9' })
  const refused = { status: 409, body: { error: { detail: 'WORKFLOW_OF_PIPELINE' } } }
  expect(await alice('POST', `/api/workflows?project=${projectId}`, { body })).toMatchObject(refused)
  expect(await alice('DELETE', '/api/workflows/daily')).toMatchObject(refused)
  expect(await alice('PATCH', '/api/workflows/daily', { body: { project_id: other.projectId } })).toMatchObject(refused)
  expect(await workflowOf(server, 'daily')).toEqual(before)
})
