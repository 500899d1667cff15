import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type ScriptedServer, startScriptedServer } from './scripted-server.test.fixture.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.requests.length = 0
})

const flights = {
  id: 't_1',
  name: 'flights',
  columns: [
    { name: 'id', type: 'Int64', nullable: false, codec: null },
    { name: 'note', type: 'String', nullable: true },
  ],
  statistics: { row_count: 10, bytes: 4000 },
}
const sent = () => server.requests.map(({ method, url, text }) => [`${method} ${url}`, text])

it('lists data sources and reads one', async () => {
  server.script({ body: { datasources: [flights, { name: 'bare' }] } }, { body: flights })
  const [first, second] = await server.client().dataSources()
  expect(first).toEqual({
    id: 't_1',
    name: 'flights',
    columns: [
      { name: 'id', type: 'Int64', nullable: false },
      { name: 'note', type: 'String', nullable: true },
    ],
    rows: 10,
    bytes: 4000,
    body: flights,
  })
  expect(second).toMatchObject({ name: 'bare', columns: [], rows: null, bytes: null })
  expect(await server.client().dataSource('flights')).toEqual(first)
  expect(sent()).toEqual([
    ['GET /v0/datasources', ''],
    ['GET /v0/datasources/flights', ''],
  ])
})

it('says null for a data source that does not exist', async () => {
  server.script({ status: 404, body: { error: 'Not found' } })
  expect(await server.client().dataSource('flights')).toBeNull()
  server.script({ status: 403, body: { error: 'No' } })
  await expect(server.client().dataSource('flights')).rejects.toMatchObject({ status: 403 })
})

it('creates, alters, truncates and drops', async () => {
  server.script(
    { body: { datasource: flights } },
    { body: { operations: ['ADD COLUMN `b` String'] } },
    { body: '' },
    { status: 204, body: '' },
  )
  const client = server.client()
  const created = await client.createDataSource('flights', {
    schema: '`id` Int64, `note` Nullable(String)',
    engine: { engine: 'MergeTree', engine_sorting_key: 'id' },
  })
  expect(created.id).toBe('t_1')
  const altered = await client.alter('flights', '`id` Int64, `b` String', { dryRun: true })
  expect(altered.body).toEqual({ operations: ['ADD COLUMN `b` String'] })
  expect(await client.truncate('flights')).toMatchObject({ status: 200, body: null })
  expect(await client.dropDataSource('flights')).toMatchObject({ status: 204, body: null })
  expect(sent()).toEqual([
    [
      'POST /v0/datasources?name=flights&mode=create',
      'engine=MergeTree&engine_sorting_key=id&schema=%60id%60+Int64%2C+%60note%60+Nullable%28String%29',
    ],
    ['POST /v0/datasources/flights/alter', 'schema=%60id%60+Int64%2C+%60b%60+String&dry=true'],
    ['POST /v0/datasources/flights/truncate', ''],
    ['DELETE /v0/datasources/flights', ''],
  ])
})

it('deletes rows as a job, or only counts them', async () => {
  const started = {
    body: { id: 'j', job_id: 'j', job_url: '', status: 'waiting', delete_id: 'j', rows_to_be_deleted: 4 },
  }
  server.script(
    started,
    { body: { id: 'j', kind: 'delete_data', status: 'done' } },
    { body: { rows_to_be_deleted: 4 } },
  )
  const client = server.client()
  expect(await client.deleteRows('flights', "day < '2026-01-01'")).toMatchObject({ rows: 4, jobId: 'j', status: 200 })
  expect(await client.deleteRows('flights', 'a = 1', { dryRun: true })).toMatchObject({ rows: 4, jobId: null })
  expect(sent()).toEqual([
    ['POST /v0/datasources/flights/delete', 'delete_condition=day+%3C+%272026-01-01%27'],
    ['GET /v0/jobs/j', ''],
    ['POST /v0/datasources/flights/delete', 'delete_condition=a+%3D+1&dry_run=true'],
  ])
})

it('queries the quarantine by import', async () => {
  server.script({ body: { meta: [], data: [{ c__error: ['x'] }], rows: 1 } })
  const result = await server.client().quarantine('flights', { importId: "a'b\\", limit: 5 })
  expect(result.data).toEqual([{ c__error: ['x'] }])
  expect(server.requests[0]?.query.get('q')).toBe(
    "SELECT * FROM flights_quarantine WHERE c__import_id = 'a\\'b\\\\' ORDER BY insertion_date DESC LIMIT 5\n FORMAT JSON",
  )
})
