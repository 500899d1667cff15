import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@millrace/testing'
import type { ConnectionConfig, Json } from '@millrace/workflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOperator } from '../registry.ts'
import { failureOf, outputOf, runOperator, type Surroundings } from '../run-operator.test.fixture.ts'

let folder: string
const connections: Record<string, ConnectionConfig> = {}
const home = process.env.MILLRACE_HOME
/** Installing dbt takes a while, once. */
const timeout = 600_000
/** One environment for all tests; each adapter by itself wants a part of it. */
const requirements = ['dbt-core>=1.10,<1.11', 'dbt-duckdb', 'duckdb<1.6', 'dbt-postgres']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  process.env.MILLRACE_HOME = join(folder, 'home')
  // The environment stays on the machine from one run of the tests to the next: it is half of their cost.
  const environments = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace', 'python-of-tests')
  await mkdir(environments, { recursive: true })
  await mkdir(join(folder, 'home', 'cache'), { recursive: true })
  await symlink(environments, join(folder, 'home', 'cache', 'python'))
  connections.lake = { connector: 'duckdb', values: { path: join(folder, 'lake.duckdb') } }
  const files = {
    'dbt_project.yml': 'name: shop\nversion: "1.0"\nprofile: own\nmodel-paths: [models]\n',
    'models/days.sql': 'select 1 as id, \'{{ var("day") }}\' as day union all select 2, null',
    'models/late.sql': 'select * from {{ ref("days") }} where id > 1',
    'models/broken.sql': 'select * from nowhere_at_all',
    'models/schema.yml':
      'models:\n  - name: days\n    columns:\n      - name: id\n        tests: [not_null, unique]\n  - name: late\n    columns:\n      - name: day\n        tests: [not_null]\n',
  }
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, 'project', 'models'), { recursive: true })
    await writeFile(join(folder, 'project', name), content)
  }
})
afterAll(async () => {
  if (home === undefined) delete process.env.MILLRACE_HOME
  else process.env.MILLRACE_HOME = home
  await rm(folder, { recursive: true, force: true })
})

const run = (config: object, around?: Surroundings) =>
  runOperator(
    'dbt',
    {
      project: join(folder, 'project'),
      connection: 'lake',
      requirements,
      vars: { day: '{{ dt }}' },
      ...config,
    } as Json,
    { connections, ...around },
  )

test('models are built and tested with the variables of the run', { timeout }, async () => {
  const ran = await run({ select: 'days' })
  expect(outputOf(ran)).toMatchObject({
    results: expect.arrayContaining([
      expect.objectContaining({ id: 'model.shop.days', status: 'success' }),
      expect.objectContaining({ id: expect.stringContaining('test.shop.unique_days_id'), status: 'pass', rows: 0 }),
    ]),
  })
  const sql = 'select day from days where id = 1'
  expect(outputOf(await runOperator('sql', { connection: 'lake', sql }, { connections }))).toMatchObject({
    rows: [{ day: '2024-01-02' }],
  })
})

test('a test that fails fails the task, unless tests are left out', { timeout }, async () => {
  expect(failureOf(await run({ select: 'late' }))).toMatchObject({
    code: 'DBT_TEST_FAILED',
    recovery: 'data',
    message: expect.stringMatching(/^dbt: 1 of 2 failed: test\.shop\.not_null_late_day/),
  })
  expect(outputOf(await run({ select: 'late', skipDataTests: true }))).toMatchObject({
    results: [{ status: 'success' }],
  })
})

test('a model that fails, and a project that cannot be read, are told apart', { timeout }, async () => {
  expect(failureOf(await run({ select: 'broken' }))).toMatchObject({ code: 'DBT_FAILED', recovery: 'transient' })
  const config = { project: join(folder, 'project'), requirements }
  expect(failureOf(await runOperator('dbt', config))).toMatchObject({ code: 'DBT_NOT_RUN', recovery: 'config' })
  expect(failureOf(await run({ project: folder }))).toMatchObject({ code: 'DBT_PROJECT_MISSING' })
})

test('models may be stored in another way than the project says', { timeout }, async () => {
  const kind = async () => {
    const sql = "select table_type from information_schema.tables where table_name = 'days'"
    const ran = await runOperator('sql', { connection: 'lake', sql }, { connections })
    return (outputOf(ran) as { rows: { table_type: string }[] }).rows[0]?.table_type
  }
  expect(await kind()).toBe('VIEW')
  outputOf(await run({ select: 'days', materialized: 'table' }))
  expect(await kind()).toBe('BASE TABLE')
  expect(() => createOperator('dbt', { project: 'x', materialized: 'table' })).toThrow('"/materialized"')
})

test('two runs of one project come one after the other', { timeout }, async () => {
  const both = await Promise.all([run({ select: 'days' }), run({ select: 'days' })])
  for (const ran of both) outputOf(ran)
  expect(both.filter(({ text }) => text.includes('This one waits for it.'))).toHaveLength(1)
})

test('a connection to PostgreSQL becomes a profile, and its password is nowhere to be seen', { timeout }, async () => {
  await using postgres = await startPostgres({ auth: 'scram' })
  const around = { connections: { db: { connector: 'postgres', values: { uri: postgres.url() } } } }
  const ran = await run({ connection: 'db', schema: 'marts', select: 'days' }, around)
  expect(outputOf(ran)).toMatchObject({
    results: expect.arrayContaining([expect.objectContaining({ status: 'success' })]),
  })
  expect(JSON.stringify(ran)).not.toContain(postgres.password)
})
