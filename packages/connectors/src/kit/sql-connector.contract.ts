import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type ContentHash, createRowHasher, readCsv } from '@millrace/formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConfigValues } from './config-schema.ts'
import type { ConnectorDefinition, SqlConnector } from './connector.ts'
import { bytesOf } from './encode-csv.ts'
import { collect, readRequest, readText } from './read-text.contract.ts'
import { secretsOf } from './redact.ts'
import type { Relation } from './source.ts'
import { formatTableName } from './table-name.ts'

/** What a SQL connector has to bring to be held to the contract. SQL is in its own dialect. */
export interface SqlConnectorSamples {
  /** A connector to an empty database; the suite makes its tables there. Called for every test, disposed by it. */
  readonly make: () => Promise<SqlConnector>
  /** Configurations that cannot connect: wrong password, nobody listening, no such file. */
  readonly unreachable: readonly { readonly name: string; readonly config: ConfigValues }[]
  readonly definition: ConnectorDefinition & { readonly kind: 'sql' }
  /** How a name is quoted. */
  readonly quote: (name: string) => string
  /** The scope in which unqualified tables are made, such as `public`; null when the dialect has none. */
  readonly schema: string | null
  /** A query of `rows` rows with an integer `id` from 1 and a text `label` of about 200 bytes. */
  readonly series: (rows: number) => string
  /** A query that yields rows for a while and then fails on the server. */
  readonly failing: string
  /** A query that runs for minutes. */
  readonly endless: string
  /** Statements that more than one statement, or one that writes to `contract_plain`, would be. */
  readonly refused: readonly string[]
  /** How many statements the server runs that contain a text, this question left out; null where nobody can tell. */
  readonly running: ((text: string) => Promise<number>) | null
  /** Open connections of the connector at the server; null where there is no server. */
  readonly connections: (() => Promise<number>) | null
  /** Whether another connection may write while a source is open, and the source does not see it. */
  readonly concurrentWrites: boolean
  /** Tables to make instead of odd ones, where a system does not take every name; `contract_plain` and `contract_empty` among them. */
  readonly names?: readonly string[]
  /** The scopes down to the tables. Default: `schema` alone. */
  readonly parents?: readonly string[]
  /** The type of a text of up to 300 characters. Default `varchar(300)`. */
  readonly textType?: string
  /** Longest name in bytes. */
  readonly longestName: number
}

/** What every SQL connector has to do, beyond its own types and speed. */
export function describeSqlConnector(name: string, samples: () => SqlConnectorSamples): void {
  describe(`${name} keeps the contract of SQL connectors`, () => {
    let given: SqlConnectorSamples
    const names = (): readonly string[] =>
      given.names ?? [
        'contract_plain',
        'contract_empty',
        'contract "quoted"',
        'contract.dotted name',
        'contract ünïcode 表',
        'contract_'.padEnd(given.longestName, 'n'),
      ]
    const ref = (table: string) => ({ scope: given.schema === null ? [] : [given.schema], name: table })
    const relation = (table: string): Relation => ({ kind: 'table', table: ref(table) })

    beforeAll(async () => {
      given = samples()
      await using connector = await given.make()
      for (const table of names()) {
        await connector.execute(
          `create table ${given.quote(table)} (id int, label ${given.textType ?? 'varchar(300)'})`,
        )
        if (table === 'contract_empty') continue
        await connector.execute(`insert into ${given.quote(table)} ${given.series(1000)}`)
      }
      await connector.execute(`insert into ${given.quote('contract_plain')} values (1001, null)`)
      await connector.execute(`insert into ${given.quote('contract_plain')} values (1002, '')`)
      await connector.execute(`insert into ${given.quote('contract_plain')} values (1003, 'a "b", c')`)
    })
    afterAll(async () => {
      await using connector = await given.make()
      for (const table of names()) await connector.execute(`drop table ${given.quote(table)}`)
    })

    test('testConnection answers, and never throws or tells a secret', async () => {
      await using connector = await given.make()
      expect(await connector.testConnection()).toMatchObject({ ok: true, serverVersion: expect.any(String) })
      for (const { config } of given.unreachable) {
        await using broken = given.definition.create(config)
        const result = await broken.testConnection()
        expect(result.ok).toBe(false)
        expect(result.message).toMatch(/\w+/)
        for (const secret of secretsOf(given.definition.configSchema, config)) {
          expect(`${result.message} ${broken.label}`).not.toContain(secret)
        }
      }
    })

    test('a query gives rows as objects, or the first value', async () => {
      await using connector = await given.make()
      const rows = await connector.query(`select id, label from contract_plain where id >= 1001 order by id`)
      expect(rows).toEqual([
        { id: 1001, label: null },
        { id: 1002, label: '' },
        { id: 1003, label: 'a "b", c' },
      ])
      const count = await connector.query(`select count(*) from contract_plain`, { scalar: true })
      expect(Number(count)).toBe(1003)
      expect(await connector.query(`select id from contract_empty`)).toEqual([])
      expect(await connector.query(`select id from contract_empty`, { scalar: true })).toBeNull()
    })

    test('a query only reads, and is one statement', async () => {
      await using connector = await given.make()
      for (const statement of given.refused) await connector.query(statement).catch(() => {})
      await using other = await given.make()
      expect(Number(await other.query(`select count(*) from contract_plain`, { scalar: true }))).toBe(1003)
      await expect(connector.query('select nonsense from nowhere')).rejects.toMatchObject({ code: expect.any(String) })
    })

    test('a session runs statements one after the other on one connection, and keeps no more rows than asked', async () => {
      await using connector = await given.make()
      if (!connector.openSession) return
      const count = async () => Number(await connector.query('select count(*) from contract_session', { scalar: true }))
      await connector.execute('create table contract_session (id int)')
      try {
        await using session = await connector.openSession()
        await session.run('begin')
        expect(await session.run('insert into contract_session values (1), (2), (3)')).toMatchObject({
          changed: 3,
          columns: null,
          rows: [],
        })
        await session.run('rollback')
        await session.run('insert into contract_session values (1), (2), (3)')
        expect(await session.run('update contract_session set id = id + 1 where id > 1')).toMatchObject({ changed: 2 })
        const other = await session.run('create table contract_session_other (id int)')
        expect(other).toMatchObject({ changed: expect.toSatisfy((changed) => !changed), columns: null })
        const read = 'select id, id > 2 as large from contract_session order by id'
        expect(await session.run(read, { rowLimit: 2 })).toMatchObject({
          changed: null,
          columns: ['id', 'large'],
          rows: [
            [1, expect.anything()],
            [3, expect.anything()],
          ],
          cut: true,
        })
        expect(await session.run(read, { rowLimit: 3 })).toMatchObject({ cut: false })
        await expect(session.run('select nonsense from nowhere')).rejects.toMatchObject({ code: expect.any(String) })
        expect(await session.run('select id from contract_session where id > 9')).toMatchObject({
          columns: ['id'],
          rows: [],
          cut: false,
        })
      } finally {
        expect(await count()).toBe(3)
        await connector.execute('drop table if exists contract_session_other')
        await connector.execute('drop table contract_session')
      }
    })

    test('scopes are listed in order, down to the tables', async () => {
      await using connector = await given.make()
      const levels = connector.scopes()
      expect(levels.at(-1)).toBe('table')
      const parents = given.parents ?? (levels.length > 1 && given.schema !== null ? [given.schema] : [])
      for (const path of [[], parents]) {
        const items = (await connector.listScope(path)).map((item) => item.name)
        expect(items).toEqual([...items].sort())
      }
      const tables = (await connector.listScope(parents)).map((item) => item.name)
      expect(tables).toEqual(expect.arrayContaining([...names()]))
      const suggested = await connector.suggestSchema([...parents, 'contract_plain'])
      expect(suggested.map((column) => column.name)).toEqual(['id', 'label'])
      expect(suggested[0]?.chType.baseName).toMatch(/^Int/)
    })

    test('tables are found by wildcards and by odd names', async () => {
      await using connector = await given.make()
      await using source = await connector.openSource()
      const found = (await source.listTables(['contract*'])).map((table) => table.name)
      expect(found).toEqual(expect.arrayContaining([...names()]))
      for (const table of names()) {
        const exact = await source.listTables([formatTableName({ scope: [], name: table })])
        expect(exact.map((item) => item.name)).toEqual([table])
        const { rows } = await readText(source, relation(table))
        expect(rows).toBe(table === 'contract_empty' ? 0 : table === 'contract_plain' ? 1003 : 1000)
      }
      await expect(source.listTables(['contract_absent'])).rejects.toMatchObject({ name: 'ConfigError' })
      expect(await source.listTables(['contract_absent*'])).toEqual([])
    })

    test('columns are described, and an empty table is read as no rows', async () => {
      await using connector = await given.make()
      await using source = await connector.openSource()
      const { columns, primaryKey } = await source.describe(relation('contract_empty'))
      expect(columns.map((column) => [column.name, column.type.kind])).toEqual([
        ['id', 'integer'],
        ['label', 'text'],
      ])
      expect(primaryKey).toEqual([])
      expect(await readText(source, relation('contract_empty'))).toEqual({ text: '', rows: 0 })
      expect(await source.count(relation('contract_empty'))).toBe(0)
      expect(await source.cursorMark(relation('contract_empty'), 'id', [])).toBeNull()
      const query: Relation = { kind: 'query', sql: 'select id as "odd name" from contract_plain where id = 7;' }
      expect((await source.describe(query)).columns.map((column) => column.name)).toEqual(['odd name'])
      expect((await readText(source, query)).text).toBe('7\n')
    })

    test('chunks together are the table, and the hash in the server is the hash of the rows', async () => {
      await using connector = await given.make()
      await using source = await connector.openSource({ parallel: 2 })
      const whole = relation('contract_plain')
      const schema = await source.describe(whole)
      const chunks = await source.planChunks(whole, schema, { parallel: 2 })
      expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(chunks.length)
      const hasher = createRowHasher(schema.columns)
      for (const chunk of chunks) {
        const bytes = bytesOf(source.read(readRequest(whole, schema.columns, { chunk })))
        for await (const block of readCsv(bytes, { columnCount: schema.columns.length })) hasher.update(block)
      }
      const read: ContentHash = hasher.digest()
      expect(read.rows).toBe(1003)
      expect(await source.contentHash(whole, schema.columns)).toEqual(read)
      expect(await source.count(whole)).toBe(1003)
      expect(await source.cursorMark(whole, 'id', [])).toEqual({ cursor: '1003', keys: [] })
      const after = { cursor: 'id', keys: [], after: { cursor: '1001', keys: [] } }
      // In any order: the system reads in parallel.
      const { text } = await readText(source, { ...whole, range: after })
      expect(text.split('\n').filter(Boolean).toSorted()).toEqual(['1002,""', '1003,"a ""b"", c"'])
    })

    test.each(['csv', 'ndjson', 'parquet'] as const)('an export as %s is a file that goes with it', async (format) => {
      await using connector = await given.make()
      let path: string
      {
        await using file = await connector.export('select id, label from contract_plain where id > 1000', { format })
        if (file.kind !== 'local-file') throw new Error(`The export is a ${file.kind}.`)
        path = file.path
        expect(file.rows).toBe(3)
        const bytes = await readFile(path)
        expect(bytes.length).toBe(file.bytes)
        if (format === 'csv') expect(bytes.toString().split('\n').sort()[1]).toBe('1001,')
        if (format === 'ndjson') expect(bytes.toString()).toContain('{"id":1002,"label":""}\n')
        if (format === 'parquet') expect(bytes.subarray(-4).toString()).toBe('PAR1')
      }
      expect(existsSync(path)).toBe(false)
      await using limited = await connector.export('select id from contract_plain', { format, rowLimit: 2 })
      expect(limited.rows).toBe(2)
    })

    test('a server error in mid-stream rejects and the source still serves', async () => {
      await using connector = await given.make()
      await using source = await connector.openSource()
      const reading = readText(source, { kind: 'query', sql: given.failing })
      await expect(reading).rejects.toMatchObject({ code: expect.any(String) })
      expect(await source.count(relation('contract_plain'))).toBe(1003)
    })

    test('an abort rejects with its reason and stops the server', async () => {
      await using connector = await given.make()
      await using source = await connector.openSource()
      const controller = new AbortController()
      const reason = new Error('enough')
      const query: Relation = { kind: 'query', sql: given.endless }
      const { columns } = await source.describe(query)
      const reading = collect(source.read(readRequest(query, columns, { signal: controller.signal })))
      reading.catch(() => {})
      const marker = given.endless.slice(0, 60)
      if (given.running) while ((await given.running(marker)) === 0);
      controller.abort(reason)
      await expect(reading).rejects.toBe(reason)
      // The server tells of the error a moment before it is done with the statement.
      if (given.running) await expect.poll(() => given.running?.(marker), { interval: 10 }).toBe(0)
    })

    test('a source sees one point in time', async ({ skip }) => {
      if (!given.concurrentWrites)
        skip('there is no snapshot over several reads, or nobody can write while a source is open')
      await using connector = await given.make()
      await using writer = await given.make()
      await using source = await connector.openSource({ parallel: 2 })
      const before = await readText(source, relation('contract_plain'))
      await writer.execute(`insert into ${given.quote('contract_plain')} values (5000, 'late')`)
      try {
        expect(await readText(source, relation('contract_plain'))).toEqual(before)
        expect(await source.count(relation('contract_plain'))).toBe(before.rows)
      } finally {
        await writer.execute(`delete from ${given.quote('contract_plain')} where id = 5000`)
      }
    })

    test('disposal closes every connection', async ({ skip }) => {
      if (!given.connections) skip('there is no server')
      // The server takes a moment to see a closed connection, also those of the tests before.
      const none = async () => await expect.poll(() => given.connections?.(), { interval: 10 }).toBe(0)
      await none()
      const connector = await given.make()
      const source = await connector.openSource({ parallel: 2 })
      await Promise.all([1, 2].map(() => readText(source, relation('contract_plain'))))
      await connector.query('select 1')
      expect(await given.connections?.()).toBeGreaterThan(0)
      await source[Symbol.asyncDispose]()
      await connector[Symbol.asyncDispose]()
      await none()
    })
  })
}
