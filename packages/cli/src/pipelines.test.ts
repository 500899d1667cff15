import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Db, openDatabase, sql } from '@millrace/db'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from './run-command.fixture.ts'
import { type Platform, startPlatform } from './server.fixture.ts'

let postgres: TestPostgres
let platform: Platform
let warehouse: Db
let folder: string
const token = JSON.stringify({ id: 'alice', email: 'alice@example.com' })

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.createDatabase('warehouse')
  warehouse = await openDatabase({ url: postgres.url('warehouse') })
  await warehouse.execute(sql`create table raw_sales (day date, amount integer)`)
  await warehouse.execute(sql`create table daily_sales (day date, amount integer, run text)`)
  await warehouse.execute(sql`
    insert into raw_sales select date '2026-01-01' + n % 3, n from generate_series(1, 300) as n`)
  platform = await startPlatform(postgres.url(), {
    dummyUsers: true,
    env: { MILLRACE_CONNECTION_WAREHOUSE: postgres.url('warehouse') },
  })
  folder = await mkdtemp(join(tmpdir(), 'millrace-pipelines-'))
  for (const name of ['Sales', 'Copy']) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    await fetch(`${platform.url}/api/data/user`, { headers })
    const body = JSON.stringify({ name, namespace: 'alice' })
    const answer = await fetch(`${platform.url}/api/data/projects`, { method: 'POST', headers, body })
    expect(answer.status).toBe(201)
  }
})

afterAll(async () => {
  await warehouse?.close()
  await platform?.[Symbol.asyncDispose]()
  await postgres?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

async function millrace(...args: readonly string[]) {
  const env = { MILLRACE_URL: platform.url, MILLRACE_TOKEN: token }
  const { code, out, err } = await runCommand(args, { cwd: folder, env })
  return { code, out: out.toString(), err }
}

const configuration = `
format: 1
segments: [{ name: payer }]
pipeline_types: [{ name: claims, segment: payer }]
clients: [{ name: acme, brands: [{ name: wonder }] }]
templates:
  - name: clean
    operator: sql
    config: { connection: warehouse, sql: "delete from {{ variables.table }}" }
    variable_structures: { table: { datatype: str } }
  - name: sum_up
    operator: sql
    config:
      connection: "{{ variables.connection }}"
      sql: >-
        insert into {{ variables.table }} select day, sum(amount), '{{ run_id }}' from raw_sales
        where amount <= :most and '{{ pipeline.client }}' = 'acme' group by day
      parameters: { most: "{{ variables.most }}" }
    variable_structures:
      connection: { datatype: str }
      table: { datatype: varchar }
      most: { datatype: int, description: Larger ones are left out. }
pipelines:
  - name: daily_sales
    brand: acme/wonder
    type: claims
    run_frequency: once
    transformations:
      - { state: raw, template: clean, variables: { table: daily_sales } }
      - { state: ingest, template: sum_up, variables: { connection: warehouse, table: daily_sales, most: 200 } }
`

test('a pipeline is configured by a file, scheduled within seconds, and run on real data by a worker', async () => {
  const file = join(folder, 'sales.yaml')
  await writeFile(file, configuration)
  const planned = await millrace('pipelines', 'plan', file, '--project', 'alice/sales')
  expect(planned).toMatchObject({ code: 5, out: expect.stringContaining('+ pipeline daily_sales\n') })
  expect(await warehouse.query(sql`select from daily_sales`)).toEqual([])

  const appliedAt = Date.now()
  const applied = await millrace('pipelines', 'apply', file, '--project', 'alice/sales')
  expect(applied, applied.err).toMatchObject({ code: 0, out: planned.out })
  const sums = sql`select day, amount, run from daily_sales order by day`
  await expect.poll(async () => (await warehouse.query(sums)).length).toBe(3)
  // With the runs themselves, on a machine that is ten times as busy.
  expect(Date.now() - appliedAt).toBeLessThan(60_000)
  const rows = await warehouse.query<{ day: string; amount: number; run: string }>(sums)
  expect(rows.map(({ day, amount }) => [day, amount])).toEqual([
    ['2026-01-01', 6633],
    ['2026-01-02', 6700],
    ['2026-01-03', 6767],
  ])
  expect((await millrace('pipelines', 'plan', file, '--project', 'alice/sales', '--prune')).code).toBe(0)

  // A change is a new version, with which the next run works.
  await writeFile(file, configuration.replace('most: 200', 'most: 3'))
  const step = (most: number) =>
    `transformations: {"state":"ingest","template":"sum_up","graph_order":0,"variables":{"connection":"warehouse","most":${most},"table":"daily_sales"}}`
  expect((await millrace('pipelines', 'apply', file, '--project', 'alice/sales')).out).toBe(
    `~ pipeline daily_sales: transformations\n    - ${step(200)}\n    + ${step(3)}\n`,
  )
  const run = await millrace('pipelines', 'run', 'daily_sales', '--wait')
  expect(run, run.err).toMatchObject({ code: 0 })
  const after = await warehouse.query<{ amount: number; run: string }>(sums)
  expect(after.map(({ amount }) => amount)).toEqual([3, 1, 2])
  expect(after[0]?.run).not.toBe(rows[0]?.run)
})

test('pipelines are listed, shown, activated, and carried to another project by a file', async () => {
  const list = await millrace('pipelines', 'list')
  expect(list.out).toMatch(/daily_sales +acme\/wonder +claims +active +once +2\n/)
  const shown = await millrace('pipelines', 'show', 'daily_sales')
  expect(shown.out).toMatch(/workflow +daily_sales c-[0-9a-f]{16}/)
  expect(shown.out).toMatch(/ingest_group_step_1 +spacer +daily_sales_raw_clean_/)
  expect(await millrace('pipelines', 'validate', 'daily_sales')).toMatchObject({ code: 0 })
  expect(await millrace('pipelines', 'show', 'dayly_sales')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Did you mean "daily_sales"?'),
  })

  const file = join(folder, 'exported.yaml')
  expect(await millrace('pipelines', 'export', 'alice/sales', '--out', file)).toMatchObject({ code: 0 })
  const text = await readFile(file, 'utf8')
  expect((await millrace('pipelines', 'apply', file, '--project', 'alice/copy')).code).toBe(0)
  expect((await millrace('pipelines', 'export', 'alice/copy')).out).toBe(text)

  expect(await millrace('pipelines', 'run', 'daily_sales')).toMatchObject({
    code: 2,
    err: expect.stringContaining('2 projects have a pipeline "daily_sales"'),
  })
  const there = ['daily_sales', '--project', 'alice/copy']
  expect(await millrace('pipelines', 'deactivate', ...there)).toMatchObject({ code: 0 })
  expect(await millrace('pipelines', 'run', ...there)).toMatchObject({
    code: 2,
    err: expect.stringContaining('is not active'),
  })
  const again = await millrace('pipelines', 'activate', ...there, '--json')
  expect(JSON.parse(again.out)).toMatchObject({ name: 'daily_sales', is_active: true })
})

test('a file that would be refused is told of with all of its problems, and changes nothing', async () => {
  const file = join(folder, 'wrong.yaml')
  await writeFile(file, configuration.replace('most: 200', 'mots: 200').replace('operator: sql\n', 'operator: sqll\n'))
  const planned = await millrace('pipelines', 'plan', file, '--project', 'alice/sales')
  expect(planned.code).toBe(4)
  expect(planned.err).toContain('template clean')
  expect(planned.err).toContain('has no variable "mots". Did you mean "most"?')
  const applied = await millrace('pipelines', 'apply', file, '--project', 'alice/sales')
  expect(applied).toMatchObject({ code: 2, err: expect.stringContaining('Nothing was changed') })
  await writeFile(file, 'format: 1\npipelnes: []')
  expect((await millrace('pipelines', 'plan', file, '--project', 'alice/sales')).err).toContain('pipelnes')
  expect((await millrace('pipelines', 'plan', 'missing.yaml', '--project', 'alice/sales')).err).toContain(
    'missing.yaml',
  )
})
