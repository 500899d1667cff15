import type { Sql } from './sql.ts'

/** A row as the statement names its columns. */
export type AnyRow = Record<string, unknown>

/**
 * What statements can be sent to: a pool or a transaction. Values come back as: int2, int4, float4, float8
 * and int8 as number (an int8 beyond 2^53 is an error), timestamptz as Date, json and jsonb parsed, bytea as
 * Buffer, numeric, date, time, timestamp and interval as the text that the server prints.
 *
 * Every failure is a MillraceError with the SQLSTATE in its details: a lost connection, a deadlock or a busy
 * server is transient (DATABASE_CONNECTION_LOST, DATABASE_DEADLOCK, …), a violated constraint is a DataError
 * that names the constraint (DATABASE_UNIQUE_VIOLATION, …), a refused login is a ConfigError.
 */
export interface Queryable {
  /** All rows. */
  query<Row extends object = AnyRow>(statement: Sql): Promise<Row[]>
  /** The only row. @throws FatalError DATABASE_NOT_ONE_ROW when there is none, or more than one. */
  one<Row extends object = AnyRow>(statement: Sql): Promise<Row>
  /** The only row, or undefined. @throws FatalError DATABASE_NOT_ONE_ROW when there is more than one. */
  maybe<Row extends object = AnyRow>(statement: Sql): Promise<Row | undefined>
  /** How many rows the statement changed or returned. */
  execute(statement: Sql): Promise<number>
}

/** One connection; statements that are sent at the same time run one after the other. */
export interface Session extends Queryable {
  /** Runs several statements, which take no values. */
  script(text: string): Promise<void>
}

/** A transaction that is open: what is sent through it is kept together or not at all. */
export interface Trx extends Session {
  readonly inTransaction: true
}

export interface Subscription extends AsyncDisposable {
  close(): Promise<void>
}

export interface ListenOptions {
  /**
   * Called after the connection was lost and stands again: notifications in between are lost, so look at
   * the tables.
   */
  readonly onReconnect?: () => void
}

/** A pool of connections. */
export interface Db extends Queryable, AsyncDisposable {
  /** Of the server, such as 18. */
  readonly serverMajorVersion: number
  /** One connection for the length of the work, for what belongs to a session. */
  session<Result>(work: (session: Session) => Promise<Result>): Promise<Result>
  /**
   * Calls `onNotify` with the payload of every notification on the channel. All channels share a connection
   * beside the pool, which is made again by itself. Resolves when the server is listening.
   */
  listen(channel: string, onNotify: (payload: string) => void, options?: ListenOptions): Promise<Subscription>
  /** Connections in use, idle, and callers waiting for one. */
  load(): { readonly used: number; readonly idle: number; readonly waiting: number }
  /** Takes no more work, waits for running work, at most `timeoutMs` (default 10,000), then cuts it off. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}
