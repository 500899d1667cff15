import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from './run-command.fixture.ts'
import { type Platform, startPlatform } from './server.fixture.ts'

const flights = fileURLToPath(new URL('../../../examples/flights/data/flights.parquet', import.meta.url))

let home: string
let postgres: TestPostgres
let platform: Platform

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  postgres = await startPostgres()
  await postgres.createDatabase('state')
  platform = await startPlatform(postgres.url('state'), {
    dummyUsers: true,
    env: {
      MILLRACE_CONNECTION_LAKE: `file:${home}/lake/`,
      MILLRACE_CONNECTION_ARCHIVE: 'duckdb::memory:',
      MILLRACE_CONNECTION_REPORTS: `duckdb:${home}/reports.duckdb`,
    },
  })
})

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
  await postgres?.stop()
  await rm(home, { recursive: true, force: true })
})

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${platform.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${JSON.stringify({ id: 'alice', email: 'alice@example.com' })}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  expect(response.ok, `${method} ${path}: ${response.status} ${text}`).toBe(true)
  return response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text
}

const millrace = async (...args: readonly string[]) => await runCommand(['datasets', ...args], { cwd: home })

const address = {
  ...{ store: 'lake', environment: 'dev', branch: 'example' },
  ...{ client: '{{ pipeline.client }}', brand: '{{ pipeline.brand }}', state: '{{ pipeline.state }}' },
}
const ofThisRun = [{ partition: '__metadata_run_id', comparison: '==', values: ['{{ run_id }}'] }]
const templates = [
  {
    name: 'extract_flights',
    operator: 'dataset',
    config: {
      ...{ ...address, dataset: 'flights' },
      inputs: {
        archive: {
          connection: 'archive',
          sql: `select date as departure, origin, destination, delay, distance from read_parquet('${flights}') where date::date = date '{{ variables.day }}'`,
        },
      },
    },
    variable_structures: { day: { datatype: 'str' } },
  },
  {
    name: 'clean_flights',
    operator: 'dataset',
    config: {
      ...{ ...address, dataset: 'flights', partitionBy: ['origin'] },
      inputs: { flights: { dataset: 'flights', state: 'raw', filters: ofThisRun } },
      sql: 'select departure, origin, destination, delay as delay_min from flights where delay is not null',
    },
    variable_structures: {},
  },
  {
    name: 'delays',
    operator: 'dataset',
    config: {
      ...{ ...address, dataset: 'delays' },
      inputs: { flights: { dataset: 'flights', state: 'ingest', filters: ofThisRun } },
      sql: 'select origin, count(*) as flights, sum(delay_min) as delay_min from flights group by all order by origin',
    },
    variable_structures: {},
  },
  {
    name: 'note_run',
    operator: 'sql',
    config: {
      connection: 'reports',
      sql: "create table if not exists run (id text, client text); insert into run values ('{{ run_id }}', '{{ pipeline.client }}')",
    },
    variable_structures: {},
  },
]

test('a pipeline that is configured by API alone runs on real data, and what it published is fetched by a filter', async () => {
  await call('GET', '/api/data/user')
  const { id: project_id } = await call('POST', '/api/data/projects', { name: 'Flights', namespace: 'alice' })
  const add = async (path: string, body: object): Promise<string> =>
    (await call('POST', path, { project_id, ...body })).id
  const client = await add('/api/clients', { name: 'acme' })
  const brand_id = await add('/api/brands', { client_id: client, name: 'air' })
  const segment = await add('/api/segments', { name: 'travel' })
  const pipeline_type_id = await add('/api/pipeline-types', { name: 'delays', segment_id: segment })
  const ids = new Map<string, string>()
  for (const template of templates) ids.set(template.name, await add('/api/pipeline-templates', template))
  const step = (state: string, template: string, variables: object = {}) => ({
    ...{ state, template_id: ids.get(template), variables },
  })
  const pipeline = await add('/api/pipelines', {
    ...{ name: 'flight_delays', brand_id, pipeline_type_id, run_frequency: null },
    transformations: [
      step('raw', 'extract_flights', { day: '2001-01-03' }),
      step('ingest', 'clean_flights'),
      step('master', 'delays'),
      step('master', 'note_run'),
    ],
  })
  const run = await runToEnd(pipeline)

  const store = `${home}/lake/`
  const branch = ['--branch', 'example']
  const listed = await millrace('ls', store, ...branch, '--json')
  expect(JSON.parse(listed.out.toString())).toEqual([
    expect.objectContaining({ client: 'acme', brand: 'air', state: 'ingest', dataset: 'flights', runs: 1 }),
    expect.objectContaining({ state: 'master', dataset: 'delays', runs: 1 }),
    expect.objectContaining({ state: 'raw', dataset: 'flights', runs: 1 }),
  ])

  const last = `__metadata_run_id==${run}`
  const columns = ['--columns', 'origin,flights,delay_min']
  const delays = await millrace('fetch', store, 'acme/air/master/delays', ...branch, '--filter', last, ...columns)
  expect(delays.err).toMatch(/\d+ rows of 1 runs, from 1 files/)
  const [header, ...lines] = delays.out.toString().trim().split('\n')
  expect(header).toBe('origin,flights,delay_min')
  const atlanta = lines.find((line) => line.startsWith('ATL,'))?.split(',')
  const total = lines.reduce((sum, line) => sum + Number(line.split(',')[1]), 0)
  expect(total).toBe(16_948)

  const file = join(home, 'atlanta.ndjson')
  const filters = ['--filter', last, '--filter', 'origin==["ATL", "A, B", "null"]']
  expect((await millrace('fetch', store, 'acme/air/ingest/flights', ...branch, ...filters, '-o', file)).code).toBe(0)
  const rows = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rows).toHaveLength(Number(atlanta?.[1]))
  expect(rows.reduce((sum, { delay_min }) => sum + delay_min, 0)).toBe(Number(atlanta?.[2]))
  expect(rows[0]).toMatchObject({ origin: 'ATL', __metadata_run_id: Number(run) })

  const wrong = await millrace('fetch', store, 'acme/air/ingest/flights', ...branch, '--filter', 'origin>ATL')
  expect({ code: wrong.code, err: wrong.err }).toEqual({
    code: 2,
    err: expect.stringContaining('have none. Use == or !='),
  })
}, 240_000)

test.each([
  ['a database', ['ls', 'duckdb::memory:'], 'CONNECTION_KIND', 'datasets are in object stores and folders'],
  [
    'a name in parts that are not four',
    ['fetch', 'lake/', 'acme/sales'],
    'DATASET_NAME_INVALID',
    'acme/wonder/ingest/sales',
  ],
  ['nothing published', ['fetch', 'lake/', 'acme/air/raw/none'], 'DATASET_NOT_PUBLISHED', 'millrace datasets ls'],
  [
    'a filter without a comparison',
    ['fetch', 'lake/', 'acme/air/raw/none', '--filter', 'DE'],
    'FILTER_INVALID',
    'country==DE,FR',
  ],
  [
    'a branch of another environment',
    ['fetch', 'lake/', 'a/b/raw/c', '--branch', 'prod'],
    'BRANCH_NOT_ALLOWED',
    'cannot be used in dev',
  ],
])('refused: %s', async (_, args, code, text) => {
  const { code: exit, err } = await millrace(...args, ...(args.includes('--branch') ? [] : ['--branch', 'example']))
  expect({ exit, err }).toEqual({ exit: 2, err: expect.stringContaining(text) })
  expect(err).toContain(code)
})

async function runToEnd(pipeline: string): Promise<string> {
  const { run_id: id } = await call('POST', `/api/pipelines/${pipeline}/runs`, {})
  const states = async () => {
    const tasks: readonly { readonly state: string; readonly attempt: number }[] = await call(
      'GET',
      `/api/runs/${id}/task-runs`,
    )
    return tasks.map((task) => `${task.state}${task.attempt > 1 ? ' again' : ''}`)
  }
  const isOver = async () => ['success', 'failed'].includes((await call('GET', `/api/runs/${id}`)).state)
  await expect.poll(isOver, { timeout: 200_000, interval: 200, message: JSON.stringify(await states()) }).toBe(true)
  expect(await states()).toEqual(Array(8).fill('success'))
  return String(id)
}
