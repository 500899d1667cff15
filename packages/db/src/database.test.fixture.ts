import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type DatabaseOptions, openDatabase } from './database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.ts'
import type { Db } from './queryable.ts'
import { temporaryRoot } from './server/account.ts'
import { embeddedPostgres, type PostgresBinaries, systemPostgres } from './server/postgres-binaries.ts'
import { sql } from './sql.ts'

/** The one that everybody gets, and the oldest that is supported, where the machine has it. */
export const servers: readonly { name: string; binaries: PostgresBinaries | undefined }[] = [
  { name: 'PostgreSQL 18, embedded', binaries: embeddedPostgres() },
  { name: 'PostgreSQL 15', binaries: systemPostgres(15) },
]

/** A folder that the server's account can enter, removed at the end. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(temporaryRoot(), 'millrace-db-'))
  chmodSync(path, 0o711)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export interface TestServer {
  readonly server: EmbeddedPostgres
  readonly db: Db
  /** Another pool, closed with the server. */
  open(options?: Partial<DatabaseOptions>): Promise<Db>
  stop(): Promise<void>
}

export async function startTestServer(binaries: PostgresBinaries | undefined): Promise<TestServer> {
  const folder = temporaryFolder()
  const server = await startEmbeddedPostgres({
    dataDirectory: join(folder.path, 'data'),
    ...(binaries ? { binaries } : {}),
    settings: { fsync: 'off' },
  })
  const opened: Db[] = []
  const open = async (options: Partial<DatabaseOptions> = {}) => {
    const db = await openDatabase({ url: server.url, ...options })
    opened.push(db)
    return db
  }
  const db = await open()
  return {
    server,
    db,
    open,
    async stop() {
      await Promise.all(opened.map((db) => db.close()))
      await server.stop()
      folder[Symbol.dispose]()
    },
  }
}

/** Cuts every connection with this name, the way an administrator or a failing network does. */
export async function cut(db: Db, applicationName: string): Promise<number> {
  return await db.execute(sql`
    select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = ${applicationName}`)
}

/** A promise with its own resolve, to wait for what a callback is told. */
export function signal<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  return Promise.withResolvers<T>()
}
