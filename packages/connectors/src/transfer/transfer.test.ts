import { appendFile, mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Row, SqlConnector } from '../kit/connector.ts'
import { connectorForUri } from '../kit/registry.ts'
import { readManifest } from './manifest.ts'
import { planTransfer, transfer } from './transfer.ts'
import type { FileLayout, Manifest, TransferEvent, TransferSpec } from './types.ts'
import { verifyManifest } from './verify.ts'

type Choices = Omit<TransferSpec, 'from' | 'to'> & {
  table?: string
  tables?: string[]
  query?: string
  into?: string
  file?: FileLayout
}

const csv: FileLayout = { format: 'csv', compression: 'none', csv: { header: true, lineEnd: 'lf' } }
const parquet: FileLayout = { format: 'parquet', compression: 'none' }

describe('transfer', () => {
  let server: TestPostgres
  let folder: string
  let state: string
  let from: string
  let to: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-transfer-'))
    server = await startPostgres()
  })
  beforeEach(async () => {
    from = server.url(await server.createDatabase())
    to = server.url(await server.createDatabase())
    state = await mkdtemp(join(folder, 'state-'))
  })
  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function copy(choices: Choices, ends: { from?: string; to?: string; signal?: AbortSignal } = {}) {
    const events: TransferEvent[] = []
    const { spec, dispose } = await specOf(choices, ends)
    try {
      const { manifests } = await transfer(spec, {
        stateDirectory: state,
        onEvent: (event) => events.push(event),
        ...(ends.signal ? { signal: ends.signal } : {}),
      })
      return { manifests: manifests.map(({ manifest }) => manifest), paths: manifests.map(({ path }) => path), events }
    } finally {
      await dispose()
    }
  }

  async function plan(choices: Choices) {
    const { spec, dispose } = await specOf(choices, {})
    try {
      return (await planTransfer(spec)).tables
    } finally {
      await dispose()
    }
  }

  async function specOf({ table, tables, query, into, file, ...rest }: Choices, ends: { from?: string; to?: string }) {
    const source = await connectorForUri(ends.from ?? from)
    const sink = await connectorForUri(ends.to ?? to)
    const names = tables ?? (table === undefined ? undefined : [table])
    const spec: TransferSpec = {
      ...rest,
      retries: 0,
      from: {
        connector: source,
        address: ends.from ?? from,
        ...(query === undefined ? {} : { query }),
        ...(names ? { tables: names } : {}),
      },
      to: {
        connector: sink,
        address: ends.to ?? to,
        ...(into === undefined ? {} : { into }),
        ...(file ? { file } : {}),
      },
    }
    const dispose = async () => {
      await source[Symbol.asyncDispose]()
      await sink[Symbol.asyncDispose]()
    }
    return { spec, dispose }
  }

  const exec = async (uri: string, ...statements: string[]) => {
    await using connector = (await connectorForUri(uri)) as SqlConnector
    for (const statement of statements) await connector.execute(statement)
  }
  const rows = async (uri: string, sql: string): Promise<Row[]> => {
    await using connector = (await connectorForUri(uri)) as SqlConnector
    return await connector.query(sql)
  }

  it('copies a table with its types and proves its content', async () => {
    await exec(
      from,
      `CREATE TABLE t (id int PRIMARY KEY, price numeric(9,4), at timestamptz, tags text[])`,
      `INSERT INTO t SELECT i, i/3.0, now(), ARRAY['a',NULL] FROM generate_series(1,1000) i`,
    )
    const { manifests, paths } = await copy({ table: 't', verify: 'content' })
    const [manifest] = manifests
    expect(manifest).toMatchObject({
      rows: 1000,
      mode: 'replace',
      proof: { level: 'content', source: { rows: 1000 }, staged: { rows: 1000 } },
      losses: [],
    })
    expect(manifest?.proof.source?.hash).toBe(manifest?.proof.target?.hash)
    expect(manifest?.columns.map((column) => column.targetType)).toEqual([
      'integer',
      'numeric(9,4)',
      'timestamp with time zone',
      'text[]',
    ])
    expect(await readManifest(paths[0] as string)).toEqual(manifest)
  })

  it('copies many tables by wildcard under one snapshot, each into its own target', async () => {
    await exec(
      from,
      'CREATE SCHEMA a',
      'CREATE SCHEMA b',
      'CREATE TABLE a.one AS SELECT 1 AS x',
      'CREATE TABLE b.one AS SELECT 2 AS x',
      'CREATE TABLE b.other AS SELECT 3 AS x',
    )
    await expect(copy({ tables: ['*'] })).rejects.toMatchObject({ code: 'TARGET_TWICE' })
    const { manifests } = await copy({ tables: ['*'], into: '{schema}_{table}', parallel: 2 })
    expect(manifests.map((manifest) => manifest.from.table).sort()).toEqual(['a.one', 'b.one', 'b.other'])
    expect(new Set(manifests.map((manifest) => JSON.stringify(manifest.from.position.lsn))).size).toBe(1)
    expect(await rows(to, 'SELECT a_one.x AS a, b_one.x AS b, b_other.x AS c FROM a_one, b_one, b_other')).toEqual([
      { a: 1, b: 2, c: 3 },
    ])
    const { manifests: files } = await copy(
      { tables: ['b.*'], file: csv, into: `${folder}/wild/` },
      { to: `${folder}/wild/` },
    )
    expect(files).toHaveLength(2)
    expect((await readdir(join(folder, 'wild'))).sort()).toEqual(['one.csv', 'other.csv'])
  })

  it('names a table that is not there', async () => {
    await exec(from, 'CREATE TABLE orders (x int)')
    await expect(copy({ table: 'ordesr' })).rejects.toMatchObject({
      code: 'TABLE_NOT_FOUND',
      message: expect.stringContaining('ordesr'),
    })
    await expect(copy({ tables: ['orders', 'missing'] })).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
  })

  it('plans without changing anything: types, drift, conflicts and possible losses', async () => {
    await exec(from, `CREATE TABLE t (id int8 PRIMARY KEY, at timestamptz, price numeric(9,2), extra text)`)
    await exec(to, `CREATE TABLE t (id int4 PRIMARY KEY, at timestamptz, price numeric(9,2))`)
    const [merge] = await plan({ table: 't', mode: 'merge' })
    expect(merge).toMatchObject({ targetExists: true, keys: ['id'], conflicts: [] })
    expect(merge?.changes.map((change) => change.kind).sort()).toEqual(['add-column', 'widen-column'])
    expect(await rows(to, `SELECT count(*)::int AS n FROM information_schema.columns WHERE table_name = 't'`)).toEqual([
      { n: 3 },
    ])
    const [frozen] = await plan({ table: 't', mode: 'append', contract: 'freeze' })
    expect(frozen?.conflicts).toHaveLength(2)
  })

  it('follows the contract when columns are added or widened', async () => {
    await exec(from, `CREATE TABLE t (id int8 PRIMARY KEY, extra text)`, `INSERT INTO t VALUES (5000000000, 'x')`)
    await exec(to, `CREATE TABLE t (id int4 PRIMARY KEY)`, 'INSERT INTO t VALUES (1)')
    await expect(copy({ table: 't', mode: 'append', contract: 'freeze' })).rejects.toMatchObject({
      code: 'SCHEMA_CONFLICT',
    })
    await expect(copy({ table: 't', mode: 'append', contract: 'discard' })).rejects.toMatchObject({
      code: 'SCHEMA_CONFLICT',
    })
    const { manifests } = await copy({ table: 't', mode: 'append' })
    expect(manifests[0]?.drift.changes.map((change) => change.kind).sort()).toEqual(['add-column', 'widen-column'])
    expect(await rows(to, 'SELECT id::text, extra FROM t ORDER BY id')).toEqual([
      { id: '1', extra: null },
      { id: '5000000000', extra: 'x' },
    ])
    await exec(from, `ALTER TABLE t ADD COLUMN more int DEFAULT 7`)
    const { manifests: discarded, events } = await copy({ table: 't', mode: 'replace', contract: 'discard' })
    expect(discarded[0]?.drift.discarded).toEqual(['more'])
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'COLUMNS_DISCARDED' }))
  })

  it('reads only what is new by cursor and key, and looks back where asked', async () => {
    await exec(
      from,
      `CREATE TABLE t (id int PRIMARY KEY, at timestamptz, v text)`,
      `INSERT INTO t SELECT i, timestamptz '2024-01-01 00:00:00.123456+00' + i * interval '1 minute', 'first' FROM generate_series(1,100) i`,
      `INSERT INTO t VALUES (999, NULL, 'none')`,
    )
    const choices = { table: 't', mode: 'merge', cursor: 'at', key: 'id', verify: 'content' } as const
    const first = await copy(choices)
    expect(first.manifests[0]).toMatchObject({
      rows: 101,
      incremental: { after: null, mark: { cursor: '2024-01-01 01:40:00.123456+00' }, nullCursors: 1 },
    })
    await exec(
      from,
      `INSERT INTO t VALUES (101, '2024-01-01 02:00:00+00', 'second')`,
      `UPDATE t SET v = 'late' WHERE id = 95`,
    )
    const second = await copy(choices)
    expect(second.manifests[0]).toMatchObject({ rows: 2, result: { inserted: 1, updated: 1 } })
    expect(second.events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'NULL_CURSORS' }))
    expect(await rows(to, 'SELECT v FROM t WHERE id = 95')).toEqual([{ v: 'first' }])
    await copy({ ...choices, lookback: 3600 })
    expect(await rows(to, 'SELECT v FROM t WHERE id = 95')).toEqual([{ v: 'late' }])
    const last = await copy({ table: 't', mode: 'append', cursor: 'at', into: 't2' })
    expect(last.manifests[0]?.rows).toBe(102)
    expect((await copy({ table: 't', mode: 'append', cursor: 'at', into: 't2' })).manifests[0]?.rows).toBe(0)
  })

  it('refuses combinations that cannot be right', async () => {
    await exec(from, 'CREATE TABLE t (id int, at timestamptz)', 'INSERT INTO t VALUES (1, now())')
    await expect(copy({ table: 't', mode: 'merge' })).rejects.toMatchObject({ code: 'KEY_REQUIRED' })
    await expect(copy({ table: 't', mode: 'replace', cursor: 'at' })).rejects.toMatchObject({
      code: 'CURSOR_WITH_REPLACE',
    })
    await expect(copy({ table: 't', mode: 'append', cursor: 'at', lookback: 60 })).rejects.toMatchObject({
      code: 'LOOKBACK_NEEDS_KEYS',
    })
    await expect(copy({ table: 't', mode: 'append', cursor: 'att' })).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    })
    await expect(copy({ query: 'SELECT 1 AS x' })).rejects.toMatchObject({ code: 'INTO_REQUIRED' })
    await expect(copy({ query: 'SELECT 1 AS x', into: 'x', table: 't' })).rejects.toMatchObject({
      code: 'QUERY_AND_TABLES',
    })
  })

  it('makes a column text when a value does not fit and the policy says so', async () => {
    await exec(from, 'CREATE TABLE t (id int, at timestamptz)', `INSERT INTO t VALUES (1, now()), (2, 'infinity')`)
    const path = join(folder, 'as-text.parquet')
    const { manifests, events } = await copy(
      { table: 't', file: parquet, onUnrepresentable: 'text', verify: 'content' },
      { to: path },
    )
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'COLUMN_AS_TEXT' }))
    expect(manifests[0]?.columns.map((column) => column.type.kind)).toEqual(['integer', 'text'])
    expect(manifests[0]?.losses).toEqual([
      { column: 'at', reason: 'infinite-timestamp', outcome: 'kept-as-text', count: 1 },
    ])
  })

  it('resumes from the finished chunks after a failure, and reads changed chunks again', async () => {
    await exec(
      from,
      `CREATE TABLE t (id int PRIMARY KEY, v text)`,
      `INSERT INTO t SELECT i, repeat(md5(i::text), 10) FROM generate_series(1, 120000) i`,
      'VACUUM ANALYZE t',
    )
    const failing = new AbortController()
    const interrupted = await copyUntil(failing, (event) => event.type === 'progress' && event.chunksDone >= 2)
    expect(interrupted).toContainEqual(expect.objectContaining({ type: 'table-failed', resumable: true }))
    await exec(from, `UPDATE t SET v = 'changed' WHERE id = 1`)
    const { events, manifests } = await copy({ table: 't', verify: 'content' })
    const started = events.find((event) => event.type === 'table-started')
    expect(started?.resumedChunks).toBeGreaterThan(0)
    expect(manifests[0]?.chunks.resumed).toBe(started?.resumedChunks)
    expect(
      await rows(
        to,
        `SELECT count(*)::int AS n, count(DISTINCT id)::int AS ids, min(v) AS v FROM t WHERE id = 1 OR v <> 'x'`,
      ),
    ).toMatchObject([{ n: 120000, ids: 120000 }])
    expect(await rows(to, `SELECT v FROM t WHERE id = 1`)).toEqual([{ v: 'changed' }])
    expect(
      await rows(to, `SELECT tablename FROM pg_tables WHERE schemaname = '_millrace' AND tablename LIKE 's\\_%'`),
    ).toEqual([])
  })

  async function copyUntil(abort: AbortController, when: (event: TransferEvent) => boolean): Promise<TransferEvent[]> {
    const events: TransferEvent[] = []
    const { spec, dispose } = await specOf({ table: 't', verify: 'content' }, {})
    try {
      await expect(
        transfer(spec, {
          stateDirectory: state,
          signal: abort.signal,
          onEvent: (event) => {
            events.push(event)
            if (when(event)) abort.abort(new Error('cut off'))
          },
        }),
      ).rejects.toThrow()
      return events
    } finally {
      await dispose()
    }
  }

  it('tells later whether the target still holds what the manifest says', async () => {
    await exec(
      from,
      'CREATE TABLE t (id int, v text)',
      `INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 100) i`,
    )
    const path = join(folder, 'verify.ndjson')
    const inTable = (await copy({ table: 't', verify: 'content' })).manifests[0]
    const inFile = (
      await copy({ table: 't', verify: 'content', file: { format: 'ndjson', compression: 'none' } }, { to: path })
    ).manifests[0]
    if (!inTable || !inFile) throw new Error('no manifest')
    const connect = (_: 'from' | 'to', __: string, address: string) => connectorForUri(address)
    expect(await verifyManifest(inTable, { connect, source: true })).toMatchObject({ equal: true })
    expect(await verifyManifest(inFile, { connect, source: true })).toMatchObject({ equal: true })
    await exec(to, `UPDATE t SET v = 'other' WHERE id = 7`)
    expect(await verifyManifest(inTable, { connect })).toMatchObject({
      equal: false,
      findings: [expect.stringContaining('content differs')],
    })
    await exec(from, 'DELETE FROM t WHERE id = 8')
    expect(await verifyManifest(inFile, { connect, source: true })).toMatchObject({
      equal: false,
      findings: [expect.stringContaining('99 rows')],
    })
  })

  it('says that a file differs which can no longer be read', async () => {
    await exec(from, `CREATE TABLE t AS SELECT generate_series(1, 100) AS id`)
    for (const [name, file] of [
      ['t.parquet', parquet],
      ['t.csv', csv],
    ] as const) {
      const path = join(state, name)
      const { manifests } = await copy({ table: 't', file, verify: 'content' }, { to: path })
      await truncate(path, name === 't.csv' ? 30 : 200)
      await appendFile(path, name === 't.csv' ? '"' : '')
      const result = await verifyManifest(manifests[0] as Manifest, { connect: () => connectorForUri(path) })
      expect(result).toMatchObject({ equal: false, target: null })
    }
  })

  it('keeps nothing of rows whose keys are wrong', async () => {
    await exec(from, `CREATE TABLE t (id int, v int)`, `INSERT INTO t VALUES (1, 1), (1, 2)`)
    for (const uri of [to, `duckdb:${join(state, 'keys.duckdb')}`]) {
      const events: TransferEvent[] = []
      const { spec, dispose } = await specOf({ table: 't', mode: 'merge', keys: ['id'] }, { to: uri })
      await expect(
        transfer(spec, { stateDirectory: state, onEvent: (event) => events.push(event) }),
      ).rejects.toMatchObject({ code: 'DUPLICATE_KEY' })
      await dispose()
      expect(events).toContainEqual(expect.objectContaining({ type: 'table-failed', resumable: false }))
    }
  })

  it('copies nothing when its manifest could not be written', async () => {
    await exec(from, 'CREATE TABLE a AS SELECT 1 AS id')
    await appendFile(join(state, 'file'), '')
    for (const options of [{ stateDirectory: join(state, 'file') }, { stateDirectory: state, manifestPath: folder }]) {
      const { spec, dispose } = await specOf({ table: 'a' }, {})
      await expect(transfer(spec, options)).rejects.toMatchObject({ code: 'MANIFEST_NOT_WRITABLE' })
      await dispose()
    }
    const target = (await connectorForUri(to)) as SqlConnector
    expect(await target.query(`SELECT to_regclass('a') AS found`, { scalar: true })).toBeNull()
    await target[Symbol.asyncDispose]()
  })

  it('leaves out tables without columns, and warns of cursors that nothing can exceed', async () => {
    await exec(from, `CREATE TABLE bare ()`, `CREATE TABLE t AS SELECT 1 AS id, 'infinity'::timestamptz AS at`)
    const { manifests, events } = await copy({ tables: ['*'], cursor: 'at' })
    expect(manifests.map((manifest) => manifest.from.table)).toEqual(['public.t'])
    const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.code] : []))
    expect(warnings).toEqual(['NO_COLUMNS', 'CURSOR_AT_END'])
    await expect(copy({ table: 'bare' })).rejects.toMatchObject({ code: 'NO_COLUMNS' })
  })

  it('does not try a query with parameters again', async () => {
    const parameters = { query: 'SELECT $1::int AS id', into: 'p' }
    await expect(copy(parameters)).rejects.toMatchObject({ code: 'POSTGRES_08P01', name: 'ConfigError' })
  })

  it('leaves the target as it was when the connection drops, and says so once', async () => {
    await exec(to, 'CREATE TABLE t (i int, v text)', `INSERT INTO t VALUES (1, 'old')`)
    const { spec, dispose } = await specOf(
      {
        // The server is still at it when the connection goes.
        query: `SELECT i, CASE WHEN i = 150000 THEN pg_sleep(600)::text ELSE repeat(md5(i::text), 10) END AS v FROM generate_series(1, 200000) i`,
        into: 't',
      },
      {},
    )
    let cut = false
    const failed = transfer(spec, {
      stateDirectory: state,
      onEvent: (event) => {
        if (event.type !== 'progress' || cut) return
        cut = true
        void exec(
          from,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'COPY%'`,
        )
      },
    })
    await expect(failed).rejects.toMatchObject({ name: 'TransientError' })
    await dispose()
    expect(await rows(to, 'SELECT v FROM t')).toEqual([{ v: 'old' }])
  })

  it('keeps passwords out of manifests and errors', async () => {
    const secret = 'hunter2-s3cret'
    const withPassword = (uri: string) => uri.replace(/\/\/([^:@/]+)(:[^@]*)?@/, `//$1:${secret}@`)
    await exec(from, 'CREATE TABLE t AS SELECT 1 AS x')
    const { paths } = await copy({ table: 't' }, { from: withPassword(from), to: withPassword(to) })
    const { from: source } = JSON.parse(await readFile(paths[0] as string, 'utf8'))
    // The address is the caller's to clean; everything the connectors add must be clean.
    expect(JSON.stringify({ ...source, address: '' })).not.toContain(secret)
    await expect(copy({ table: 'missing' }, { from: withPassword(from).replace(/:\d+\//, ':1/') })).rejects.toSatisfy(
      (error: Error) => !`${error.message}${error.stack}`.includes(secret),
    )
  })
})
