import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { collect, readRequest } from '../kit/read-text.contract.ts'
import type { Sink } from '../kit/sink.ts'
import { type Cells, codeOf, column, errorOf, hashOf, people } from '../kit/sink-rows.contract.ts'
import type { Relation, Source } from '../kit/source.ts'
import { objectTransferConfig } from './config.ts'
import { findObjects } from './find-objects.ts'
import { csvTo, loadRows, parquetTo } from './load-rows.test.fixture.ts'
import { createMemoryStore, type MemoryStore } from './memory-store.test.fixture.ts'
import { useOwnTemporaryFolder } from './own-temporary-folder.test.fixture.ts'
import { openObjectSink } from './sink.ts'
import { openObjectSource } from './source.ts'

useOwnTemporaryFolder()
let store: MemoryStore
let sink: Sink
beforeEach(async () => {
  store = createMemoryStore('lake')
  sink = await openObjectSink(store)
})

const open = (path: string, config: Record<string, string | boolean> = {}) =>
  openObjectSource(store, objectTransferConfig({ path, ...config }))
const put = (key: string, text: string | Buffer) => store.write(key, [Buffer.from(text)])
const table = (name: string): Relation => ({ kind: 'table', table: { scope: [], name } })

/** The tables of a path with their column kinds and their rows as canonical CSV. */
async function read(path: string, config: Record<string, string | boolean> = {}) {
  await using source = await open(path, config)
  const tables: Record<string, { types: string; rows: string }> = {}
  for (const found of await source.listTables(['*'])) tables[found.name] = await rowsOf(source, table(found.name))
  return tables
}

async function rowsOf(source: Source, relation: Relation) {
  const { columns } = await source.describe(relation)
  const { text } = await collect(source.read(readRequest(relation, columns)))
  return {
    types: columns.map(({ name, type }) => `${name} ${type.kind}`).join(', '),
    rows: text.trimEnd().split('\n').sort().join('\n'),
  }
}

const ada: Cells = ['1', 'Ada', null]
const bob: Cells = ['2', 'Bob "B", the\nbuilder', '']
const cyd: Cells = ['3', 'Cyd', 'éß🦆']

describe('an object store as a source', () => {
  test('one object is a table, whatever its format and compression', async () => {
    await put('a/orders.csv.gz', gzipSync('id,at\n1,2024-05-06\n2,\n'))
    await put('a/lines.ndjson', '{"n":1.5,"tag":"x"}\n{"n":2}\n')
    await put('a/noname', 'x;y\n1;true\n')
    expect(await read('a/orders.csv.gz')).toEqual({
      orders: { types: 'id integer, at date', rows: '1,2024-05-06\n2,' },
    })
    expect(await read('a/lines.ndjson')).toEqual({ lines: { types: 'n float, tag text', rows: '1.5,x\n2,' } })
    expect(await read('a/noname', { format: 'csv' })).toEqual({
      noname: { types: 'x integer, y boolean', rows: '1,t' },
    })
    expect(await codeOf(open('a/noname'))).toBe('ConfigError FORMAT_REQUIRED')
    expect(await codeOf(open('a/nothing.csv'))).toBe('ConfigError OBJECT_NOT_FOUND')
  })

  test('a pattern is one table, a folder has one for each object, and its parts and partitions are tables', async () => {
    await put('b/2024/jan.csv', 'id\n1\n')
    await put('b/2024/feb.csv', 'id\n2\n')
    await put('b/2024/_SUCCESS', '')
    await put('b/2024/mar.csv.crc', 'x')
    expect(await read('b/2024/*.csv')).toEqual({ '2024': { types: 'id integer', rows: '1\n2' } })
    expect(await read('b/**/j?n.csv')).toEqual({ jn: { types: 'id integer', rows: '1' } })
    expect(Object.keys(await read('b/2024'))).toEqual(['feb', 'jan'])
    expect(await codeOf(open('b/*.parquet'))).toBe('ConfigError OBJECT_NOT_FOUND')
    await put('c/items/part-0.ndjson', '{"id":1}\n')
    await put('c/items/part-1.ndjson', '{"id":2}\n')
    await put('c/orders/y=1/a.csv', 'id\n7\n')
    await loadRows(sink, csvTo('c/people/'), [ada])
    await put('c/single.csv', 'id\n5\n')
    expect(await read('c/')).toEqual({
      items: { types: 'id integer', rows: '1\n2' },
      orders: { types: 'id integer, y integer', rows: '7,1' },
      people: { types: 'id integer, name text, note text', rows: '1,Ada,' },
      single: { types: 'id integer', rows: '5' },
    })
  })

  test('folders of one name are tables of their own, ours and those of others', async () => {
    await loadRows(sink, csvTo('raw/eu/orders/'), [ada])
    await put('raw/us/orders/part-0.csv', 'id\n7\n')
    await put('raw/others.csv', 'id\n8\n')
    const found = await read('raw/')
    expect(Object.keys(found).sort()).toEqual(['eu/orders', 'others', 'us/orders'])
    expect(found['eu/orders']?.rows).toBe('1,Ada,')
    expect(found['us/orders']?.rows).toBe('7')
  })

  test('a table of very many objects is found at once', async () => {
    const many = Array.from({ length: 100_000 }, (_, n) => ({ key: `many/part-${n}.csv`, size: 1, etag: 'x' }))
    const large: typeof store = {
      ...store,
      async *list() {
        for (const info of many) yield { ...info, modifiedAt: null }
      },
    }
    const before = process.cpuUsage().user
    const [found] = await findObjects(large, objectTransferConfig({ path: 'many/' }))
    expect(found?.objects).toHaveLength(many.length)
    expect(process.cpuUsage().user - before).toBeLessThan(10_000_000)
  })

  test('folders that others partitioned become columns with types', async () => {
    for (const format of ['csv', 'ndjson'] as const) {
      const row = (id: number) => (format === 'csv' ? `id\n${id}\n` : `{"id":${id}}\n`)
      await put(`${format}/day=2024-01-31/big=true/k%3Dv=a%2Fb/x.${format}`, row(1))
      await put(`${format}/day=2024-02-01/big=false/k%3Dv=__HIVE_DEFAULT_PARTITION__/x.${format}`, row(2))
      expect(await read(`${format}/`)).toEqual({
        [format]: {
          types: 'id integer, day date, big boolean, k=v text',
          rows: '1,2024-01-31,t,a/b\n2,2024-02-01,f,',
        },
      })
      await using source = await open(`${format}/`)
      const sql = `SELECT id, "k=v" FROM ${format} WHERE day > DATE '2024-01-31' AND NOT big`
      expect((await rowsOf(source, { kind: 'query', sql })).rows).toBe('2,')
    }
    await put('csv/other=1/x.csv', 'id\n3\n')
    expect(await codeOf(open('csv/'))).toBe('ConfigError PARTITIONS_DIFFER')
  })

  test('Parquet in folders that others partitioned', async () => {
    await loadRows(sink, parquetTo('made/', { partitionBy: ['name'] }), [ada, cyd])
    for (const key of store.keys()) {
      const bytes = store.objects.get(key)?.bytes as Buffer
      if (key.endsWith('.parquet')) await put(key.replace('made/', 'theirs/year=2024/'), bytes)
    }
    expect(await read('theirs/')).toEqual({
      theirs: { types: 'id integer, note text, year integer, name text', rows: '1,,2024,Ada\n3,éß🦆,2024,Cyd' },
    })
  })

  const layouts = [
    csvTo('t/', { compression: 'zstd' }),
    csvTo('t/', { format: 'ndjson', partitionBy: ['note'] }),
    parquetTo('t/'),
    parquetTo('t/', { partitionBy: ['note', 'id'] }),
  ]
  test.each(layouts)('what we wrote comes back with its columns in their order: %j', async (target) => {
    await loadRows(sink, target, [ada, bob, cyd])
    await loadRows(sink, target, [cyd], { mode: 'append' })
    await using source = await open('t/')
    expect(await source.count(table('t'))).toBe(4)
    const { columns } = await source.describe(table('t'))
    expect(columns.map(({ name, type }) => [name, type.kind])).toEqual(
      people.map(({ name, type }) => [name, type.kind]),
    )
    expect(await source.contentHash(table('t'), people)).toEqual(hashOf([ada, bob, cyd, cyd]))
    const newest: Relation = { ...table('t'), range: { cursor: 'id', keys: [], after: { cursor: '2', keys: [] } } }
    expect(await source.count(newest)).toBe(2)
    expect(await source.cursorMark(table('t'), 'id', [])).toEqual({ cursor: '3', keys: [] })
  })

  test('a table without rows has its columns', async () => {
    await loadRows(sink, parquetTo('none/', { partitionBy: ['name'] }), [])
    expect(await read('none/')).toEqual({ none: { types: 'id integer, name text, note text', rows: '' } })
  })

  test('rows that are not published are not read, and types survive that text would lose', async () => {
    const columns = [
      column('n', { kind: 'decimal', precision: 38, scale: 10 }),
      column('zip'),
      column('b', { kind: 'binary' }),
    ]
    await loadRows(sink, csvTo('exact/'), [['1.5000000000', '00123', '\\x00ff']], { columns })
    const [part] = store.keys().filter((key) => key.includes('part-'))
    await put((part as string).replace('-00000.csv', '-00001.csv'), 'n,zip,b\n2,3,4\n')
    await put('exact/stray.csv', 'n,zip,b\n2,3,4\n')
    expect(await read('exact/')).toEqual({
      exact: { types: 'n decimal, zip text, b binary', rows: '1.5000000000,00123,\\x00ff' },
    })
  })

  test('an object that changes between the listing and the read is an error, in every format', async () => {
    for (const target of [csvTo('moving/'), parquetTo('moving/'), csvTo('moving.csv')]) {
      store.objects.clear()
      await loadRows(sink, target, [ada])
      await using source = await open(target.path)
      const [key] = store.keys().filter((one) => !one.includes('_millrace'))
      await put(key as string, store.objects.get(key as string)?.bytes as Buffer)
      expect(await codeOf(source.contentHash(table('moving'), people))).toBe('DataError OBJECT_CHANGED')
    }
  })

  test('a manifest that is not of our form is refused', async () => {
    await loadRows(sink, csvTo('forged/'), [ada])
    const key = 'forged/_millrace/manifest.json'
    const manifest = JSON.parse(store.objects.get(key)?.bytes.toString() as string)
    for (const change of [
      { columns: [{ name: 'n', type: { kind: 'decimal', precision: '9,2)) --', scale: 0 } }] },
      { objects: [{ key: 7, rows: 1, bytes: 1, etag: null }] },
      { partitionBy: ['nope'] },
      { format: 'exe' },
    ]) {
      await put(key, JSON.stringify({ ...manifest, ...change }))
      expect(await codeOf(open('forged/'))).toBe('DataError MANIFEST_DAMAGED')
    }
    await put(key, JSON.stringify({ ...manifest, version: 2 }))
    expect(await codeOf(open('forged/'))).toBe('FatalError MANIFEST_TOO_NEW')
    await put(key, '{')
    expect(await codeOf(open('forged/'))).toBe('DataError MANIFEST_DAMAGED')
  })

  test('a full temporary folder is an error that says so', async ({ skip }) => {
    const disk = await mkdtemp(join(tmpdir(), 'disk-'))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk])
    const former = process.env.TMPDIR
    try {
      if (mounted.status !== 0) skip('a small file system cannot be mounted by this user')
      await put('big.csv', `id\n${'1234567890\n'.repeat(100_000)}`)
      process.env.TMPDIR = disk
      {
        await using source = await open('big.csv')
        expect(await codeOf(source.describe(table('big')))).toBe('FatalError DISK_FULL')
        expect(await codeOf(loadRows(sink, csvTo('any/'), [ada]))).toBe('FatalError DISK_FULL')
      }
      const target = csvTo('many/', { partitionBy: ['name'] })
      const rows: Cells[] = Array.from({ length: 5000 }, (_, n) => [String(n), `p${n % 3}`, 'x'.repeat(200)])
      expect(await codeOf(loadRows(sink, target, rows))).toBe('FatalError DISK_FULL')
      expect(store.keys()).toEqual(['big.csv'])
    } finally {
      process.env.TMPDIR = former
      if (mounted.status === 0) spawnSync('umount', [disk])
      await rm(disk, { recursive: true })
    }
  })

  test('errors name the object and not its local copy', async () => {
    await put('bad/a.csv', 'id,name\n1\n')
    await using source = await open('bad/a.csv')
    const error = await errorOf(source.describe(table('a')))
    expect(error).toMatchObject({
      name: 'DataError',
      code: 'CSV_RAGGED_ROW',
      details: { file: 'memory://lake/bad/a.csv' },
    })
    expect(String(error)).toContain('"memory://lake/bad/a.csv"')
    expect(String(error)).not.toContain(tmpdir())

    await put('two/a.csv', 'id\n1\n')
    await put('two/b.csv', 'other\n1\n')
    await put('zero/part-0.parquet', '')
    for (const [path, name, object] of [
      ['two/*.csv', 'two', 'two/b.csv'],
      ['zero/', 'zero', 'zero/part-0.parquet'],
    ] as const) {
      await using broken = await open(path)
      const message = String(await errorOf(broken.describe(table(name))))
      expect(message).toContain(`memory://lake/${object}`)
      expect(message).not.toContain(tmpdir())
    }
  })

  test('a large table that we wrote is read in chunks of objects', async () => {
    const many: Cells[] = Array.from({ length: 30 }, (_, n) => [String(n), 'Ada', null])
    await loadRows(sink, csvTo('many/', { splitRows: 10 }), many)
    // The sizes are those of the manifest: it is made to say that the objects are large.
    const key = 'many/_millrace/manifest.json'
    const manifest = JSON.parse(store.objects.get(key)?.bytes.toString() as string)
    const objects = manifest.objects.map((object: object) => ({ ...object, bytes: 64 << 20 }))
    await put(key, JSON.stringify({ ...manifest, objects }))
    await using source = await open('many/')
    const schema = await source.describe(table('many'))
    const chunks = await source.planChunks(table('many'), schema, { parallel: 1 })
    expect(chunks.map(({ id }) => id)).toEqual(['0000', '0001', '0002'])
    const read = await Promise.all(
      chunks.map((chunk) => collect(source.read(readRequest(table('many'), schema.columns, { chunk })))),
    )
    expect(read.map(({ rows }) => rows)).toEqual([10, 10, 10])
    expect(read.map(({ text }) => text).join('')).toBe(many.map(([n]) => `${n},Ada,\n`).join(''))
  })

  test('a chunk is true as long as the listing is', async () => {
    await put('one.csv', 'id\n1\n')
    const chunk = { id: '0000', bounds: null, rows: 1 }
    await using before = await open('one.csv')
    const position = JSON.parse(JSON.stringify(before.position))
    await using same = await open('one.csv')
    expect(await same.reusable(table('one'), [chunk], position)).toEqual(['0000'])
    await put('one.csv', 'id\n1\n')
    await using after = await open('one.csv')
    expect(await after.reusable(table('one'), [chunk], position)).toEqual([])
  })
})
