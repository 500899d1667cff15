import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { asTableConnector, connectorForUri } from '../kit/registry.ts'
import { type Cells, codeOf, hashOf, people } from '../kit/sink-rows.contract.ts'
import { csvTo, loadRows, parquetTo } from '../object-transfer/load-rows.test.fixture.ts'
import { definition } from './connector.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const ada: Cells = ['1', 'Ada', null]
const bob: Cells = ['2', 'Bob', '']
const at = (path: string) =>
  asTableConnector(definition.create({ path: join(folder, path) + (path.endsWith('/') ? '/' : '') }))
const table = { kind: 'table', table: { scope: [], name: 'people' } } as const

test.each([parquetTo, csvTo])('a local folder of partitions is written, added to, read and replaced', async (to) => {
  await using sink = await at('').openSink()
  const target = to(`${join(folder, 'people')}/`, { partitionBy: ['name'] })
  await loadRows(sink, target, [ada])
  await loadRows(sink, target, [bob], { mode: 'append' })
  expect((await readdir(join(folder, 'people'))).sort()).toEqual(['_millrace', 'name=Ada', 'name=Bob'])
  expect(await sink.contentHash(target, people)).toEqual(hashOf([ada, bob]))
  {
    await using source = await at('people/').openSource()
    expect(await source.contentHash(table, people)).toEqual(hashOf([ada, bob]))
    await using above = await at('').openSource()
    expect((await above.listTables(['*'])).map(({ name }) => name)).toEqual(['people'])
  }
  await loadRows(sink, target, [bob])
  expect((await readdir(join(folder, 'people'))).sort()).toEqual(['_millrace', 'name=Bob'])
  const plan = await sink.plan(csvTo(join(folder, 'people', 'more.csv')), people, 'files', 'replace')
  expect(plan.conflicts.join()).toContain('a table of its own')
})

test('DuckDB reads the partitions as Hive names them', async () => {
  await using sink = await at('').openSink()
  const odd = ['a/b=c', '100%', '__x', 'ü 🦆', null, '']
  const rows: Cells[] = odd.map((name, index) => [String(index), name, null])
  await loadRows(sink, parquetTo(`${join(folder, 'people')}/`, { partitionBy: ['name'] }), rows)
  await using duckdb = (await connectorForUri('duckdb::memory:')) as SqlConnector
  const files = join(folder, 'people', '**', '*.parquet')
  const read = await duckdb.query(
    `SELECT id, name FROM read_parquet('${files}', hive_partitioning = true, hive_types = {'name': VARCHAR}) ORDER BY id`,
  )
  expect(read.map(({ name }) => name)).toEqual(odd)
})

test('a file that changes before it is read is noticed', async () => {
  await mkdir(join(folder, 'people', 'year=2024'), { recursive: true })
  const file = join(folder, 'people', 'year=2024', 'a.csv')
  await writeFile(file, 'id\n1\n')
  await using source = await at('people/').openSource()
  await writeFile(file, 'id\n1\n2\n')
  expect(await codeOf(source.describe(table))).toBe('DataError OBJECT_CHANGED')
})
