import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createConnector, type ObjectStoreConnector } from '@millrace/connectors'
import { expect, test } from 'vitest'
import {
  describeDataset,
  differingPartitionValues,
  fetchDataset,
  fetchDiff,
  getDiff,
  highestPartitionValue,
  openWorkDatabase,
  partitionValues,
  publishedPlace,
  publishedRuns,
  splitFilters,
} from '../index.ts'
import { fetchRows, publish, useDatasets } from './dataset.test.fixture.ts'
import { folderOf } from './place.ts'

const dataset = useDatasets()

test('C10: publishing with an unknown run id fails before any write', async () => {
  const place = dataset('unknown-run')
  let asked = false
  async function* rows() {
    asked = true
    yield { n: 1 }
  }
  await expect(publish(place, 'unknown', { rows: rows() })).rejects.toMatchObject({ code: 'RUN_UNKNOWN' })
  expect({ asked, keys: await place.store.ls('test-branch/acme/wonder/ingest/unknown-run') }).toEqual({
    asked: false,
    keys: [],
  })
})

test('C11: publishing a run id again leaves no duplicates', async () => {
  const place = dataset('again')
  expect(await publish(place, '7', [{ n: 1 }, { n: 2 }])).toMatchObject({ rows: 2, files: 1, replaced: false })
  await publish(place, '8', [{ n: 10 }])
  expect(await publish(place, '7', [{ n: 3 }])).toMatchObject({ rows: 1, replaced: true })
  expect(await fetchRows(place)).toEqual([
    { n: '3', __metadata_run_id: '7' },
    { n: '10', __metadata_run_id: '8' },
  ])
  expect(
    (await place.store.ls(folderOf(place, place.contract))).filter((key) => key.endsWith('.parquet')),
  ).toHaveLength(2)
})

test('metadata columns say where rows are from', async () => {
  const place = dataset('metadata')
  await publish(place, '7', [{ n: 1, __metadata_run_id: 'old', __metadata_app_version: 'old' }], { appVersion: 'c-1' })
  const [row] = await fetchRows(place, { query: 'select * from data' })
  expect(row).toEqual({
    n: '1',
    __metadata_run_id: '7',
    __metadata_run_timestamp: '2024-01-02 03:04:05+00',
    __metadata_app_version: 'c-1',
    __metadata_transform_timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/),
    __metadata_output_contract: expect.stringMatching(/^file:\/\/.*\/test-branch\/acme\/wonder\/ingest\/metadata$/),
  })
})

test('C12: > with two values rejected; < on text rejected', async () => {
  const place = dataset('filters')
  const rows = [
    { country: 'DE', year: 2023, share: 0.5, day: new Date('2024-01-01'), open: true, n: 1 },
    { country: 'FR', year: 2024, share: 1.5, day: new Date('2024-02-01'), open: false, n: 2 },
    { country: null, year: 2025, share: -1, day: new Date('2024-03-01'), open: null, n: 3 },
  ]
  await publish(place, '7', rows, { partitionBy: ['country', 'year', 'share', 'day', 'open', 'country'] })
  const matching = async (partition: string, comparison: string, ...values: (string | number | boolean | null)[]) =>
    (
      await fetchRows(place, {
        filters: [{ partition, comparison: comparison as '==', values }],
        columns: ['n'],
        query: 'select n from data order by n',
      })
    ).map(({ n }) => Number(n))
  await expect(matching('year', '>', 2023, 2024)).rejects.toMatchObject({ code: 'FILTER_INVALID' })
  await expect(matching('country', '<', 'FR')).rejects.toMatchObject({ code: 'FILTER_INVALID' })
  await expect(matching('open', '>=', true)).rejects.toMatchObject({ code: 'FILTER_INVALID' })
  await expect(matching('year', '~', 1)).rejects.toMatchObject({ code: 'FILTER_INVALID' })
  await expect(matching('year', '==')).rejects.toMatchObject({ code: 'FILTER_INVALID' })
  await expect(matching('year', '==', 'last')).rejects.toMatchObject({ code: 'PARTITION_VALUE_INVALID' })
  for (const day of ['2024-02-30', '2024-02-01 25:00:00', '2024-02-01T00:00:00+02:00']) {
    await expect(matching('day', '==', day)).rejects.toMatchObject({ code: 'PARTITION_VALUE_INVALID' })
  }
  for (const share of ['0x1', ' 1', '1e', '']) {
    await expect(matching('share', '==', share)).rejects.toMatchObject({ code: 'PARTITION_VALUE_INVALID' })
  }
  await expect(matching('yaer', '==', 1)).rejects.toMatchObject({
    code: 'PARTITION_UNKNOWN',
    message: expect.stringContaining('Did you mean "year"?'),
  })
  expect(await matching('year', '>', 2023)).toEqual([2, 3])
  expect(await matching('year', '<=', '2024')).toEqual([1, 2])
  expect(await matching('share', '<', 1)).toEqual([1, 3])
  expect(await matching('day', '>=', '2024-02-01')).toEqual([2, 3])
  expect(await matching('day', '==', '2024-01-01T00:00:00Z')).toEqual([1])
  expect(await matching('country', '==', 'DE', null)).toEqual([1, 3])
  expect(await matching('country', '!=', 'DE')).toEqual([2, 3])
  expect(await matching('__metadata_run_id', '>', 6)).toEqual([1, 2, 3])
  expect(await matching('__metadata_run_id', '==', 6)).toEqual([])
  expect(await matching('year', '==', 1999)).toEqual([])
})

test('C14: boolean partition values false and 0 read as false; 11 rows in 3 parts stay 11', async () => {
  const place = dataset('booleans')
  const rows = Array.from({ length: 11 }, (_, n) => ({ n, open: n % 2 === 0 }))
  await publish(place, '7', rows, { partitionBy: ['open'] })
  for (const value of [false, 0, 'false', '0', 'f']) {
    const filters = [{ partition: 'open', comparison: '==', values: [value] } as const]
    const found = await fetchRows(place, { filters, query: 'select n, open from data order by n' })
    expect(found.map(({ n, open }) => [Number(n), open])).toEqual([1, 3, 5, 7, 9].map((n) => [n, false]))
  }
  const odd = [{ partition: 'open', comparison: '==', values: ['maybe'] } as const]
  await expect(fetchRows(place, { filters: odd })).rejects.toMatchObject({ code: 'PARTITION_VALUE_INVALID' })
  expect(await partitionValues(place, 'open')).toEqual([false, true])
})

test('files are contiguous slices of the rows', async () => {
  const place = dataset('slices')
  await using database = await openWorkDatabase()
  const count = 400_001
  const sql = `select range::integer as n, md5(range::text) as text from range(${count})`
  const { files, rows } = await publish(place, '7', { sql, database }, { fileBytes: 3_000_000 })
  expect({ rows, several: files > 2 }).toEqual({ rows: count, several: true })
  await fetchDataset(place, database, 'data')
  // Positions are those of the files in their order.
  const wrong = 'select count(*) from (select n, row_number() over () - 1 as position from data) where n <> position'
  expect(await database.connector.query(wrong, { scalar: true })).toBe('0')
  expect(await database.connector.query('select count(distinct n) from data', { scalar: true })).toBe(String(count))
})

test('any partition value comes back through its path', async () => {
  const place = dataset('paths')
  const values = [
    ...['', ' ', 'a b', 'a/b', '/', '100%', '%2F', '%25', 'a=b', '=', '..', '.', '__HIVE_DEFAULT_PARTITION__'],
    ...['ünïcode', '表', '😀', "it's", '"quoted"', 'a\\b', 'a\nb', 'a\tb', '?x#y', '*', '{a}', '_current.json', 'NULL'],
    ...Array.from({ length: 25 }, (_, seed) => randomText(seed)),
  ]
  const distinct = [...new Set(values)]
  const rows = [...distinct, null].map((value, n) => ({ value, n }))
  const published = await publish(place, '7', rows, { partitionBy: ['value'] })
  expect(published.partitions).toBe(rows.length)
  const found = await fetchRows(place, { query: 'select value, n from data order by n' })
  expect(found.map(({ value }) => value)).toEqual(rows.map(({ value }) => value))
  const listed = await partitionValues(place, 'value')
  expect(new Set(listed)).toEqual(new Set([...distinct, null]))
})

test('values keep their types and digits', async () => {
  const place = dataset('types')
  await using database = await openWorkDatabase()
  const sql = `select 170141183460469231731687303715884105::hugeint as huge, 1.10::decimal(38,2) as money, true as yes,
    timestamp '2024-01-01 00:00:00.123456' as at, timestamptz '2024-01-01 01:00:00+01' as utc, date 'infinity' as ever,
    time '12:00:01' as clock, uuid '6b8a4cf2-6c7b-4f3d-9d3c-1f2a3b4c5d6e' as id, [1, null, 3] as list, 'x\\x00'::blob as bytes,
    {'a': 1} as struct, 9007199254740993 as big, 0.1::double as tenth, null::integer as nothing`
  await publish(place, '7', { sql, database })
  await fetchDataset(place, database, 'data', {
    columns: [
      'huge',
      'money',
      'yes',
      'at',
      'utc',
      'ever',
      'clock',
      'id',
      'list',
      'bytes',
      'struct',
      'big',
      'tenth',
      'nothing',
    ],
  })
  const [before] = await database.connector.query(sql)
  const [after] = await database.connector.query('select * from data')
  expect(after).toEqual(before)
})

test('rows that a dataset cannot hold are refused, and nothing is published', async () => {
  const place = dataset('refused')
  await using database = await openWorkDatabase()
  const refused = async (sql: string, partitionBy: readonly string[] = []) =>
    await publish(place, '7', { sql, database }, { partitionBy }).then(
      () => 'published',
      (error: { readonly code: string }) => error.code,
    )
  expect(await refused('select 1 as a where false')).toBe('DATASET_EMPTY')
  expect(await refused("select interval '1 day' as a")).toBe('DATASET_TYPE_REFUSED')
  expect(await refused('select 1 as "Partition"')).toBe('COLUMN_NAME_RESERVED')
  expect(await refused('select 1 as a', ['b'])).toBe('PARTITION_NOT_A_COLUMN')
  expect(await refused('select [1] as a', ['a'])).toBe('PARTITION_TYPE_REFUSED')
  expect(await refused('select * from nowhere')).toBe('STATEMENT_FAILED')
  expect(await refused("select * from read_csv('/etc/passwd')")).toBe('STATEMENT_FAILED')
  await expect(publish(place, '7', [])).rejects.toMatchObject({ code: 'DATASET_EMPTY' })
  await expect(publish(place, '7', [{ a: 1 }, { a: 'x' }])).rejects.toMatchObject({
    code: 'DATASET_TYPES_MIXED',
    message: expect.stringContaining('in row 2'),
  })
  expect(await place.store.ls(folderOf(place, place.contract))).toEqual([])
})

test('what one dataset has and another has not is fetched', async () => {
  const [raw, ingest] = [dataset('raw-runs'), dataset('ingest-runs')]
  for (const id of ['9', '10', '11']) await publish(raw, id, [{ n: Number(id) }])
  await publish(ingest, '9', [{ n: 9 }])
  expect(await partitionValues(raw)).toEqual([9, 10, 11])
  expect(await highestPartitionValue(raw)).toBe(11)
  expect(await highestPartitionValue(dataset('nothing'))).toBeNull()
  expect(await differingPartitionValues(raw, ingest)).toEqual([10, 11])
  await using database = await openWorkDatabase()
  expect(await fetchDiff(raw, ingest, database, 'todo')).toMatchObject({ rows: 2, runs: 2 })
  expect(await fetchDiff(raw, ingest, database, 'gone', { reverse: true })).toMatchObject({ rows: 0 })
  expect(await database.connector.query('select n from todo order by n')).toEqual([{ n: '10' }, { n: '11' }])
  expect(await database.connector.query('select count(n) from gone', { scalar: true })).toBe('0')
  // From the place of any dataset of the state, into a view that is there already.
  expect(await getDiff(ingest, 'raw-runs', database, 'todo', { values: [9, 11] })).toMatchObject({ rows: 2 })
  expect(await getDiff(ingest, 'raw-runs', database, 'todo', { values: [10], comparison: '>' })).toMatchObject({
    rows: 1,
  })
  expect(await database.connector.query('select n from todo')).toEqual([{ n: '11' }])
  await publish(raw, 'by-hand', [{ n: 0 }])
  expect(await differingPartitionValues(raw, ingest)).toEqual(['10', '11', 'by-hand'])
})

test('rows of JavaScript keep what their numbers are', async () => {
  const place = dataset('javascript')
  const values = [0.1, -0, Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 1]
  const rows = values.map((value, n) => ({ n, value, big: 2n ** 100n + BigInt(n), text: '2024-01-01', nothing: null }))
  await publish(place, '7', rows)
  const found = await fetchRows(place, { query: 'select value, big, text, nothing from data order by n' })
  expect(found.map(({ value }) => Number(value))).toEqual(values)
  expect(found[1]).toEqual({ value: '-0', big: String(2n ** 100n + 1n), text: '2024-01-01', nothing: null })
})

test('a partition whose values have more digits than paths keep is refused, and nothing is published', async () => {
  const place = dataset('nanoseconds')
  await using database = await openWorkDatabase()
  const sql = "select 1 as n, timestamp_ns '2024-01-01 00:00:00.123456789' as at"
  await expect(publish(place, '7', { sql, database }, { partitionBy: ['at'] })).rejects.toMatchObject({
    code: 'DATASET_INCOMPLETE',
  })
  expect(await place.store.ls(folderOf(place, place.contract))).toEqual([])
})

test('runs that differ in columns and partitions are read together', async () => {
  const place = dataset('drift')
  await publish(place, '1', [{ a: 1, country: 'DE' }])
  await publish(place, '2', [{ a: 2.5, b: 'new', country: 'FR' }], { partitionBy: ['country'] })
  expect(await fetchRows(place, { query: 'select a, b, country from data order by a' })).toEqual([
    { a: '1', b: null, country: 'DE' },
    { a: '2.5', b: 'new', country: 'FR' },
  ])
  expect(await fetchRows(dataset('never'))).toEqual([])
  const german = { partition: 'country', comparison: '==', values: ['DE'] } as const
  await expect(fetchRows(place, { filters: [german] })).rejects.toMatchObject({
    code: 'PARTITION_UNKNOWN',
    message: expect.stringContaining('Run 1 of the dataset "drift" has no partition "country"'),
  })
  await expect(fetchRows(place, { columns: ['contry'] })).rejects.toMatchObject({
    code: 'COLUMN_UNKNOWN',
    message: expect.stringContaining('Did you mean "country"?'),
  })
})

test('runs that differ in the types of columns and partitions are read together', async () => {
  const place = dataset('retyped')
  await using database = await openWorkDatabase()
  const types = ["enum('DE', 'FR')", "enum('DE')", 'integer', 'varchar', 'bigint']
  for (const [index, type] of types.entries()) {
    const value = type.startsWith('enum') ? (index === 0 ? "'FR'" : "'DE'") : "'7'"
    const sql = `select cast(${value} as ${type}) as part, cast(${value} as ${type}) as plain`
    await publish(place, String(index + 7), { sql, database }, { partitionBy: ['part'] })
  }
  const rows = await fetchRows(place, { query: 'select part, plain from data order by __metadata_run_id' })
  expect(rows).toEqual(['FR', 'DE', '7', '7', '7'].map((value) => ({ part: value, plain: value })))
  // The last one is run 11, and not the last by the order of texts.
  expect(await publishedRuns(place)).toEqual(['7', '8', '9', '10', '11'])
  const seven = [{ column: 'plain', comparison: '==', values: [7] } as const]
  const { condition } = splitFilters(seven, await describeDataset(place))
  expect(await fetchRows(place, { query: `select count(*) as n from data where ${condition}` })).toEqual([{ n: '3' }])
  const none = [{ partition: '__metadata_run_id', comparison: '==', values: [99] } as const]
  expect(await fetchRows(place, { filters: none, query: 'select typeof(part) as type from data' })).toEqual([])
})

test('Parquet from elsewhere is published as it is, and a cancelled publish leaves nothing', async () => {
  const place = dataset('parquet')
  await using database = await openWorkDatabase()
  await database.run(`copy (select 42 as n) to '${database.folder}/given.parquet'`)
  const { readFile } = await import('node:fs/promises')
  await publish(place, '7', { parquet: await readFile(`${database.folder}/given.parquet`) })
  expect(await fetchRows(place, { query: 'select n from data' })).toEqual([{ n: 42 }])
  const stop = new AbortController()
  const writing = {
    ...place,
    store: {
      ...place.store,
      write: async (...given: Parameters<typeof place.store.write>) => {
        stop.abort(new Error('stopped'))
        return await place.store.write(...given)
      },
    },
  }
  const stopped = once(stop.signal, 'abort')
  await expect(publish(writing, '8', [{ n: 1 }], { signal: stop.signal })).rejects.toThrow()
  await stopped
  expect(await publishedRuns(place)).toEqual(['7'])
  expect((await place.store.ls(folderOf(place, place.contract))).filter((key) => key.includes('=8/'))).toEqual([])
  const { folder } = database
  await database[Symbol.asyncDispose]()
  expect(existsSync(folder)).toBe(false)
})

/** Text of odd characters, the same for the same seed. */
function randomText(seed: number): string {
  const odd = [...' /%=?#:*\'"\\{}[]^~.,;&+-_@$!()|<>`äß表😀\u0001\u007fabcXYZ019']
  let state = seed * 2654435761 + 1
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state
  }
  return Array.from({ length: 1 + (next() % 12) }, () => odd[next() % odd.length]).join('')
}

test('a day is its first moment to filters, whether it is a partition or not', async () => {
  const place = dataset('days')
  await using database = await openWorkDatabase()
  await publish(place, '7', { sql: "select date '2024-02-01' as day", database })
  await publish(place, '8', { sql: "select date '2024-02-01' as day", database }, { partitionBy: ['day'] })
  const described = await describeDataset(place)
  const found = async (comparison: '>=' | '<', run: string) => {
    const filters = [
      { column: 'day', comparison, values: ['2024-02-01 12:00:00'] },
      { column: '__metadata_run_id', comparison: '==', values: [run] } as const,
    ]
    const known = run === '7' ? { ...described, partitions: [] } : described
    const { partitions, condition } = splitFilters(filters, known)
    return (await fetchRows(place, { filters: partitions, query: `select 1 from data where ${condition ?? true}` }))
      .length
  }
  expect([await found('>=', '7'), await found('>=', '8')]).toEqual([0, 0])
  expect([await found('<', '7'), await found('<', '8')]).toEqual([1, 1])
})

test('what was published is found again by its address, described, and looked at without fetching all of it', async () => {
  const place = dataset('looked-at')
  const { uri } = await publish(place, '7', [{ country: 'DE', amount: 1, note: 'old' }], { partitionBy: ['country'] })
  await publish(
    place,
    '12',
    [
      { country: 'DE', amount: 2, note: null },
      { country: 'FR', amount: 3, note: 'x' },
    ],
    { partitionBy: ['country'] },
  )
  await using connector = (await createConnector('files', { path: `${place.store.bucket}/` })) as ObjectStoreConnector
  const found = publishedPlace(connector, uri)
  expect(found.contract.key).toBe(place.contract.key)
  for (const wrong of ['file:///elsewhere/b/c/d/raw/x', uri.slice(0, -'/looked-at'.length), `${uri}/more`, 'x']) {
    expect(() => publishedPlace(connector, wrong)).toThrow(
      expect.objectContaining({
        code: 'DATASET_ADDRESS_INVALID',
        message: expect.stringContaining('run the pipeline'),
      }),
    )
  }
  const described = await describeDataset(found)
  expect(described).toMatchObject({
    partitions: [{ name: 'country', type: 'string' }],
    runs: [
      { runId: '12', rows: 2, files: 2 },
      { runId: '7', rows: 1, files: 1 },
    ],
    moreRuns: 0,
  })
  expect(await describeDataset(found, { mostRuns: 1 })).toMatchObject({ runs: [{ runId: '12' }], moreRuns: 1 })

  await using database = await openWorkDatabase()
  const fetched = await fetchDataset(found, database, 'newest', { most: { rows: 1 } })
  expect(fetched).toMatchObject({ files: 1, runs: 1, wanted: { rows: 3, files: 3, runs: 2 } })
  expect(await database.connector.query('select distinct __metadata_run_id as run from newest')).toEqual([
    { run: '12' },
  ])

  const matching = async (column: string, comparison: string, ...values: (string | number | null)[]) => {
    const { partitions, condition } = splitFilters([{ column, comparison: comparison as '==', values }], described)
    await fetchDataset(found, database, 'chosen', { filters: partitions })
    return (
      await database.connector.query(`select amount from chosen where ${condition ?? 'true'} order by amount`)
    ).map(({ amount }) => Number(amount))
  }
  expect(await matching('country', '==', 'DE')).toEqual([1, 2])
  expect(await matching('__metadata_run_id', '>', '7')).toEqual([2, 3])
  expect(await matching('amount', '>=', 2)).toEqual([2, 3])
  expect(await matching('amount', '!=', 2)).toEqual([1, 3])
  expect(await matching('amount', '<', `1${'0'.repeat(30)}`)).toEqual([1, 2, 3])
  expect(await matching('note', '==', null, 'x')).toEqual([2, 3])
  expect(await matching('note', '!=', 'x')).toEqual([1, 2])
  expect(await matching('note', '!=', "'; drop view chosen; --")).toEqual([1, 2, 3])
  await expect(matching('note', '<', 'x')).rejects.toMatchObject({ code: 'FILTER_INVALID' })
  await expect(matching('amount', '>', 'many')).rejects.toMatchObject({ code: 'PARTITION_VALUE_INVALID' })
  await expect(matching('amuont', '>', 1)).rejects.toMatchObject({
    code: 'COLUMN_UNKNOWN',
    message: expect.stringContaining('Did you mean "amount"?'),
  })
})
