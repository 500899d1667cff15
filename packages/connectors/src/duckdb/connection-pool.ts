import type { DuckDBConnection } from '@duckdb/node-api'
import type { Database } from './database.ts'
import { duckdbError } from './errors.ts'

export interface Lease extends AsyncDisposable {
  readonly connection: DuckDBConnection
}

/** Connections that all see the database as it was when the pool was made. */
export interface ConnectionPool extends AsyncDisposable {
  lease(signal?: AbortSignal): Promise<Lease>
  /** Runs `work` with a connection; the signal interrupts its statement. */
  use<T>(work: (connection: DuckDBConnection) => Promise<T>, signal?: AbortSignal): Promise<T>
}

export async function createConnectionPool(database: Database, size: number): Promise<ConnectionPool> {
  const all: DuckDBConnection[] = []
  const closeAll = () => {
    for (const connection of all) connection.closeSync()
  }
  try {
    for (let n = 0; n < size; n++) all.push(await database.connect())
    // A transaction gets its view at its first look at the database, so all of them look before anyone works.
    for (const connection of all)
      await connection.run('BEGIN TRANSACTION READ ONLY; SELECT count(*) FROM duckdb_tables();')
  } catch (error) {
    closeAll()
    throw duckdbError(error, `"${database.path}"`)
  }
  const idle = [...all]
  const waiting: ((connection: DuckDBConnection) => void)[] = []
  let closed = false

  const giveBack = (connection: DuckDBConnection) => {
    if (closed) return
    const next = waiting.shift()
    if (next) next(connection)
    else idle.push(connection)
  }

  const lease = async (signal?: AbortSignal): Promise<Lease> => {
    signal?.throwIfAborted()
    const connection = idle.pop() ?? (await new Promise<DuckDBConnection>((resolve) => waiting.push(resolve)))
    return {
      connection,
      [Symbol.asyncDispose]: async () => {
        // An error or an interrupt ends the transaction; the connection then starts a new one.
        await connection.run('SELECT 1').catch(() => renew(connection))
        giveBack(connection)
      },
    }
  }

  return {
    lease,
    async use(work, signal) {
      await using held = await lease(signal)
      const interrupt = () => held.connection.interrupt()
      signal?.addEventListener('abort', interrupt, { once: true })
      try {
        return await work(held.connection)
      } catch (error) {
        signal?.throwIfAborted()
        throw duckdbError(error, 'the source')
      } finally {
        signal?.removeEventListener('abort', interrupt)
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      closeAll()
    },
  }
}

async function renew(connection: DuckDBConnection): Promise<void> {
  await connection.run('ROLLBACK').catch(() => {})
  await connection.run('BEGIN TRANSACTION READ ONLY').catch(() => {})
}
