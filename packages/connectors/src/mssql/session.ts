import type * as Mssql from 'mssql'
import type { Request as MssqlRequest } from 'mssql'
import type { ConfigValues } from '../kit/config-schema.ts'
import { importDriver } from '../kit/import-driver.ts'
import { labelOf } from './config.ts'
import { mssqlError } from './errors.ts'

export interface ResultColumn {
  readonly name: string
}

export interface Batch {
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly (readonly unknown[])[]
}

/** One connection; statements run one after the other. */
export interface Session {
  readonly label: string
  /** False once it is closed: a failed statement leaves a connection as it was. */
  readonly alive: boolean
  /** The rows of the first result of a batch as the driver gives them, while they come. */
  stream(sql: string, signal?: AbortSignal): AsyncGenerator<Batch>
  all(sql: string, signal?: AbortSignal): Promise<Batch>
  /** Runs statements; returns the affected rows of the last. */
  run(sql: string, signal?: AbortSignal): Promise<number>
  /**
   * From now on, statements run only in the transaction that has been begun: the driver replaces a lost
   * connection by another, which would be outside of it.
   */
  keepTransaction(): void
  close(): Promise<void>
}

const inTransaction = `IF @@TRANCOUNT = 0 THROW 50001, N'The connection was lost, and its snapshot with it', 1;\n`
const batchRows = 1000

export async function openSession(config: ConfigValues, signal?: AbortSignal): Promise<Session> {
  signal?.throwIfAborted()
  const label = labelOf(config)
  const loaded = await importDriver<typeof Mssql & { readonly default: typeof Mssql }>('mssql')
  const driver = loaded.default ?? loaded
  const pool = new driver.ConnectionPool({
    server: String(config.host ?? 'localhost'),
    port: Number(config.port ?? 1433),
    user: String(config.user ?? ''),
    password: String(config.password ?? ''),
    ...(config.database ? { database: String(config.database) } : {}),
    connectionTimeout: Number(config.connect_timeout ?? 15) * 1000,
    // A read takes as long as it takes.
    requestTimeout: 0,
    arrayRowMode: true,
    // What one statement begins, such as a transaction, is there for the next.
    pool: { min: 1, max: 1 },
    // The driver would otherwise ask the server something before each statement.
    validateConnection: false,
    options: {
      encrypt: String(config.encrypt ?? 'true') === 'true',
      trustServerCertificate: String(config.trust_server_certificate ?? 'false') === 'true',
      appName: 'millrace',
      useUTC: true,
    },
  })
  pool.on('error', () => {})
  try {
    await pool.connect()
  } catch (error) {
    await pool.close().catch(() => {})
    throw mssqlError(error, label)
  }

  let prefix = ''

  async function* stream(sql: string, asked?: AbortSignal): AsyncGenerator<Batch> {
    asked?.throwIfAborted()
    const request = new driver.Request(pool)
    request.stream = true
    let columns: ResultColumn[] = []
    let results = 0
    let rows: unknown[][] = []
    let failure: { error: unknown } | null = null
    let done = false
    let wake = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    request.on('recordset', (found: readonly ResultColumn[]) => {
      if (results++ === 0) columns = [...found].map(({ name }) => ({ name }))
    })
    request.on('row', (row: unknown[]) => {
      if (results > 1) return
      rows.push(row)
      if (rows.length < batchRows) return
      request.pause()
      wake.resolve()
    })
    request.on('error', (error: unknown) => {
      failure ??= { error }
    })
    const finish = () => {
      done = true
      wake.resolve()
      ended.resolve()
    }
    request.on('done', finish)
    const stop = () => cancel(request)
    asked?.addEventListener('abort', stop, { once: true })
    try {
      const running = request.batch(prefix + sql) as Promise<unknown> | undefined
      running?.catch?.((error: unknown) => {
        failure ??= { error }
        finish()
      })
      while (!done) {
        await wake.promise
        wake = Promise.withResolvers<void>()
        asked?.throwIfAborted()
        if (rows.length === 0) continue
        const batch = { columns, rows }
        rows = []
        yield batch
        request.resume()
      }
      asked?.throwIfAborted()
      if (failure) throw mssqlError((failure as { error: unknown }).error, label)
      yield { columns, rows }
    } finally {
      asked?.removeEventListener('abort', stop)
      if (!done) cancel(request)
      await ended.promise
    }
  }

  async function all(sql: string, asked?: AbortSignal): Promise<Batch> {
    const rows: (readonly unknown[])[] = []
    let columns: readonly ResultColumn[] = []
    for await (const batch of stream(sql, asked)) {
      rows.push(...batch.rows)
      columns = batch.columns
    }
    return { columns, rows }
  }

  return {
    label,
    get alive() {
      return pool.connected
    },
    stream,
    all,
    async run(sql, asked) {
      const request = new driver.Request(pool)
      const stop = () => cancel(request)
      asked?.addEventListener('abort', stop, { once: true })
      try {
        const { rowsAffected } = await request.batch(sql)
        return rowsAffected.at(-1) ?? 0
      } catch (error) {
        asked?.throwIfAborted()
        throw mssqlError(error, label)
      } finally {
        asked?.removeEventListener('abort', stop)
      }
    },
    keepTransaction() {
      prefix = inTransaction
    },
    close: () => pool.close().catch(() => {}),
  }
}

/** The rows on their way have to be let through for the server's answer to come. */
function cancel(request: MssqlRequest): void {
  request.removeAllListeners('row')
  request.resume()
  request.cancel()
}
