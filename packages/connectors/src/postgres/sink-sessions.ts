import type { Socket } from 'node:net'
import type pg from 'pg'
import { createSessionPool } from '../kit/session-pool.ts'
import { pinWithoutTimeout } from './pin.ts'
import { sinkError } from './sink-errors.ts'

/** What a role or database default could otherwise change in the meaning of canonical text, or in how long we may wait. */
const pinned = `
  SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601';
  SET extra_float_digits = 1; SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET client_encoding = 'UTF8';
  SET array_nulls = on; SET xmloption = content; SET quote_all_identifiers = off; SET standard_conforming_strings = on;
  SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off;
  SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
  SET client_min_messages = warning; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10`

/** Every value as the server prints it, whatever type parsers the process has installed. */
const asText = { getTypeParser: () => (value: unknown) => value }

export type TextRow = Readonly<Record<string, string | null>>

/** One connection with a pinned session. */
export interface Session {
  readonly client: pg.Client
  /** False once the connection is lost. */
  readonly alive: boolean
  /** Backend process, for messages and for cancelling. */
  readonly pid: string
  select(sql: string, values?: readonly unknown[]): Promise<readonly TextRow[]>
  /** Returns the affected rows of one statement. */
  execute(sql: string, values?: readonly unknown[]): Promise<number>
  /** Ends the running transaction, also while other statements are refused. */
  rollback(): Promise<void>
  /** After an abort every statement is refused with its reason, so that nothing goes on between two of them. */
  refuse(reason: unknown): void
  accept(): void
  close(): Promise<void>
}

export interface Sessions extends AsyncDisposable {
  readonly label: string
  /** Pooled sessions at once. */
  readonly limit: number
  /** A session of its own; the caller closes it. */
  open(): Promise<Session>
  /** Work on a pooled session, waiting for a free one; an abort cancels it on the server. */
  use<T>(signal: AbortSignal | undefined, work: (session: Session) => Promise<T>): Promise<T>
  /** Work on a given session; an abort cancels it on the server. */
  guard<T>(session: Session, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T>
}

export interface SessionOptions {
  readonly connect: () => Promise<pg.Client>
  /** Asks the server to stop what a connection is doing. Default: by another connection. */
  readonly cancel?: ((client: pg.Client) => Promise<void>) | undefined
  /** Pooled sessions at once. */
  readonly limit: number
  readonly label: string
}

export function createSessions({ connect, cancel: ask, limit, label }: SessionOptions): Sessions {
  const open = new Set<Session>()
  async function start(): Promise<Session> {
    try {
      const session = await pinSession(await connect(), (closed) => open.delete(closed))
      open.add(session)
      return session
    } catch (error) {
      throw sinkError(error, label)
    }
  }

  const pool = createSessionPool(limit, start)

  async function cancel(session: Session): Promise<void> {
    if (ask) return ask(session.client)
    const messenger = await start()
    try {
      await messenger.select('SELECT pg_cancel_backend($1)', [session.pid])
    } finally {
      await messenger.close()
    }
  }

  async function guard<T>(session: Session, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    let cancelled: Promise<void> | undefined
    const onAbort = () => {
      session.refuse(signal?.reason)
      // A server that cannot be told any more notices the closed connection instead.
      cancelled = cancel(session).catch(() => session.close())
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await work()
    } catch (error) {
      throw signal?.aborted ? signal.reason : sinkError(error, label)
    } finally {
      signal?.removeEventListener('abort', onAbort)
      await cancelled
      session.accept()
    }
  }

  return {
    label,
    limit,
    open: start,
    guard,
    async use(signal, work) {
      const session = await pool.acquire(signal)
      try {
        return await guard(session, signal, () => work(session))
      } catch (error) {
        // Nothing is known about a transaction that failed in the middle: its session is not used again.
        await session.close()
        throw error
      } finally {
        pool.release(session, !session.alive)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...open].map((session) => session.close()))
    },
  }
}

async function pinSession(client: pg.Client, onClose: (session: Session) => void): Promise<Session> {
  let alive = true
  // A lost connection rejects the running statement; without a listener it would also end the process.
  client.on('error', () => {
    alive = false
  })
  client.on('end', () => {
    alive = false
  })
  let closing: Promise<void> | undefined
  let refusal: { readonly reason: unknown } | null = null
  let running = 0
  const query = async (text: string, values: readonly unknown[] = []) => {
    running++
    try {
      return await client.query<Record<string, string | null>>({
        text,
        values: [...values],
        types: asText,
      } as pg.QueryConfig)
    } finally {
      running--
    }
  }
  const statement = (text: string, values?: readonly unknown[]) => {
    if (refusal !== null) throw refusal.reason
    return query(text, values)
  }
  const session: Session = {
    client,
    get alive() {
      return alive && closing === undefined
    },
    pid: '',
    select: async (sql, values) => (await statement(sql, values)).rows,
    execute: async (sql, values) => (await statement(sql, values)).rowCount ?? 0,
    async rollback() {
      await query('ROLLBACK')
    },
    refuse(reason) {
      refusal = { reason }
    },
    accept() {
      refusal = null
    },
    close() {
      // A server that is busy does not read the farewell, and would keep us waiting for its own.
      if (running > 0) (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy()
      closing ??= client.end().catch(() => {})
      onClose(session)
      return closing
    },
  }
  try {
    await pinWithoutTimeout(
      (sql) => client.query(sql),
      () => client.query(pinned),
    )
    // Without it a server that works for a killed process notices only at the end of the statement, and holds the
    // load until then. Not every version and platform has it.
    await client.query(`SET client_connection_check_interval = '1s'`).catch(() => {})
    const [row] = await session.select('SELECT pg_backend_pid()::text AS pid')
    return Object.assign(session, { pid: row?.pid ?? '' })
  } catch (error) {
    await session.close()
    throw error
  }
}

/** One transaction; any failure rolls back. */
export async function transaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.execute('BEGIN')
  try {
    const result = await work()
    await session.execute('COMMIT')
    return result
  } catch (error) {
    // When the connection is gone the server rolls back by itself.
    if (session.alive) await session.rollback().catch(() => session.close())
    throw error
  }
}
