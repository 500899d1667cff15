import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRowHasher, LossLedger, readCsv, type UnrepresentablePolicy } from '@millrace/formats'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { type ClickhouseHttp, startClickhouseHttp } from '@millrace/tinybird-local'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { valueTables } from '../conformance/export-values.ts'
import { postgresValues } from '../conformance/postgres-values.ts'
import type { SqlConnector } from '../kit/connector.ts'
import { bytesOf } from '../kit/encode-csv.ts'
import { readRequest } from '../kit/read-text.contract.ts'
import { connectorForUri } from '../kit/registry.ts'
import type { WriteMode } from '../kit/sink.ts'
import { transfer } from '../transfer/transfer.ts'
import { addressFor, askServer, hasClickhouse } from './test-server.contract.ts'

describe.skipIf(!hasClickhouse())('values on their way through ClickHouse', () => {
  let server: ClickhouseHttp
  let postgres: TestPostgres
  let folder: string
  let here: string

  beforeAll(async () => {
    const servers = await Promise.all([startClickhouseHttp(), startPostgres()])
    server = servers[0]
    postgres = servers[1]
    folder = await mkdtemp(join(tmpdir(), 'millrace-clickhouse-values-'))
    await askServer(server, 'CREATE DATABASE there')
    await askServer(server, 'CREATE DATABASE own')
    here = addressFor(server, 'there')
  })
  afterAll(async () => {
    await postgres?.stop()
    await server?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const ask = (sql: string) => askServer(server, sql)
  let states = 0
  async function copy(
    from: string,
    to: string,
    tables: string[],
    policy: UnrepresentablePolicy,
    mode: WriteMode = 'replace',
  ) {
    await using source = await connectorForUri(from)
    await using sink = await connectorForUri(to)
    const { manifests } = await transfer(
      {
        from: { connector: source, address: 'from', tables },
        to: { connector: sink, address: 'to' },
        mode,
        verify: 'content',
        onUnrepresentable: policy,
      },
      { stateDirectory: join(folder, String(++states)) },
    )
    return manifests.map(({ manifest }) => manifest)
  }

  test('every PostgreSQL value survives PostgreSQL → ClickHouse → PostgreSQL, or is counted', async () => {
    const origin = postgres.url(await postgres.createDatabase('origin'))
    const back = postgres.url(await postgres.createDatabase('back'))
    {
      await using connector = (await connectorForUri(origin)) as SqlConnector
      for (const statement of valueTables(postgresValues, (name) => `"${name}"`)) await connector.execute(statement)
    }
    const there = await copy(origin, here, ['*'], 'null')
    const home = await copy(here, back, ['*'], 'null')
    expect(there).toHaveLength(postgresValues.length)
    await using connector = (await connectorForUri(back)) as SqlConnector
    const wrong: unknown[] = []
    for (const value of postgresValues) {
      const money = value.type === 'money' ? 'v::numeric' : 'v'
      const rows = await connector.query(
        `SELECT CASE WHEN v IS NULL THEN NULL ELSE concat(${money}) END AS v FROM "${value.id}" ORDER BY n`,
      )
      const expected = [null, ...value.values.map((row) => row.csv)]
      const lost = expected.filter((text, n) => rows[n]?.v !== text)
      const counted = [...there, ...home]
        .filter((manifest) => (manifest.from.table ?? '').split('.').at(-1) === value.id)
        .flatMap((manifest) => manifest.losses)
      const count = counted.reduce((sum, entry) => sum + entry.count, 0)
      if (lost.length !== count) wrong.push({ type: value.type, lost, arrived: rows.map((row) => row.v), counted })
    }
    expect(wrong).toEqual([])
  })

  /** Declaration, value in SQL, canonical text. */
  const own: readonly (readonly [type: string, sql: string, text: string | null])[] = [
    ['UInt64', '18446744073709551615', '18446744073709551615'],
    ['Int128', "'-170141183460469231731687303715884105728'", '-170141183460469231731687303715884105728'],
    ['UInt256', `'${2n ** 256n - 1n}'`, `${2n ** 256n - 1n}`],
    ['Decimal(76, 10)', `'-${'9'.repeat(66)}.1234567890'`, `-${'9'.repeat(66)}.1234567890`],
    ['Decimal(9, 2)', '1.1', '1.10'],
    ['Nullable(Decimal(4, 4))', '-0.05', '-0.0500'],
    ['Float64', '0.1 + 0.2', '0.30000000000000004'],
    ['Float64', '5e-324', '5e-324'],
    ['Float64', '1e15', '1e+15'],
    ['Float64', '0.00001', '1e-05'],
    ['Float64', '-0.', '-0'],
    ['Float64', 'nan', 'NaN'],
    ['Float64', '-inf', '-Infinity'],
    ['Float32', '16777217', '1.6777216e+07'],
    ['Float32', '0.1', '0.1'],
    ['Bool', 'true', 't'],
    ['Nullable(Bool)', 'NULL', null],
    ['String', "''", ''],
    ['String', `' a"b,c\\n\\\\N '`, ' a"b,c\n\\N '],
    ['LowCardinality(Nullable(String))', "'ü🦆'", 'ü🦆'],
    ['FixedString(3)', "'a'", '\\x610000'],
    ['Date', "'2148-12-31'", '2148-12-31'],
    ['Date32', "'1900-01-01'", '1900-01-01'],
    ['DateTime', "'2024-03-10 06:59:59'", '2024-03-10 06:59:59'],
    ["DateTime('America/New_York')", "'2024-03-10 01:59:59'", '2024-03-10 06:59:59+00'],
    ['DateTime64(3)', "'1969-12-31 23:59:59.900'", '1969-12-31 23:59:59.9'],
    ["DateTime64(6, 'Asia/Kolkata')", "'2299-12-31 23:59:59.123456'", '2299-12-31 18:29:59.123456+00'],
    ['DateTime64(9)', "'2024-01-01 00:00:00.123456000'", '2024-01-01 00:00:00.123456'],
    ['UUID', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    [`Enum8('it\\'s (b), c' = -2, 'a' = 1)`, '-2', "it's (b), c"],
    ['IPv4', "'192.168.0.1'", '192.168.0.1'],
    ['Nullable(IPv6)', "'::1'", '::1'],
    ['Array(Nullable(Int64))', '[1, NULL, 9223372036854775807]', '{1,NULL,9223372036854775807}'],
    ['Array(String)', `['a,b', '"q"', 'NULL', '', '\\\\x', 'plain']`, '{"a,b","\\"q\\"","NULL","","\\\\x",plain}'],
    ['Array(Float64)', '[1e15, nan, 0.5]', '{1e+15,NaN,0.5}'],
    ['Array(Bool)', '[]', '{}'],
    ['Array(Array(UInt8))', '[[1, 2], []]', '[[1,2],[]]'],
    ['Map(String, UInt64)', "map('k', 18446744073709551615)", '{"k":18446744073709551615}'],
    ['Tuple(a Int8, b Nullable(String))', "(1, 'x')", '{"a":1,"b":"x"}'],
    ['JSON', `'{"b": 1, "a": [1, 2.5]}'`, '{"a":[1,2.5],"b":1}'],
  ]

  test('every ClickHouse type is read as its canonical text, and the server hashes what is read', async () => {
    await ask(
      `CREATE TABLE own.types (${own.map(([type], n) => `c${n} ${type}`).join(', ')}) ENGINE = MergeTree ORDER BY ()`,
    )
    await ask(
      `INSERT INTO own.types SELECT ${own.map(([type, sql]) => `CAST(${sql}, '${type.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}')`).join(', ')}`,
    )
    await using connector = await connectorForUri(addressFor(server, 'own'))
    await using source = await connector.openSource()
    const relation = { kind: 'table', table: { scope: [], name: 'types' } } as const
    const { columns } = await source.describe(relation)
    const cells: (string | null)[] = []
    const hasher = createRowHasher(columns)
    for await (const block of readCsv(bytesOf(source.read(readRequest(relation, columns))), {
      columnCount: columns.length,
    })) {
      for (let cell = 0; cell < columns.length; cell++) {
        const start = block.starts[cell] as number
        const length = block.lengths[cell] as number
        cells.push(length < 0 ? null : block.data.toString('utf8', start, start + length))
      }
      hasher.update(block)
    }
    expect(Object.fromEntries(cells.map((text, n) => [`${n} ${own[n]?.[0]}`, text]))).toEqual(
      Object.fromEntries(own.map(([type, , text], n) => [`${n} ${type}`, text])),
    )
    expect(await source.contentHash(relation, columns)).toEqual(hasher.digest())
    // Without the floats, which are hashed on this side, the server does it.
    const exact = columns.filter(({ type }) => type.kind !== 'float' && type.kind !== 'list')
    const exactHasher = createRowHasher(exact)
    for await (const block of readCsv(bytesOf(source.read(readRequest(relation, exact))), {
      columnCount: exact.length,
    }))
      exactHasher.update(block)
    expect(await source.contentHash(relation, exact)).toEqual(exactHasher.digest())
    for (const format of ['ndjson', 'parquet'] as const) {
      const ledger = new LossLedger()
      for await (const _ of source.read(readRequest(relation, columns, { format, policy: 'null', ledger })));
      expect(ledger.entries()).toEqual([])
    }
  })

  test('a ClickHouse table keeps its types and values in another database', async () => {
    await ask(
      `CREATE OR REPLACE TABLE own.other (${own.map(([type], n) => `c${n} ${type}`).join(', ')}) ENGINE = MergeTree ORDER BY ()`,
    )
    await ask('INSERT INTO own.other SELECT * FROM own.types')
    await ask('CREATE DATABASE copied')
    const [manifest] = await copy(addressFor(server, 'own'), addressFor(server, 'copied'), ['other'], 'error')
    expect(manifest?.losses).toEqual([])
    expect(manifest?.proof.target).toEqual(manifest?.proof.source)
    const kept = own.map(([type]) => (/^(Map|Tuple|Array.Array|FixedString)/.test(type) ? 'String' : type))
    const types = await ask(
      "SELECT type FROM system.columns WHERE database = 'copied' AND table = 'other' ORDER BY position",
    )
    expect(
      types
        .trim()
        .split('\n')
        .map((type) => type.replaceAll('\\', '')),
    ).toEqual(kept.map((type) => type.replaceAll('\\', '')))
  })

  test('what ClickHouse would change in silence follows the policy', async () => {
    const origin = postgres.url(await postgres.createDatabase('beyond'))
    {
      await using connector = (await connectorForUri(origin)) as SqlConnector
      await connector.execute(
        `CREATE TABLE late AS SELECT date '1899-12-31' AS d, timestamp '2300-01-01' AS t, 'infinity'::timestamptz AS i, 'NaN'::numeric(5,2) AS n, '{1,2}'::int[] AS l`,
      )
      await connector.execute(`INSERT INTO late (l) VALUES (NULL)`)
    }
    await expect(copy(origin, here, ['late'], 'error')).rejects.toMatchObject({ code: 'UNREPRESENTABLE_VALUE' })
    expect(
      await ask("SELECT count() FROM system.tables WHERE database = 'there' AND startsWith(name, '_millrace_s_')"),
    ).not.toBe('')
    const [nulled] = await copy(origin, here, ['late'], 'null')
    expect(nulled?.losses.map(({ column, reason, outcome }) => `${column} ${reason} ${outcome}`).sort()).toEqual([
      'd date-range nulled',
      'i infinite-timestamp nulled',
      'l null-list altered',
      'n decimal-nan nulled',
      't timestamp-range nulled',
    ])
    await ask('DROP TABLE there.late')
    const [text] = await copy(origin, here, ['late'], 'text')
    expect(text?.proof.target).toEqual(text?.proof.source)
    expect(await ask('SELECT d, t, i, n, l FROM there.late ORDER BY d')).toBe(
      '1899-12-31\t2300-01-01 00:00:00\tinfinity\tNaN\t{1,2}\n\\N\t\\N\t\\N\t\\N\t\\N\n',
    )
  })

  test('an incremental copy goes on behind the watermark', async () => {
    await ask("CREATE TABLE own.events (id UInt32, at DateTime64(9, 'UTC')) ENGINE = MergeTree ORDER BY at")
    await using connector = await connectorForUri(addressFor(server, 'own'))
    await ask(
      "INSERT INTO own.events SELECT number, addNanoseconds(toDateTime64('2024-01-01 00:00:00', 9, 'UTC'), number) FROM numbers(5)",
    )
    await using source = await connector.openSource()
    const relation = { kind: 'table', table: { scope: [], name: 'events' } } as const
    const mark = await source.cursorMark(relation, 'at', ['id'])
    expect(mark).toEqual({ cursor: '2024-01-01 00:00:00.000000004', keys: ['4'] })
    const range = { cursor: 'at', keys: ['id'], after: { cursor: '2024-01-01 00:00:00.000000002', keys: ['2'] } }
    expect(await source.count({ ...relation, range })).toBe(2)
    expect(await source.count({ ...relation, range: { ...range, lookback: 1 } })).toBe(5)
    const byId = { cursor: 'id', keys: [], after: { cursor: '1', keys: [] }, lookback: 10 }
    expect(await source.count({ ...relation, range: byId })).toBe(5)
  })
})
