import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Column,
  type ContentHash,
  createRowHasher,
  type LogicalType,
  LossLedger,
  readCsv,
} from '@millrace/formats'
import { findMariadb, startMariadb, type TestMariadb } from '@millrace/testing'
import { type Connection, createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { valueTables } from '../conformance/export-values.ts'
import { mysqlValues } from '../conformance/mysql-values.ts'
import type { SqlConnector } from '../kit/connector.ts'
import { bytesOf } from '../kit/encode-csv.ts'
import { loadSpec } from '../kit/load-spec.test.fixture.ts'
import { connectorForUri } from '../kit/registry.ts'
import type { LoadSpec, Target, WriteMode } from '../kit/sink.ts'
import { csvPieces } from '../kit/sink-rows.contract.ts'
import { transfer } from '../transfer/transfer.ts'

const quote = (name: string) => `\`${name}\``

describe.skipIf(!findMariadb()).each([
  ['by LOAD DATA LOCAL', 'ON'],
  ['by INSERT', 'OFF'],
])('writing to MariaDB %s', (_, localInfile) => {
  let server: TestMariadb
  let admin: Connection
  let connector: SqlConnector
  let folder: string

  beforeAll(async () => {
    server = await startMariadb({ settings: { 'local-infile': localInfile, 'sql-mode': 'ALLOW_INVALID_DATES' } })
    admin = await createConnection({ uri: server.url(), charset: 'utf8mb4' })
    connector = (await connectorForUri(server.url())) as SqlConnector
    folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  })
  afterAll(async () => {
    await connector?.[Symbol.asyncDispose]()
    await admin?.end()
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const target = (name: string): Target => ({ kind: 'table', table: { scope: [], name } })
  const column = (type: LogicalType, sourceType = type.kind as string): Column => ({
    name: 'v',
    type,
    nullable: true,
    sourceType,
  })
  const texts = async (sql: string) => {
    const [rows] = await admin.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() })
    return (rows as unknown as (string | null)[][]).map(([value]) => value)
  }

  async function specFor(table: string, columns: readonly Column[], mode: WriteMode = 'replace'): Promise<LoadSpec> {
    await using sink = await connector.openSink()
    const plan = await sink.plan(target(table), columns, 'files', mode)
    expect(plan.conflicts).toEqual([])
    return loadSpec({
      key: `k${table.replaceAll('_', '')}`,
      target: target(table),
      mode,
      columns,
      changes: plan.changes,
    })
  }

  test('every value of its own kind arrives as it was', async () => {
    const other = await server.createDatabase()
    // The label of the enum's error value cannot be written on purpose.
    const cases = mysqlValues.filter((value) => value.id !== 'v_enum')
    for (const statement of valueTables(cases, quote)) await connector.execute(statement)
    await using sink = await connectorForUri(server.url(other))
    const { manifests } = await transfer(
      {
        from: { connector, address: 'here', tables: ['v_*'] },
        to: { connector: sink, address: 'there', into: '{table}' },
        verify: 'content',
        parallel: 2,
      },
      { stateDirectory: folder },
    )
    expect(manifests).toHaveLength(cases.length)
    for (const { manifest } of manifests) expect(manifest.losses).toEqual([])
    const [here, there] = await Promise.all(
      [server.database, other].map((database) =>
        texts(
          `select concat_ws(' ', table_name, column_type, collation_name) from information_schema.columns
            where table_schema = '${database}' and table_name like 'v\\_%' and column_name = 'v' order by table_name`,
        ),
      ),
    )
    expect(there).toEqual(here)
  })

  const values: readonly (readonly [LogicalType, string, readonly string[]])[] = [
    [{ kind: 'boolean' }, 'tinyint(1)', ['t', 'f']],
    [{ kind: 'integer', bits: 64, unsigned: true }, 'bigint(20) unsigned', ['18446744073709551615']],
    [{ kind: 'decimal', precision: 38, scale: 18 }, 'decimal(38,18)', ['12345678901234567890.123456789012345678']],
    [{ kind: 'decimal', precision: 5, scale: -2 }, 'decimal(7,0)', ['12300']],
    [{ kind: 'decimal', precision: null, scale: null }, 'longtext', ['1.1000', 'NaN', '1e5']],
    [{ kind: 'float', bits: 64 }, 'double', ['0.30000000000000004', '5e-324', '1e+21', '1.7976931348623157e+308']],
    [{ kind: 'float', bits: 32 }, 'float', ['0.1', '1.6777216e+07']],
    [{ kind: 'text' }, 'longtext', ['', 'NULL', '\\N', 'tab\tnew\nline "q" \\ \r\u0000 é🦆', '\\.']],
    [{ kind: 'binary' }, 'longblob', ['\\x', '\\xdeadbeef00', '\\x5c27090a']],
    [{ kind: 'date' }, 'date', ['0001-01-01', '9999-12-31', '2024-02-29']],
    [{ kind: 'time' }, 'time(6)', ['13:00:05.012345', '24:00:00']],
    [{ kind: 'timestamp', utc: true }, 'datetime(6)', ['2024-03-10 06:59:59.123456+00', '1969-12-31 23:59:59+00']],
    [{ kind: 'timestamp', utc: false }, 'datetime(6)', ['2024-03-10 01:59:59.1', '9999-12-31 23:59:59.999999']],
    [{ kind: 'interval' }, 'varchar(255)', ['P1Y2M-3DT4H5M6.789S']],
    [{ kind: 'duration' }, 'time(6)', ['-838:59:59', '00:00:00.5']],
    [{ kind: 'uuid' }, 'uuid', ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
    [{ kind: 'json' }, 'longtext', ['{"b":1, "a":2,  "a":3, "n":12345678901234567890.10}', 'null']],
    [{ kind: 'enum', labels: ['ok', "it's"] }, `enum('ok','it''s')`, ['ok', "it's"]],
    [{ kind: 'list', element: { kind: 'text' } }, 'longtext', ['{"a,b","\\"q\\"",NULL}']],
  ]
  test.each(values.map((value, index) => [value[0].kind, index, ...value] as const))(
    '%s values of other systems are stored exactly (%i)',
    async (kind, index, type, declared, cells) => {
      const table = `other_${kind}_${index}`
      const columns = [column(type)]
      const spec = await specFor(table, columns)
      await using sink = await connector.openSink()
      await using load = await sink.openLoad(spec, null)
      const rows = [...cells.map((cell) => [cell]), [null]]
      await load.writeChunk({ id: '0000', bounds: null }, csvPieces(rows), () => [])
      const expected = await hashOf(rows, columns)
      expect(await load.stagedHash(columns)).toEqual(expected)
      await load.publish()
      await load.complete()
      expect(await sink.contentHash(target(table), columns)).toEqual(expected)
      expect(
        await texts(
          `select column_type from information_schema.columns where table_schema = '${server.database}' and table_name = '${table}'`,
        ),
      ).toEqual([declared])
    },
  )

  test.each<[LogicalType, string, string]>([
    [{ kind: 'timestamp', utc: true }, 'infinity', 'infinite-timestamp'],
    [{ kind: 'timestamp', utc: false }, '0044-03-15 12:00:00 BC', 'timestamp-range'],
    [{ kind: 'timestamp', utc: true }, '294276-12-31 23:59:59.999999+00', 'timestamp-range'],
    [{ kind: 'date' }, '-infinity', 'infinite-date'],
    [{ kind: 'date' }, '10000-01-01', 'date-range'],
    [{ kind: 'decimal', precision: 9, scale: 2 }, 'NaN', 'decimal-nan'],
    [{ kind: 'float', bits: 64 }, '-Infinity', 'float-infinity'],
  ])('%j %s follows the policy', async (type, value, reason) => {
    const columns = [column(type)]
    const spec = await specFor('policy_case', columns)
    await using sink = await connector.openSink()
    await using load = await sink.openLoad(spec, null)
    const write = (policy: 'error' | 'null' | 'text', ledger = new LossLedger()) =>
      load.writeChunk({ id: '0000', bounds: null }, csvPieces([[value]]), () => ledger.entries(), { policy, ledger })
    await expect(write('error')).rejects.toMatchObject({ code: 'UNREPRESENTABLE_VALUE', reason })
    await expect(write('text')).rejects.toMatchObject({ code: 'UNREPRESENTABLE_VALUE', column: 'v' })
    const ledger = new LossLedger()
    expect(await write('null', ledger)).toMatchObject({ rows: 1 })
    expect(ledger.entries()).toEqual([{ column: 'v', reason, outcome: 'nulled', count: 1 }])
    expect(await load.stagedCount()).toBe(1)
    await load.abandon()
  })

  describe('a process that dies around the rename of a replace', () => {
    const columns = [column({ kind: 'text' })]
    const staged = async (table: string) => {
      await admin.query(`create table ${table} (v longtext)`)
      await admin.query(`insert into ${table} values ('old')`)
      const spec = { ...(await specFor(table, columns)), state: { key: `s${table}`, mark: { cursor: '7', keys: [] } } }
      await using sink = await connector.openSink()
      await using load = await sink.openLoad(spec, null)
      await load.writeChunk({ id: '0000', bounds: null }, csvPieces([['new']]), () => [])
      await admin.query(
        `update _millrace_loads set status = 'publishing', published = '{"inserted":1,"updated":0,"skipped":0}' where load_key = '${spec.key}'`,
      )
      return spec
    }

    test('before it: the load goes on with its chunks', async () => {
      const spec = await staged('cut_before')
      await using sink = await connector.openSink()
      const found = await sink.interrupted(spec.key, spec.target)
      expect(found).toMatchObject({ status: 'loading', finished: [{ id: '0000', rows: 1 }] })
      await using load = await sink.openLoad(spec, found)
      await load.publish()
      await load.complete()
      expect(await texts('select v from cut_before')).toEqual(['new'])
    })

    test('just before it, without the marks of its chunks: the chunks are read again', async () => {
      const spec = await staged('cut_between')
      await admin.query(`alter table _millrace_s_${spec.key} drop column _millrace_chunk`)
      await using sink = await connector.openSink()
      const found = await sink.interrupted(spec.key, spec.target)
      expect(found).toMatchObject({ status: 'loading', finished: [] })
      await using load = await sink.openLoad(spec, found)
      expect(await load.stagedCount()).toBe(0)
      expect(await sink.readState('scut_between', spec.target)).toBeNull()
      await load.abandon()
      expect(await texts('select v from cut_between')).toEqual(['old'])
    })

    test('behind it: the load is published, with its state, and only cleaned up', async () => {
      const spec = await staged('cut_behind')
      await admin.query(`alter table _millrace_s_${spec.key} drop column _millrace_chunk`)
      await admin.query(`rename table cut_behind to _millrace_o_${spec.key}, _millrace_s_${spec.key} to cut_behind`)
      await using sink = await connector.openSink()
      expect(await sink.readState('scut_behind', spec.target)).toEqual({ cursor: '7', keys: [] })
      const found = await sink.interrupted(spec.key, spec.target)
      expect(found).toMatchObject({ status: 'published', published: { inserted: 1 } })
      await using load = await sink.openLoad(spec, found)
      await load.complete()
      expect(await texts('select v from cut_behind')).toEqual(['new'])
      expect(await texts(`show tables like '\\_millrace\\_o%'`)).toEqual([])
    })
  })

  test('a replaced table keeps its indexes, numbers and privileges; one with references is replaced in place', async () => {
    await admin.query(
      `create table parents (v int auto_increment primary key, note varchar(9) default 'x', key by_note (note))`,
    )
    await admin.query('insert into parents (v) values (1), (2), (500)')
    await admin.query('delete from parents where v = 500')
    const columns = [column({ kind: 'integer', bits: 32, unsigned: false })]
    const replace = async (rows: readonly (string | null)[][]) => {
      await using sink = await connector.openSink()
      await using load = await sink.openLoad(await specFor('parents', columns), null)
      try {
        await load.writeChunk({ id: '0000', bounds: null }, csvPieces(rows), () => [])
        return await load.publish()
      } finally {
        await load.abandon()
      }
    }
    await replace([['1'], ['2'], ['3']])
    await admin.query('insert into parents () values ()')
    expect(await texts('select concat(v, note) from parents order by v')).toEqual(['1x', '2x', '3x', '501x'])
    expect(
      await texts(`select index_name from information_schema.statistics where table_name = 'parents' order by 1`),
    ).toEqual(['by_note', 'PRIMARY'])
    await admin.query(
      'create table children (parent int, foreign key (parent) references parents (v) on delete cascade)',
    )
    await admin.query('insert into children values (2)')
    expect(await replace([['2'], ['9']])).toMatchObject({ inserted: 2, replaced: 4 })
    expect(await texts('select parent from children')).toEqual(['2'])
    await expect(replace([['9']])).rejects.toMatchObject({ name: 'DataError', code: 'REPLACE_BREAKS_REFERENCES' })
    expect(await texts('select v from parents order by v')).toEqual(['2', '9'])
  })

  async function hashOf(rows: readonly (string | null)[][], columns: readonly Column[]): Promise<ContentHash> {
    const hasher = createRowHasher(columns)
    for await (const block of readCsv(bytesOf(csvPieces(rows)), { columnCount: columns.length })) hasher.update(block)
    return hasher.digest()
  }
})
