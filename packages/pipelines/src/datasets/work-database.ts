import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createConnector, quoteText, type SqlConnector, type StatementResult } from '@millrace/connectors'

/** A DuckDB of one piece of work, in a folder that goes with it. */
export interface WorkDatabase extends AsyncDisposable {
  /** For files that the database reads. */
  readonly folder: string
  /** Opens the database; tables are seen through it, temporary ones are not. */
  readonly connector: SqlConnector
  run(sql: string, signal?: AbortSignal): Promise<StatementResult>
}

/**
 * The database reads and writes files in its folder only: SQL that people configure does not see the machine.
 *
 * @param parent Where its folder is made. Default: the temporary folder of the system.
 */
export async function openWorkDatabase(parent: string = tmpdir()): Promise<WorkDatabase> {
  const folder = await mkdtemp(join(resolve(parent), 'millrace-dataset-'))
  await using opened = new AsyncDisposableStack()
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const connector = opened.use((await createConnector('duckdb', { path: join(folder, 'work.duckdb') })) as SqlConnector)
  const session = await connector.openSession?.()
  if (session === undefined) throw new TypeError('The connector of DuckDB has no sessions.')
  opened.use(session)
  await session.run(`set allowed_directories = [${quoteText(`${folder}/`)}]`)
  await session.run('set enable_external_access = false')
  const all = opened.move()
  return {
    folder,
    connector,
    run: async (sql, signal) => await session.run(sql, { signal }),
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  }
}
