import { ConfigError, FatalError, retry } from '@millrace/core'
import pg from 'pg'
import { type ClientConfig, clientConfig } from './client-config.ts'
import { databaseError } from './database-error.ts'
import { Listener } from './listener.ts'
import type { AnyRow, Db, ListenOptions, Session } from './queryable.ts'
import { ClientSession } from './session.ts'
import { type Sql, sql } from './sql.ts'
import { StatementNames } from './statement-names.ts'

/** The oldest server that the statements and migrations are tested on. */
const oldestMajorVersion = 15

export interface DatabaseOptions {
  /** `postgresql://user:password@host:port/database`; `sslmode` means what it means to psql. */
  readonly url: string
  /** Shown in `pg_stat_activity`. Default `millrace`. */
  readonly applicationName?: string
  /** Default 10. The connection that listens comes on top. */
  readonly maxConnections?: number
  /** How long a caller waits for a connection, a new one or one of the pool. Default 30,000. */
  readonly connectTimeoutMs?: number
  /** How long `openDatabase` waits for a server that is not there yet, or still starting. Default 10,000. */
  readonly startTimeoutMs?: number
  /** The server cancels statements that take longer. Default: no limit. */
  readonly statementTimeoutMs?: number
  /**
   * The server ends transactions whose process does nothing for longer, since they hold locks. Default 60,000.
   */
  readonly idleInTransactionTimeoutMs?: number
  /** Whether statements are prepared. It finds out by itself about poolers that cannot. Default true. */
  readonly prepare?: boolean
  /** Told when an idle connection was lost, or the listening one; both are replaced by themselves. */
  readonly onConnectionLost?: (error: Error) => void
  /** Ends the wait for the server. */
  readonly signal?: AbortSignal
}

/**
 * Opens a pool and checks that the server answers.
 *
 * @throws ConfigError DATABASE_URL_INVALID, DATABASE_TOO_OLD, DATABASE_LOGIN_REFUSED, DATABASE_UNKNOWN.
 * @throws TransientError DATABASE_CONNECTION_LOST when the server was not there in time.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Db> {
  const config = clientConfig(options)
  const pool = new Pool(config, options)
  try {
    await retry(async () => await pool.meetServer(), {
      retries: Infinity,
      minDelayMs: 50,
      maxDelayMs: 1000,
      deadlineMs: options.startTimeoutMs ?? 10_000,
      signal: options.signal,
    })
    if (pool.serverMajorVersion < oldestMajorVersion) {
      throw new ConfigError('DATABASE_TOO_OLD', {
        message: `The database is PostgreSQL ${pool.serverMajorVersion}; Millrace needs ${oldestMajorVersion} or newer. Update the server.`,
      })
    }
    return pool
  } catch (error) {
    await pool.close({ timeoutMs: 0 })
    throw error
  }
}

class Pool implements Db {
  serverMajorVersion = 0
  readonly #pool: pg.Pool
  readonly #listener: Listener
  readonly #names: StatementNames
  readonly #held = new Set<pg.PoolClient>()
  #closing: Promise<void> | undefined

  constructor(config: ClientConfig, options: DatabaseOptions) {
    // The pool is told to be closed before its connections are: a server that stops then is missed by nobody.
    const lost = (error: Error) => {
      if (this.#closing === undefined) options.onConnectionLost?.(databaseError(error))
    }
    this.#names = new StatementNames(options.prepare ?? true)
    this.#listener = new Listener(config, lost)
    this.#pool = new pg.Pool({
      ...config,
      max: options.maxConnections ?? 10,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
      idleTimeoutMillis: 30_000,
      onConnect: async (client) => {
        // Without a listener the loss of a connection that is in use would end the process.
        client.on('error', () => {})
        await prepareSession(client, options)
      },
    })
    this.#pool.on('error', lost)
  }

  async meetServer(): Promise<void> {
    const { version } = await this.one<{ version: number }>(
      sql`select current_setting('server_version_num')::int / 10000 as version`,
    )
    this.serverMajorVersion = version
  }

  async session<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return await this.#hold(work)
  }

  query<Row extends object = AnyRow>(statement: Sql): Promise<Row[]> {
    return this.#hold((session) => session.query<Row>(statement))
  }

  one<Row extends object = AnyRow>(statement: Sql): Promise<Row> {
    return this.#hold((session) => session.one<Row>(statement))
  }

  maybe<Row extends object = AnyRow>(statement: Sql): Promise<Row | undefined> {
    return this.#hold((session) => session.maybe<Row>(statement))
  }

  execute(statement: Sql): Promise<number> {
    return this.#hold((session) => session.execute(statement))
  }

  async listen(channel: string, onNotify: (payload: string) => void, options: ListenOptions = {}) {
    if (this.#closing !== undefined) throw closed()
    return await this.#listener.listen(channel, onNotify, options)
  }

  load() {
    const { totalCount, idleCount, waitingCount } = this.#pool
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount }
  }

  close({ timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #hold<Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) throw closed()
    const client = await this.#pool.connect().catch((error) => {
      throw this.#closing !== undefined ? closed() : databaseError(error)
    })
    this.#held.add(client)
    const session = new ClientSession(client, this.#names)
    try {
      return await work(session)
    } finally {
      this.#held.delete(client)
      client.release(session.isInTransaction)
    }
  }

  async #close(timeoutMs: number): Promise<void> {
    await this.#listener.close()
    const ended = this.#pool.end()
    const late = setTimeout(() => {
      // The driver cuts the connection when a query is still running.
      for (const client of this.#held) void client.end()
    }, timeoutMs)
    try {
      await ended
    } finally {
      clearTimeout(late)
    }
  }
}

/** Sent as a statement and not at the start of the connection, where poolers refuse what they do not know. */
async function prepareSession(client: pg.ClientBase, options: DatabaseOptions): Promise<void> {
  const settings: Readonly<Record<string, string>> = {
    DateStyle: 'ISO',
    TimeZone: 'UTC',
    // To compile a statement takes longer than the short ones take that are sent here.
    jit: 'off',
    statement_timeout: `${options.statementTimeoutMs ?? 0}`,
    idle_in_transaction_session_timeout: `${options.idleInTransactionTimeoutMs ?? 60_000}`,
  }
  await client.query('select set_config(name, value, false) from unnest($1::text[], $2::text[]) as s (name, value)', [
    Object.keys(settings),
    Object.values(settings),
  ])
}

function closed(): FatalError {
  return new FatalError('DATABASE_CLOSED', {
    message: 'The database was closed, and takes no more statements. Open it again first.',
  })
}
