import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { DuckDBConnection } from '@duckdb/node-api'
import { datasetNames, tableNames, tableResource } from './bigquery-catalog.ts'
import { bigqueryMacros, translateBigquery } from './bigquery-sql.ts'
import { type BigqueryField, fieldOf, wireValue } from './bigquery-wire.ts'
import { createTableHistory, microsOf } from './table-history.ts'

export interface FakeBigqueryOptions {
  /** Where EXPORT DATA writes; `uri` is a `gs://…` address. */
  readonly write?: (uri: string, content: Buffer) => Promise<void>
  /** Rows in one file of an export at most. Default 1,000. */
  readonly rowsPerFile?: number
  /** Makes exports fail after this many files. */
  readonly failAfterFiles?: number
}

/** The next requests or jobs that fail. */
export interface BigqueryFault {
  /** `request`: the answer has this status. `job`: the job ends with the reason. */
  readonly kind: 'request' | 'job'
  readonly status?: number
  readonly reason: string
  readonly message?: string
  /** Only requests whose path contains this. */
  readonly path?: string
  readonly times?: number
}

export interface FakeBigquery extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly project: string
  /** The content of a credentials file whose token comes from this server; `subjectFile` has to exist. */
  credentials(subjectFile: string): string
  /** Gives statements that contain a text a result as the API would send it, instead of running them. */
  script(text: string, fields: readonly BigqueryField[], rows: readonly (readonly unknown[])[]): void
  fault(fault: BigqueryFault): void
  set(options: FakeBigqueryOptions): void
  /** Forgets all tokens, as if they had expired. */
  expireTokens(): void
  /** How many running jobs contain a text. */
  running(text: string): number
  /** Statements that ran, dry runs left out. */
  readonly statements: readonly string[]
  requests(): readonly string[]
}

interface Job {
  readonly id: string
  readonly sql: string
  readonly statementType: string
  state: 'RUNNING' | 'DONE'
  error: { reason: string; message: string } | null
  fields: readonly BigqueryField[]
  rows: readonly { f: readonly { v: unknown }[] }[]
  affected: number
  exported: number | null
  done: Promise<void>
  connection: DuckDBConnection | null
}

class ApiError extends Error {
  readonly status: number
  readonly reason: string
  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

const version = '/bigquery/v2'

/**
 * A fake of BigQuery: the documented REST API for jobs, results, datasets and tables, tokens included.
 * SQL runs on DuckDB, after a translation of what the tests use; types, functions and limits are DuckDB's.
 */
export async function startFakeBigquery(options: FakeBigqueryOptions = {}): Promise<FakeBigquery> {
  const project = 'fake-project'
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:')
  const main = await instance.connect()
  await main.run(`SET TimeZone = 'UTC'; ${bigqueryMacros}`)
  const jobs = new Map<string, Job>()
  const tokens = new Set<string>()
  const faults: { fault: BigqueryFault; left: number }[] = []
  const scripts: { text: string; fields: readonly BigqueryField[]; rows: readonly (readonly unknown[])[] }[] = []
  const history = await createTableHistory(main)
  const statements: string[] = []
  const log: string[] = []
  let current = options

  const takeFault = (kind: BigqueryFault['kind'], path = '') => {
    const found = faults.find(({ fault, left }) => fault.kind === kind && left > 0 && path.includes(fault.path ?? ''))
    if (found) found.left--
    return found?.fault
  }
  async function connectionFor(dataset: string | undefined): Promise<DuckDBConnection> {
    const connection = await instance.connect()
    await connection.run(`SET TimeZone = 'UTC'`)
    if (dataset) await connection.run(`SET schema = '${dataset}'`)
    return connection
  }

  /** The table as it was: the first copy that was made after that time. */
  function travel(sql: string, dataset: string | undefined): string {
    return sql.replace(
      /((?:"(?:[^"]|"")*"\.)?"(?:[^"]|"")*")\s+FOR\s+SYSTEM_TIME\s+AS\s+OF\s+TIMESTAMPTZ\s+'([^']*)'/gi,
      (_, table: string, time: string) => history.at(fullName(table, dataset), microsOf(time)),
    )
  }

  async function resultOf(connection: DuckDBConnection, sql: string) {
    const reader = await connection.runAndReadAll(sql)
    const columns = reader.columnNames()
    const fields = reader.columnTypes().map((type, index) => fieldOf(columns[index] ?? '', type))
    const rows = reader.getRows().map((row) => ({
      f: row.map((value, index) => ({ v: wireValue(value, fields[index] as BigqueryField) })),
    }))
    return { fields, rows, changed: reader.rowsChanged }
  }

  async function work(job: Job, dataset: string | undefined): Promise<void> {
    const scripted = scripts.find(({ text }) => job.sql.includes(text))
    if (scripted) {
      job.fields = scripted.fields
      job.rows = scripted.rows.map((row) => ({ f: row.map((v) => ({ v })) }))
      return
    }
    const { sql, changes } = translateBigquery(job.sql, project)
    const connection = await connectionFor(dataset)
    job.connection = connection
    try {
      const exporting = /^\s*EXPORT\s+DATA\s+OPTIONS\s*\((.*?)\)\s*AS\s+(.*)$/is.exec(sql)
      if (exporting) {
        job.exported = await exportRows(
          exporting[1] ?? '',
          (await resultOf(connection, travel(exporting[2] ?? '', dataset))).rows,
        )
        return
      }
      if (changes !== null) await history.remember(fullName(changes, dataset))
      const { fields, rows, changed } = await resultOf(connection, travel(sql, dataset))
      Object.assign(job, job.statementType === 'SELECT' ? { fields, rows } : { affected: changed })
    } finally {
      job.connection = null
      connection.closeSync()
    }
  }

  async function exportRows(settings: string, rows: Job['rows']): Promise<number> {
    const uri = /uri\s*=\s*'([^']*)'/i.exec(settings)?.[1] ?? ''
    if (!/format\s*=\s*'CSV'/i.test(settings)) throw new Error('The fake exports CSV only.')
    if (!uri.includes('*')) throw new Error('Option uri must contain a wildcard.')
    const size = current.rowsPerFile ?? 1000
    for (let at = 0, file = 0; at < Math.max(1, rows.length); at += size, file++) {
      if (file === current.failAfterFiles) throw new Error('An internal error occurred while exporting.')
      const lines = rows.slice(at, at + size).map(({ f }) => `${f.map(({ v }) => csvField(v)).join(',')}\n`)
      await current.write?.(uri.replace('*', String(file).padStart(12, '0')), Buffer.from(lines.join('')))
    }
    return rows.length
  }

  async function dryRun(sql: string, dataset: string | undefined) {
    const scripted = scripts.find(({ text }) => sql.includes(text))
    if (scripted) return { statementType: 'SELECT', fields: scripted.fields }
    const { sql: translated, statementType } = translateBigquery(sql, project)
    if (statementType !== 'SELECT') return { statementType, fields: [] }
    const connection = await connectionFor(dataset)
    try {
      const prepared = await connection.prepare(`SELECT * FROM (${travel(translated, dataset)}\n)`)
      const fields = Array.from({ length: prepared.columnCount }, (_, index) =>
        fieldOf(prepared.columnName(index), prepared.columnType(index)),
      )
      return { statementType, fields }
    } catch (error) {
      throw new ApiError(400, 'invalidQuery', (error as Error).message)
    } finally {
      connection.closeSync()
    }
  }

  const resource = (job: Job) => ({
    kind: 'bigquery#job',
    id: `${project}:US.${job.id}`,
    jobReference: { projectId: project, jobId: job.id, location: 'US' },
    status: { state: job.state, ...(job.error ? { errorResult: job.error, errors: [job.error] } : {}) },
    statistics: {
      query: {
        statementType: job.statementType,
        numDmlAffectedRows: String(job.affected),
        ...(job.exported === null ? {} : { exportDataStatistics: { rowCount: String(job.exported), fileCount: '1' } }),
      },
    },
  })

  async function insertJob(body: JobRequest): Promise<unknown> {
    const { query: sql, defaultDataset, useLegacySql } = body.configuration.query
    if (useLegacySql !== false) throw new ApiError(400, 'invalid', 'The fake knows GoogleSQL only.')
    const dataset = defaultDataset?.datasetId
    if (body.configuration.dryRun) {
      const { statementType, fields } = await dryRun(sql, dataset)
      return { statistics: { query: { statementType, schema: { fields } } }, status: { state: 'DONE' } }
    }
    const id = body.jobReference?.jobId ?? randomUUID()
    if (jobs.has(id)) throw new ApiError(409, 'duplicate', `Already Exists: Job ${project}:US.${id}`)
    statements.push(sql)
    const { statementType } = translateBigquery(sql, project)
    const job: Job = {
      ...{ id, sql, statementType, state: 'RUNNING', error: null, fields: [], rows: [], affected: 0, exported: null },
      done: Promise.resolve(),
      connection: null,
    }
    const fault = takeFault('job')
    const failing = fault
      ? Promise.reject(new ApiError(200, fault.reason, fault.message ?? fault.reason))
      : work(job, dataset)
    job.done = failing
      .catch((error: Error) => {
        const reason = error instanceof ApiError ? error.reason : 'invalidQuery'
        job.error ??= { reason, message: error.message }
      })
      .finally(() => {
        job.state = 'DONE'
      })
    jobs.set(id, job)
    return resource(job)
  }

  async function results(job: Job, query: URLSearchParams): Promise<unknown> {
    const timer = Promise.withResolvers<void>()
    const timeout = setTimeout(timer.resolve, Number(query.get('timeoutMs') ?? 10_000))
    await Promise.race([job.done, timer.promise])
    clearTimeout(timeout)
    if (job.state !== 'DONE') return { jobComplete: false, jobReference: resource(job).jobReference }
    if (job.error) throw new ApiError(400, job.error.reason, job.error.message)
    const from = Number(query.get('pageToken') ?? 0)
    const size = Number(query.get('maxResults') ?? 100_000)
    const end = from + size
    return {
      jobComplete: true,
      schema: { fields: job.fields },
      totalRows: String(job.rows.length),
      rows: job.rows.slice(from, end),
      ...(end < job.rows.length && size > 0 ? { pageToken: String(end) } : {}),
    }
  }

  async function answer(
    method: string,
    path: string,
    query: URLSearchParams,
    body: () => Promise<unknown>,
  ): Promise<unknown> {
    const parts = path
      .slice(version.length + 1)
      .split('/')
      .map(decodeURIComponent)
    const [, own, kind, first, inner, second] = parts
    if (parts.length === 1) return paged('projects', [{ id: project, projectReference: { projectId: project } }], query)
    if (own !== project) throw new ApiError(404, 'notFound', `Not found: Project ${own}`)
    if (kind === 'datasets') {
      const datasets = await datasetNames(main)
      if (first === undefined)
        return paged(
          'datasets',
          datasets.map((datasetId) => ({ datasetReference: { projectId: project, datasetId } })),
          query,
        )
      if (!datasets.includes(first)) throw new ApiError(404, 'notFound', `Not found: Dataset ${project}:${first}`)
      if (second !== undefined) {
        const found = await tableResource(main, project, first, second)
        if (found !== null) return found
        throw new ApiError(404, 'notFound', `Not found: Table ${project}:${first}.${second}`)
      }
      const tables = await tableNames(main, first)
      return paged(
        'tables',
        tables.map((tableId) => ({ tableReference: { projectId: project, datasetId: first, tableId } })),
        query,
      )
    }
    if (method === 'POST' && kind === 'jobs' && first === undefined)
      return await insertJob((await body()) as JobRequest)
    const job = jobs.get(first ?? '')
    if (!job) throw new ApiError(404, 'notFound', `Not found: ${inner ?? kind} ${first}`)
    if (kind === 'queries') return await results(job, query)
    if (method === 'POST' && inner === 'cancel') {
      job.error ??= job.state === 'RUNNING' ? { reason: 'stopped', message: 'Job execution was cancelled.' } : null
      // The statement may not have reached the engine yet, which forgets what came before it.
      const again = setInterval(() => job.connection?.interrupt(), 10)
      await job.done
      clearInterval(again)
    }
    return inner === 'cancel' ? { job: resource(job) } : resource(job)
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake')
    log.push(`${request.method} ${url.pathname}`)
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const handle = async () => {
      if (url.pathname === '/token') {
        await read(request)
        const token = randomUUID()
        tokens.add(token)
        return send(200, {
          access_token: token,
          issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          token_type: 'Bearer',
          expires_in: 3600,
        })
      }
      const fault = takeFault('request', url.pathname)
      if (fault)
        throw new ApiError(fault.status ?? 403, fault.reason, fault.message ?? `Exceeded rate limits: ${fault.reason}`)
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
      if (!tokens.has(token)) throw new ApiError(401, 'authError', 'Invalid Credentials')
      const body = async () => JSON.parse(await read(request))
      send(200, await answer(request.method ?? 'GET', url.pathname, url.searchParams, body))
    }
    handle().catch((error: Error) => {
      const { status = 500, reason = 'internalError' } = error as Partial<ApiError>
      send(status, {
        error: { code: status, message: error.message, errors: [{ message: error.message, domain: 'global', reason }] },
      })
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The system handed out no port.')
  const url = `http://127.0.0.1:${address.port}`

  return {
    url,
    project,
    statements,
    credentials: (subjectFile) =>
      JSON.stringify({
        type: 'external_account',
        audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/fake/providers/fake',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `${url}/token`,
        credential_source: { file: subjectFile },
      }),
    script: (text, fields, rows) => void scripts.push({ text, fields, rows }),
    fault: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    set(next) {
      current = { ...current, ...next }
    },
    expireTokens: () => tokens.clear(),
    running: (text) => [...jobs.values()].filter((job) => job.state === 'RUNNING' && job.sql.includes(text)).length,
    requests: () => log,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      for (const job of jobs.values()) job.connection?.interrupt()
      await Promise.all([...jobs.values()].map((job) => job.done))
      main.closeSync()
      instance.closeSync()
    },
  }
}

interface JobRequest {
  readonly jobReference?: { readonly jobId?: string }
  readonly configuration: {
    readonly dryRun?: boolean
    readonly query: {
      readonly query: string
      readonly useLegacySql?: boolean
      readonly defaultDataset?: { readonly datasetId: string }
    }
  }
}

/** Lists come in small pages, so that clients follow them. */
function paged(items: string, all: readonly unknown[], query: URLSearchParams): unknown {
  const from = Number(query.get('pageToken') ?? 0)
  const end = from + 3
  return { [items]: all.slice(from, end), ...(end < all.length ? { nextPageToken: String(end) } : {}) }
}

function fullName(table: string, dataset: string | undefined): string {
  const parts = [...table.matchAll(/"((?:[^"]|"")*)"|([\w$]+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
  return [...(parts.length === 1 ? [dataset ?? 'main'] : []), ...parts].map((part) => `"${part}"`).join('.')
}

function csvField(value: unknown): string {
  if (value === null) return ''
  const text = String(value)
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
