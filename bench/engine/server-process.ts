import { once } from 'node:events'
import { join } from 'node:path'
import { createLogger } from '@millrace/core'
import { openDatabase, startEmbeddedPostgres } from '@millrace/db'
import { localArtifacts } from '@millrace/engine'
import { startServer } from '@millrace/server'

/** The server and its database, as `millrace dev` has them but without a worker, until standard input ends. */
const [folder = '', adminToken = ''] = process.argv.slice(2)
await using postgres = await startEmbeddedPostgres({ dataDirectory: join(folder, 'postgres') })
await using db = await openDatabase({ url: postgres.url })
const log = await createLogger({ name: 'bench', level: 'warn', write: (line) => void process.stderr.write(line) })
await using server = await startServer({
  db,
  artifacts: localArtifacts(join(folder, 'artifacts')),
  log,
  adminToken,
  port: 0,
})
process.stdout.write(`${JSON.stringify({ url: server.url, database: postgres.url })}\n`)
process.stdin.resume()
await once(process.stdin, 'end')
