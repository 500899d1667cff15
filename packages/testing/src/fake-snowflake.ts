import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { DuckDBConnection } from '@duckdb/node-api'
import { snowflakeMacros, translateSnowflake } from './snowflake-sql.ts'
import { csvField, wireText, wireType } from './snowflake-wire.ts'
import { createTableHistory, microsOf } from './table-history.ts'

export interface FakeSnowflakeOptions {
  /** Address of the external stage `BUCKET_STAGE`, such as `s3://bucket/path/`; there is none without. */
  readonly stageUrl?: string
  /** Where COPY INTO writes for the external stage. */
  readonly write?: (uri: string, content: Buffer) => Promise<void>
  /** Removes what lies below an address of the external stage. */
  readonly remove?: (uri: string) => Promise<void>
  /** Rows in one file of an unload, and in one chunk of a result, at most. Default 1,000. */
  readonly rowsPerFile?: number
  /** Makes COPY INTO fail after this many files. */
  readonly failAfterFiles?: number
}

export interface FakeSnowflake extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly account: string
  readonly user: string
  readonly password: string
  /** With the schema `PUBLIC`. */
  readonly database: string
  set(options: FakeSnowflakeOptions): void
  /** Makes every session's token expire; the driver has to renew it. */
  expireTokens(): void
  running(text: string): number
  sessions(): number
  /** Statements that ran, with the query tag of their session. */
  readonly statements: readonly { readonly sql: string; readonly tag: string }[]
  /** Files of the internal stage `INNER_STAGE`, below the folders they lie in. */
  staged(): Promise<string[]>
  requests(): readonly string[]
}

interface Session {
  token: string
  readonly master: string
  tag: string
  database: string
  schema: string
}

interface Query {
  readonly id: string
  readonly requestId: string
  readonly sql: string
  connection: DuckDBConnection | null
  cancelled: boolean
  state: 'running' | 'done'
  answer: Promise<unknown>
}

class SqlError extends Error {
  readonly code: string
  readonly state: string
  constructor(code: string, state: string, message: string) {
    super(message)
    this.code = code
    this.state = state
  }
}

/** Longer statements are answered with "in progress" first. */
const patienceMs = 300

/**
 * A fake of Snowflake: the protocol of its drivers with JSON results in chunks, tokens that expire,
 * stages and time travel. SQL runs on DuckDB, after a translation of what the tests use.
 */
export async function startFakeSnowflake(options: FakeSnowflakeOptions = {}): Promise<FakeSnowflake> {
  const [account, user, password, database] = ['fake', 'LOADER', randomUUID(), 'SHOP']
  const home = await mkdtemp(join(tmpdir(), 'millrace-fake-snowflake-'))
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:')
  const main = await instance.connect()
  await main.run(`SET TimeZone = 'UTC'`)
  const history = await createTableHistory(main)
  for (const name of [database, 'SNOWFLAKE'])
    await main.run(`ATTACH ':memory:' AS "${name}"; CREATE SCHEMA "${name}"."PUBLIC"`)
  await main.run(`USE "${database}"."PUBLIC"; ${snowflakeMacros}`)
  const sessions = new Set<Session>()
  const expired = new Set<string>()
  const queries = new Map<string, Query>()
  const chunks = new Map<string, string>()
  const statements: { sql: string; tag: string }[] = []
  const log: string[] = []
  let current = options
  let url = ''

  const stageFolder = (path: string) => join(home, path)

  async function select(connection: DuckDBConnection, sql: string) {
    const reader = await connection.runAndReadAll(sql)
    const names = reader.columnNames()
    const rowtype = reader.columnTypes().map((type, index) => wireType(names[index] ?? '', type))
    return { rowtype, rows: reader.getRows().map((row) => row.map(wireText)), changed: reader.rowsChanged }
  }

  function travel(sql: string): string {
    return sql.replace(
      /((?:"(?:[^"]|"")*"\.)*"(?:[^"]|"")*")\s+AT\s*\(\s*TIMESTAMP\s*=>\s*'([^']*)'::TIMESTAMPTZ\s*\)/gi,
      (_, table: string, time: string) => history.at(table, microsOf(time)),
    )
  }

  async function run(session: Session, query: Query, describeOnly: boolean): Promise<Record<string, unknown>> {
    const { sql } = query
    const settings = /^\s*ALTER\s+SESSION\s+SET\s+(.*)$/is.exec(sql)
    if (settings) {
      session.tag = /QUERY_TAG\s*=\s*'([^']*)'/i.exec(settings[1] ?? '')?.[1] ?? session.tag
      return result([{ name: 'status', type: 'text' }], [['Statement executed successfully.']])
    }
    if (!describeOnly) statements.push({ sql, tag: session.tag })
    if (/^\s*SHOW\s+DATABASES/i.test(sql)) {
      const names = [
        ['2024', 'SNOWFLAKE'],
        ['2024', database],
        ['2024', 'SNOWFLAKE_SAMPLE_DATA'],
      ]
      return result(
        [
          { name: 'created_on', type: 'text' },
          { name: 'name', type: 'text' },
        ],
        names,
      )
    }
    const described = /^\s*DESC\s+STAGE\s+(\S+)/i.exec(sql)?.[1]
    if (described !== undefined) {
      const address = described.toUpperCase() === 'BUCKET_STAGE' ? (current.stageUrl ?? '') : ''
      const names = ['parent_property', 'property', 'property_type', 'property_value', 'property_default']
      const row = ['STAGE_LOCATION', 'URL', 'String', address === '' ? '' : `["${address}"]`, '[]']
      return result(
        names.map((name) => ({ name, type: 'text' })),
        [row],
      )
    }
    const unloading =
      /^\s*COPY\s+INTO\s+@([\w.]+)\/(\S+)\s+FROM\s+\((.*)\)\s+FILE_FORMAT\s*=\s*\((.*)\)\s+HEADER/is.exec(sql)
    const removing = /^\s*REMOVE\s+@([\w.]+)\/(\S+?)\/?\s*$/i.exec(sql)
    if (removing) {
      const [, stage = '', path = ''] = removing
      if (stage.toUpperCase() === 'BUCKET_STAGE') await current.remove?.(`${current.stageUrl}${path}`)
      else await rm(stageFolder(path), { recursive: true, force: true })
      return result([{ name: 'name', type: 'text' }], [])
    }
    const getting = /^\s*GET\s+@([\w.]+)\/(\S+?)\/?\s+'file:\/\/([^']*)'/i.exec(sql)
    if (getting) {
      const [, , path = '', target = ''] = getting
      const files = (await readdir(stageFolder(path))).sort()
      return {
        command: 'DOWNLOAD',
        localLocation: target,
        src_locations: files,
        stageInfo: { locationType: 'LOCAL_FS', location: stageFolder(path), path: '', region: '', creds: {} },
        parallel: 2,
        overwrite: true,
      }
    }
    const connection = await instance.connect()
    query.connection = connection
    try {
      await connection.run(`SET TimeZone = 'UTC'; USE "${session.database}"."${session.schema}"`)
      if (query.cancelled) throw new Error('cancelled')
      if (unloading) {
        const [, stage = '', path = '', inner = ''] = unloading
        const { rows } = await select(connection, travel(translateSnowflake(inner)))
        return result(
          [{ name: 'rows_unloaded', type: 'fixed', precision: 38, scale: 0 }],
          [[String(await unload(stage, path, rows))]],
        )
      }
      const translated = travel(translateSnowflake(sql))
      if (/;\s*\S/.test(translated.replace(/'(?:[^']|'')*'/g, ''))) {
        throw new SqlError('000008', '0A000', 'Actual statement count 2 did not match the desired statement count 1.')
      }
      if (describeOnly) {
        const prepared = await connection.prepare(translated)
        const rowtype = Array.from({ length: prepared.columnCount }, (_, index) =>
          wireType(prepared.columnName(index), prepared.columnType(index)),
        )
        return result(rowtype, [])
      }
      const changes =
        /^\s*(?:insert\s+into|delete\s+from|update|truncate\s+table)\s+((?:"(?:[^"]|"")*"|[\w$]+)(?:\.(?:"(?:[^"]|"")*"|[\w$]+))*)/i.exec(
          translated,
        )?.[1]
      if (changes !== undefined) {
        const parts = [...changes.matchAll(/"((?:[^"]|"")*)"|([\w$]+)/g)].map(
          ([, quoted, bare]) => quoted ?? bare ?? '',
        )
        const full = [...[session.database, session.schema].slice(0, 3 - parts.length), ...parts]
        await history.remember(full.map((part) => `"${part}"`).join('.'))
      }
      const { rowtype, rows, changed } = await select(connection, translated)
      const reads = /^\s*(select|with|\()/i.test(translated)
      return reads
        ? result(rowtype, rows)
        : { ...result([{ name: 'status', type: 'text' }], []), stats: { numRowsInserted: changed } }
    } catch (error) {
      if (query.cancelled) throw new SqlError('000604', '57014', 'SQL execution canceled')
      if (error instanceof SqlError) throw error
      throw new SqlError('001003', '42000', `SQL compilation error:\n${(error as Error).message}`)
    } finally {
      query.connection = null
      connection.closeSync()
    }
  }

  async function unload(stage: string, path: string, rows: readonly (string | null)[][]): Promise<number> {
    const size = current.rowsPerFile ?? 1000
    for (let at = 0, file = 0; at < rows.length; at += size, file++) {
      if (file === current.failAfterFiles)
        throw new SqlError('200000', 'XX000', 'Remote file writing failed.\nTry again.')
      const content = Buffer.from(
        rows
          .slice(at, at + size)
          .map((row) => `${row.map(csvField).join(',')}\n`)
          .join(''),
      )
      const name = `${path}_0_${file}_0.csv`
      if (stage.toUpperCase() === 'BUCKET_STAGE') await current.write?.(`${current.stageUrl}${name}`, content)
      else {
        await mkdir(join(stageFolder(name), '..'), { recursive: true })
        await writeFile(stageFolder(name), content)
      }
    }
    return rows.length
  }

  /** The first chunk stands in the answer, the others are fetched. */
  function result(rowtype: readonly object[], rows: readonly (readonly (string | null)[])[]): Record<string, unknown> {
    const size = current.rowsPerFile ?? 1000
    const more: object[] = []
    for (let at = size; at < rows.length; at += size) {
      const part = rows.slice(at, at + size)
      const id = randomUUID()
      chunks.set(id, part.map((row) => JSON.stringify(row)).join(','))
      more.push({ url: `${url}/chunks/${id}`, rowCount: part.length, uncompressedSize: 1, compressedSize: 1 })
    }
    return {
      rowtype,
      rowset: rows.slice(0, size),
      ...(more.length > 0 ? { chunks: more, chunkHeaders: {} } : {}),
      total: rows.length,
      returned: rows.length,
      statementTypeId: 4096,
      queryResultFormat: 'json',
      version: 1,
      parameters: [],
    }
  }

  function start(session: Session, requestId: string, body: { sqlText: string; describeOnly?: boolean }): Query {
    const query: Query = {
      ...{ id: randomUUID(), requestId, sql: body.sqlText, connection: null, cancelled: false, state: 'running' },
      answer: Promise.resolve(),
    }
    queries.set(query.id, query)
    query.answer = run(session, query, body.describeOnly ?? false)
      .then(
        (data) => ({ success: true, code: null, message: null, data: { queryId: query.id, ...data } }),
        ({ code = '000603', state = 'XX000', message }: SqlError) => ({
          success: false,
          code,
          message,
          data: { queryId: query.id, sqlState: state, errorCode: code, type: 'COMPILATION' },
        }),
      )
      .finally(() => {
        query.state = 'done'
      })
    return query
  }

  async function patiently(query: Query): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, patienceMs, {
        success: true,
        code: '333334',
        message: 'Query execution in progress.',
        data: { queryId: query.id, getResultUrl: `/queries/${query.id}/result`, queryAbortsAfterSecs: 300 },
      })
    })
    const answer = await Promise.race([query.answer, late])
    clearTimeout(timer)
    return answer
  }

  async function cancel(query: Query | undefined): Promise<unknown> {
    if (query && query.state === 'running') {
      query.cancelled = true
      const again = setInterval(() => query.connection?.interrupt(), 10)
      await query.answer
      clearInterval(again)
    }
    return { success: true, code: null, data: null }
  }

  function login(data: Record<string, string>, query: URLSearchParams): unknown {
    if (data.LOGIN_NAME !== user || data.PASSWORD !== password) {
      return {
        success: false,
        code: '390100',
        message: 'Incorrect username or password was specified.\nTry again',
        data: {},
      }
    }
    const session: Session = {
      ...{ token: randomUUID(), master: randomUUID(), tag: '' },
      database: query.get('databaseName') ?? database,
      schema: query.get('schemaName') ?? 'PUBLIC',
    }
    sessions.add(session)
    return {
      success: true,
      code: null,
      data: {
        token: session.token,
        masterToken: session.master,
        validityInSeconds: 3600,
        masterValidityInSeconds: 14_400,
        sessionId: sessions.size,
        parameters: [],
        sessionInfo: {
          databaseName: session.database,
          schemaName: session.schema,
          warehouseName: null,
          roleName: 'PUBLIC',
        },
      },
    }
  }

  async function answer(request: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake')
    const body = request.method === 'POST' ? await read(request) : {}
    if (pathname === '/session/v1/login-request') return login(body.data as Record<string, string>, searchParams)
    if (pathname.startsWith('/telemetry')) return { success: true, data: null }
    const token = /Token="([^"]*)"/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (pathname === '/session/token-request') {
      const renewed = [...sessions].find(({ master }) => master === token)
      if (!renewed) return { success: false, code: '390114', message: 'Master token expired.', data: {} }
      renewed.token = randomUUID()
      const data = {
        sessionToken: renewed.token,
        masterToken: renewed.master,
        validityInSecondsST: 3600,
        validityInSecondsMT: 14_400,
      }
      return { success: true, code: null, data }
    }
    const session = [...sessions].find((candidate) => candidate.token === token)
    if (!session || expired.has(token)) {
      return { success: false, code: '390112', message: 'Your session has expired. Please login again.', data: {} }
    }
    if (pathname === '/session') {
      sessions.delete(session)
      return { success: true, code: null, data: null }
    }
    if (pathname === '/queries/v1/query-request') {
      return await patiently(start(session, searchParams.get('requestId') ?? '', body as { sqlText: string }))
    }
    const [, , id = '', action] = pathname.split('/')
    const query = queries.get(id) ?? [...queries.values()].find(({ requestId }) => requestId === body.requestId)
    if (action === 'abort-request') return await cancel(query)
    if (action === 'result' && query) return await patiently(query)
    return { success: true, code: null, data: null }
  }

  const server = createServer((request, response) => {
    log.push(`${request.method} ${request.url?.split('?')[0]}`)
    const chunk = /^\/chunks\/(.+)$/.exec(request.url ?? '')?.[1]
    const send = (status: number, body: string) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    if (chunk !== undefined) return void response.writeHead(chunks.has(chunk) ? 200 : 404).end(chunks.get(chunk) ?? '')
    answer(request).then(
      (body) => send(200, JSON.stringify(body)),
      (error: Error) => send(500, JSON.stringify({ success: false, code: '000001', message: error.message })),
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The system handed out no port.')
  url = `http://127.0.0.1:${address.port}`

  return {
    url,
    account,
    user,
    password,
    database,
    statements,
    set(next) {
      current = { ...current, ...next }
    },
    expireTokens() {
      for (const { token } of sessions) expired.add(token)
    },
    running: (text) =>
      [...queries.values()].filter((query) => query.state === 'running' && query.sql.includes(text)).length,
    sessions: () => sessions.size,
    async staged() {
      const entries = await readdir(home, { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
    },
    requests: () => log,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      for (const query of queries.values()) await cancel(query)
      main.closeSync()
      instance.closeSync()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const bytes = Buffer.concat(parts)
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8')
  return text === '' ? {} : JSON.parse(text)
}
