import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { asTableConnector, createConnector } from '../kit/registry.ts'
import { planTransfer } from './transfer.ts'

let folder: string
let shop: SqlConnector
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  shop = (await createConnector('sqlite', { path: join(folder, 'shop.sqlite') })) as SqlConnector
  await shop.execute('create table orders (id integer primary key, note text); create table bare (note text)')
})
afterEach(async () => {
  await shop[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test.each([
  ['duckdb', 'lake.duckdb'],
  ['sqlite', 'lake.sqlite'],
])('a plan for a file of %s that is not there makes none', async (name, file) => {
  const path = join(folder, file)
  await using lake = asTableConnector(await createConnector(name, { path }))
  const from = { connector: shop, address: 'shop', tables: ['orders'] }
  const { tables } = await planTransfer({ from, to: { connector: lake, address: 'lake' } })
  expect(tables).toMatchObject([{ targetExists: false, changes: [{ kind: 'create-table' }], conflicts: [] }])
  expect(existsSync(path)).toBe(false)
  expect(await readdir(folder)).toEqual(['shop.sqlite'])
})

test('a table that cannot be copied does not hide the others, and tables beyond a number are only counted', async () => {
  await using lake = asTableConnector(await createConnector('duckdb', { path: join(folder, 'lake.duckdb') }))
  const spec = {
    from: { connector: shop, address: 'shop', tables: ['*'] },
    to: { connector: lake, address: 'lake' },
    mode: 'merge',
  } as const
  const problems: string[] = []
  const onTableProblem = (table: string, { code }: { readonly code: string }) => problems.push(`${table} ${code}`)
  const { tables, moreTables } = await planTransfer(spec, { onTableProblem })
  expect([tables.map(({ table }) => table), moreTables, problems]).toEqual([['orders'], 0, ['bare KEY_REQUIRED']])
  await expect(planTransfer(spec)).rejects.toMatchObject({ code: 'KEY_REQUIRED' })
  expect(await planTransfer({ ...spec, mode: 'append' }, { mostTables: 1 })).toMatchObject({ moreTables: 1 })
})
