import { createLogger, readPlatformSettings } from '@millrace/core'
import { type Db, type Queryable, type Session, type Sql, sql } from '@millrace/db'
import { localArtifacts } from '@millrace/engine'
import { startServer } from '@millrace/server'
import type { Statement } from './load-process.ts'

/**
 * The statement that a server sends for each of these requests, to be measured without the server: the longest one, which is what the
 * others are for.
 */
export async function statementsOf(
  db: Db,
  { folder, token }: { readonly folder: string; readonly token: string },
  paths: readonly string[],
): Promise<readonly Statement[]> {
  const sent: Sql[] = []
  const log = await createLogger({ name: 'bench', level: 'warn' })
  const settings = { ...readPlatformSettings({ env: {} }), ratePerSecond: 0 }
  await using server = await startServer({
    ...{ db: noting(db, sent), artifacts: localArtifacts(folder), log, adminToken: token.slice(0, 30), port: 0 },
    ...{ scheduler: false, settings },
  })
  const statements: Statement[] = []
  for (const path of paths) {
    sent.length = 0
    const answer = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    const { text, values } = sent.reduce(
      (longest, one) => (one.text.length > longest.text.length ? one : longest),
      sql``,
    )
    statements.push({ text, values })
  }
  return statements
}

function noting(db: Db, sent: Sql[]): Db {
  return {
    ...notingQueries(db, sent),
    serverMajorVersion: db.serverMajorVersion,
    session: (work) =>
      db.session((session: Session) =>
        work({ ...notingQueries(session, sent), script: (text) => session.script(text) }),
      ),
    listen: (...given) => db.listen(...given),
    load: () => db.load(),
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

function notingQueries(db: Queryable, sent: Sql[]): Queryable {
  return {
    query: (statement) => db.query(noted(statement)),
    one: (statement) => db.one(noted(statement)),
    maybe: (statement) => db.maybe(noted(statement)),
    execute: (statement) => db.execute(noted(statement)),
  }
  function noted(statement: Sql): Sql {
    sent.push(statement)
    return statement
  }
}
