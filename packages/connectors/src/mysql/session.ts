import type { FieldPacket, QueryOptions, ResultSetHeader } from 'mysql2'
import { mysqlError } from './errors.ts'
import type { DriverConnection } from './raw-channel.ts'

export type TextRow = Readonly<Record<string, string | null>>

/** A column of a result as the protocol describes it. */
export interface ResultField {
  readonly name: string
  /** Protocol type code. */
  readonly columnType: number
  readonly flags: number
  /** 63 is binary. */
  readonly characterSet: number
  readonly columnLength: number
  readonly decimals: number
  /** MariaDB: `uuid`, `inet6`, … */
  readonly extendedTypeName?: string
  /** MariaDB: `json`. */
  readonly extendedFormat?: string
}

/** One connection with a pinned session. */
export interface Session {
  readonly connection: DriverConnection
  /** The server's number of the connection, for KILL. */
  readonly id: number
  readonly server: ServerInfo
  readonly label: string
  /** False once the connection is lost or closed. */
  readonly alive: boolean
  /** Rows of a small result, every value as text. */
  select(sql: string): Promise<readonly TextRow[]>
  /** A statement whose result nobody wants. */
  execute(sql: string): Promise<{ readonly affectedRows: number; readonly warnings: number }>
  /** Rows in column order with what the protocol says of the columns, since two of them may have one name. */
  table(sql: string): Promise<{ readonly fields: readonly ResultField[]; readonly rows: readonly (string | null)[][] }>
  fields(sql: string): Promise<readonly ResultField[]>
  close(): Promise<void>
}

export interface ServerInfo {
  readonly mariadb: boolean
  /** As the server says it. */
  readonly version: string
  readonly major: number
  readonly minor: number
}

/** What a server's or a user's defaults could otherwise change in how values print, or in how long we may wait. */
function pinned(sqlMode: string | null): string {
  return `SET SESSION
    ${sqlMode === null ? '' : `sql_mode = '${sqlMode}', `}time_zone = '+00:00', autocommit = 1, sql_select_limit = DEFAULT, sql_big_selects = 1,
    max_join_size = 18446744073709551615, sql_safe_updates = 0, sql_auto_is_null = 0, unique_checks = 1, foreign_key_checks = 1,
    lc_time_names = 'en_US', net_write_timeout = 86400, net_read_timeout = 86400, wait_timeout = 86400
    /*M!100101 , max_statement_time = 0 */
    /*!50708 , max_execution_time = 0 */
    /*!80000 , information_schema_stats_expiry = 0 */`
}

/** Values print the same for everybody; literals have backslash escapes and names have backticks. */
export const readingMode = ''
/**
 * Nothing is changed silently on its way in. Zero and invalid dates that another server holds are
 * values too, and a 0 for an auto-increment column is a 0.
 */
export const writingMode =
  'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'

export async function openSession(
  connect: () => DriverConnection | Promise<DriverConnection>,
  sqlMode: string | null,
  label: string,
): Promise<Session> {
  try {
    const connection = await connect()
    await connected(connection)
    const session = createSession(connection, label)
    try {
      await session.execute('SET NAMES utf8mb4')
      await session.execute(pinned(sqlMode))
      await session.execute('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  } catch (error) {
    throw mysqlError(error, label)
  }
}

function connected(connection: DriverConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      connection.removeListener('connect', onConnect)
      connection.removeListener('error', settle)
      // The driver may report the same failure again while it closes.
      connection.on('error', () => {})
      if (error) reject(error)
      else resolve()
    }
    const onConnect = () => settle()
    connection.once('connect', onConnect)
    connection.once('error', settle)
  })
}

function createSession(connection: DriverConnection, label: string): Session {
  let closing: Promise<void> | undefined
  let lost = false
  connection.stream.on('close', () => {
    lost = true
  })
  const ask = <T>(options: QueryOptions, pick: (result: unknown, fields: FieldPacket[]) => T): Promise<T> =>
    new Promise((resolve, reject) => {
      connection.query(options, (error, result, fields) => {
        if (error) reject(mysqlError(error, label))
        else resolve(pick(result, fields))
      })
    })
  return {
    connection,
    label,
    id: connection.threadId,
    server: serverInfo(connection),
    get alive() {
      return !lost && closing === undefined
    },
    select: (sql) => ask({ sql, typeCast: (field) => field.string() }, (rows) => rows as TextRow[]),
    execute: (sql) =>
      ask({ sql }, (result) => {
        // Of several statements the last one counts.
        const header = (Array.isArray(result) ? (result.at(-1) ?? {}) : result) as Partial<ResultSetHeader>
        return { affectedRows: header.affectedRows ?? 0, warnings: header.warningStatus ?? 0 }
      }),
    table: (sql) =>
      ask({ sql, rowsAsArray: true, typeCast: (field) => field.string() }, (rows, fields) => ({
        fields: (fields ?? []) as unknown as ResultField[],
        rows: Array.isArray(rows) ? (rows as (string | null)[][]) : [],
      })),
    fields: (sql) => ask({ sql }, (_, fields) => fields as unknown as ResultField[]),
    close() {
      closing ??= new Promise<void>((resolve) => {
        if (lost || connection.stream.destroyed) return resolve()
        connection.stream.once('close', () => resolve())
        // The server closes its side after the goodbye; a server that does not is not waited for.
        const impatient = setTimeout(() => connection.destroy(), 1000)
        impatient.unref()
        connection.end(() => {
          clearTimeout(impatient)
          connection.destroy()
        })
      })
      return closing
    },
  }
}

function serverInfo(connection: DriverConnection): ServerInfo {
  const { _handshakePacket: handshake } = connection as unknown as { _handshakePacket?: { serverVersion?: string } }
  const said = handshake?.serverVersion ?? ''
  // Old replication clients made MariaDB put 5.5.5- in front of its version.
  const version = said.replace(/^5\.5\.5-(?=\d+\.\d+\.\d+-MariaDB)/i, '')
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? []
  return { mariadb: /mariadb/i.test(said), version, major: Number(major), minor: Number(minor) }
}

/** One transaction; any failure rolls back. */
export async function transaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.execute('START TRANSACTION')
  try {
    const result = await work()
    await session.execute('COMMIT')
    return result
  } catch (error) {
    // When the connection is gone the server rolls back by itself.
    if (session.alive) await session.execute('ROLLBACK').catch(() => session.close())
    throw error
  }
}
