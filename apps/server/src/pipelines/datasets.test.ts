import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnector, type ObjectStoreConnector } from '@millrace/connectors'
import { sql } from '@millrace/db'
import { createDatasetContract, environmentStore, publishDataset } from '@millrace/pipelines'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type TestServer, useServers } from '../test-server.fixture.ts'
import { configured } from './pipelines.fixture.ts'

const servers = useServers()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-server-datasets-'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const config = {
  ...{ store: 'lake', environment: 'dev', branch: 'trunk', client: '{{ pipeline.client }}' },
  ...{ brand: '{{ pipeline.brand }}', state: '{{ pipeline.state }}', dataset: '{{ variables.name }}' },
  ...{ partitionBy: ['country'], inputs: { a: { connection: 'lake', sql: 'select 1 as n' } } },
}

/** What a worker does: publishes rows, and tells the engine what it published. */
async function published(server: TestServer, run: string, rows: readonly Readonly<Record<string, string | number>>[]) {
  await using connector = (await createConnector('files', { path: `${folder}/` })) as ObjectStoreConnector
  const contract = createDatasetContract({
    ...{ environment: 'dev', branch: 'trunk', client: 'acme', brand: 'wonder', state: 'master', dataset: 'sales' },
  })
  const place = { ...environmentStore(connector, { environment: 'dev' }), contract }
  const options = { runId: run, runs: async () => ({ timestamp: new Date() }), partitionBy: ['country'] }
  const { uri: dataset, ...counts } = await publishDataset(place, { rows }, options)
  const value = JSON.stringify({ dataset, ...counts })
  await server.db.execute(sql`
    with done as (
      update engine.task_run t set state = 'success', ended_at = now()
      from engine.run r, engine.workflow_version v, jsonb_array_elements(v.manifest -> 'nodes') with ordinality as n (node, place)
      where t.run_id = ${run} and r.id = t.run_id and v.id = r.version_id and n.place - 1 = t.node_index
        and n.node #>> '{operator,name}' = 'dataset'
      returning t.id
    )
    insert into engine.task_output (task_run_id, value) select id, ${value}::jsonb from done`)
}

test('what runs published is listed, described, looked at by filters, and downloaded', async () => {
  const server = await servers.start({ settings: { localConnections: true } as never })
  // Other tests have files of theirs in the folder of all.
  const temporary = await mkdtemp(join(tmpdir(), 'millrace-server-datasets-'))
  vi.stubEnv('TMPDIR', temporary)
  const { alice, projectId, create } = await configured(server)
  const lake = { name: 'lake', connector: 'files', config: { path: `${folder}/` } }
  expect((await alice('POST', `/api/projects/${projectId}/connections`, { body: lake })).status).toBe(201)
  const template = await alice('POST', '/api/pipeline-templates', {
    body: {
      ...{ project_id: projectId, name: 'publish', operator: 'dataset', config },
      variable_structures: { name: { datatype: 'str' } },
    },
  })
  const transformations = [{ state: 'master', template_id: template.body.id, variables: { name: 'sales' } }]
  const pipeline = await create({ transformations })
  expect(pipeline, JSON.stringify(pipeline.body)).toMatchObject({ status: 201 })
  const path = `/api/pipelines/${pipeline.body.id}/datasets`
  const one = `${path}/${pipeline.body.transformations[0].id}`

  const sketch = { template: 'publish', state: 'master', dataset: 'sales', store: 'lake', partition_by: ['country'] }
  expect((await alice('GET', path)).body).toEqual([{ transformation_id: one.split('/').at(-1), ...sketch }])
  expect(await alice('GET', one)).toMatchObject({ status: 404, body: { error: { detail: 'DATASET_NOT_PUBLISHED' } } })

  const start = async (): Promise<string> =>
    (await alice('POST', `/api/pipelines/${pipeline.body.id}/runs`)).body.run_id
  const [first, second] = [await start(), await start()]
  await published(server, first, [{ country: 'DE', amount: 1, note: 'a, "b"' }])
  await published(server, second, [
    { country: 'DE', amount: 2, note: 'c' },
    { country: 'FR', amount: 3, note: 'd' },
  ])

  expect((await alice('GET', path)).body).toMatchObject([
    {
      published: {
        run_id: second,
        rows: 2,
        files: 2,
        address: expect.stringMatching(/trunk\/acme\/wonder\/master\/sales$/),
      },
    },
  ])
  expect((await alice('GET', one)).body).toMatchObject({
    columns: expect.arrayContaining([
      { name: 'country', type: 'text', nullable: true, partition: true, comparisons: ['==', '!='] },
      expect.objectContaining({ name: 'amount', partition: false, comparisons: ['==', '!=', '>', '<', '>=', '<='] }),
    ]),
    runs: [
      { run_id: second, rows: 2, files: 2 },
      { run_id: first, rows: 1, files: 1 },
    ],
    more_runs: 0,
  })

  const by = (...filters: readonly [string, string, ...unknown[]][]) =>
    `filters=${encodeURIComponent(JSON.stringify(filters.map(([column, comparison, ...values]) => ({ column, comparison, values }))))}`
  const rows = await alice('GET', `${one}/rows?limit=1`)
  expect(rows.body).toMatchObject({ rows: [expect.any(Array)], cut: true, wanted: { rows: 3, runs: 2 } })
  const filtered = await alice('GET', `${one}/rows?${by(['country', '==', 'DE'], ['amount', '<', 2])}`)
  expect(filtered.body, JSON.stringify(filtered.body)).toMatchObject({ cut: false, wanted: { rows: 2, runs: 2 } })
  expect(filtered.body.rows).toEqual([expect.arrayContaining(['1', 'a, "b"', 'DE', first])])

  const file = await alice('GET', `${one}/file?format=csv&${by(['__metadata_run_id', '==', first])}`)
  expect(file.headers.get('content-disposition')).toBe('attachment; filename="sales.csv"')
  expect(file.body).toMatch(/^country,amount,note,[^\n]*__metadata_run_id\nDE,1,"a, ""b""",/)
  expect((await alice('GET', `${one}/file?format=parquet`)).body.slice(0, 4)).toBe('PAR1')

  for (const [query, detail] of [
    [by(['amount', '>', 'many']), 'PARTITION_VALUE_INVALID'],
    ['filters=rubbish', 'REQUEST_INVALID'],
    [by(['note', 'like', 'x']), 'REQUEST_INVALID'],
  ] as const) {
    expect(await alice('GET', `${one}/rows?${query}`)).toMatchObject({ status: 422, body: { error: { detail } } })
  }
  expect(await alice('GET', `${path}/${projectId}`)).toMatchObject({ status: 404 })

  // A public project shows which datasets there are, and only its members what is in them.
  const bob = server.as('bob')
  expect((await bob('GET', path)).status).toBe(404)
  const { etag } = (await alice('GET', `/api/data/projects/${projectId}`)).body
  const isPublic = { body: { visibility: 'public' }, headers: { 'if-match': etag } }
  expect((await alice('PATCH', `/api/data/projects/${projectId}`, isPublic)).status).toBe(200)
  expect((await bob('GET', path)).body).toEqual([{ transformation_id: one.split('/').at(-1), ...sketch }])
  expect((await server.anonymous('GET', path)).body).toHaveLength(1)
  for (const secret of [one, `${one}/rows`, `${one}/file`]) {
    expect(await bob('GET', secret)).toMatchObject({ status: 404, body: { error: { detail: 'PIPELINE_MISSING' } } })
    expect((await server.anonymous('GET', secret)).status).toBe(401)
  }
  expect((await bob('GET', '/api/pipelines')).body).toMatchObject([{ name: 'daily', problems: 0 }])
  expect((await bob('GET', '/api/pipelines')).body[0]).not.toHaveProperty('last_run')
  expect((await alice('GET', '/api/pipelines')).body).toMatchObject([
    { last_run: { id: second, state: expect.any(String), created_at: expect.any(String) } },
  ])

  await rm(join(folder, 'trunk'), { recursive: true })
  expect((await alice('GET', one)).body).toMatchObject({ columns: [], runs: [] })
  expect(await alice('GET', `${one}/rows`)).toMatchObject({ body: { error: { detail: 'DATASET_NOT_PUBLISHED' } } })
  expect(await readdir(temporary)).toEqual([])
  await rm(temporary, { recursive: true })
})
