import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  createConnector,
  quoteText,
  type SqlConnector,
  type SqlSession,
  type StatementResult,
} from '@millrace/connectors'
import { FatalError } from '@millrace/core'

/** A DuckDB of one piece of work, in a folder that goes with it. Used by one statement at a time. */
export interface WorkDatabase extends AsyncDisposable {
  /** For files that the database reads. */
  readonly folder: string
  /** Reads the tables and views of the database. */
  readonly connector: SqlConnector
  run(sql: string, signal?: AbortSignal): Promise<StatementResult>
  /** Runs SQL that people configured: it reads and writes files in the folder only, and does not see the machine. */
  runConfined(sql: string, signal?: AbortSignal): Promise<StatementResult>
}

/** @param parent Where its folder is made. Default: the temporary folder of the system. */
export async function openWorkDatabase(parent: string = tmpdir()): Promise<WorkDatabase> {
  const folder = await mkdtemp(join(resolve(parent), 'millrace-dataset-'))
  await using opened = new AsyncDisposableStack()
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const connector = opened.use((await createConnector('duckdb', { path: join(folder, 'work.duckdb') })) as SqlConnector)
  const openSession = async () => {
    const session = await connector.openSession?.()
    if (session !== undefined) return session
    throw new FatalError('SESSIONS_MISSING', { message: 'DuckDB has no sessions.' })
  }
  // Keeps the file open from one statement to the next.
  let kept: SqlSession | null = null
  const release = async () => {
    const session = kept
    kept = null
    await session?.[Symbol.asyncDispose]()
  }
  opened.defer(release)
  const all = opened.move()
  return {
    ...{ folder, connector },
    async run(sql, signal) {
      kept ??= await openSession()
      return await kept.run(sql, { signal })
    },
    async runConfined(sql, signal) {
      // The settings hold for whoever has the file open, cannot be taken back, and end when it is closed.
      await release()
      await using session = await openSession()
      await session.run(`set allowed_directories = [${quoteText(`${folder}/`)}]`)
      await session.run('set enable_external_access = false')
      return await session.run(sql, { signal })
    },
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  }
}
