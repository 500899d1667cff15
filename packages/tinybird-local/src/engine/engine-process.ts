import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { EngineStatement, FromEngine, Outcome, ToEngine } from './messages.ts'
import { quoteName, quoteText } from './quote.ts'

/*
 * The program of the engine's own process: ClickHouse in process, and nothing else. Statements run side by
 * side, each over a connection of its own, which is also what keeps their settings apart.
 */

interface Session {
  readonly connection: unknown
  queryAsync(
    sql: string,
    options: { readonly format: string },
  ): Promise<{ readonly rowsRead: number; readonly bytesRead: number; readonly elapsed: number; bytes(): Uint8Array }>
  close(): void
}

/** The one call of the native part that counts written rows for statements of every kind. */
interface Native {
  InsertRawAsyncConnection(
    connection: unknown,
    sql: string,
    data: Uint8Array,
    countLines: boolean,
  ): Promise<{ readonly elapsed: number; readonly rowsWritten: number; readonly bytesWritten: number }>
}

const require = createRequire(import.meta.url)
const [, , directory = '', temporary = ''] = process.argv
const nothing = new Uint8Array(0)
const cancelAgainMs = 50
/** The statements that are not answered yet. */
const running = new Set<number>()

const chdb = require('chdb') as { readonly Session: new (path: string) => Session }
const native = require(join(dirname(require.resolve('chdb/package.json')), 'dist/loader.js')).loadNative() as Native

// Ctrl-C in a terminal reaches this process, too; it is the server's to answer.
process.on('SIGINT', () => {}).on('SIGTERM', () => {})
// Without a server nobody could stop this process; an orderly end could wait for a statement for ever.
process.on('disconnect', () => {
  try {
    rmSync(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  } finally {
    process.kill(process.pid, 'SIGKILL')
  }
})

const main = await open()

process.on('message', (message: ToEngine) => {
  if (message.kind === 'run') void answer(message.id, message.statement)
  else if (message.kind === 'cancel') void cancel(message.id)
  else {
    main.close()
    process.exit(0)
  }
})

async function open(): Promise<Session> {
  try {
    const session = new chdb.Session(directory)
    await useAtomicDefault(session)
    const version = await session.queryAsync('SELECT version()', { format: 'TSVRaw' })
    tell({ kind: 'ready', version: Buffer.from(version.bytes()).toString().trim() })
    return session
  } catch (error) {
    tell({ kind: 'failed', message: messageOf(error) })
    throw error
  }
}

/**
 * The database `default` opens with an engine that lays it over files of the working directory and cannot
 * exchange tables. What is stored is an Atomic database; it is opened as such.
 */
async function useAtomicDefault(session: Session): Promise<void> {
  const run = (sql: string) => session.queryAsync(sql, { format: 'Null' })
  const stored = join(directory, 'metadata', 'default.sql')
  const attach = existsSync(stored) ? readFileSync(stored, 'utf8') : ''
  if (hasTables(attach)) {
    await run('DETACH DATABASE default')
    await run(attach.replace('ATTACH DATABASE _', 'ATTACH DATABASE `default`'))
  } else {
    // The engine cannot attach a database without tables again; there is nothing in it to lose.
    await run('DROP DATABASE default')
    await run('CREATE DATABASE default ENGINE = Atomic')
  }
}

/** Every table, view and dictionary, detached ones included, is a file in the folder of its database. */
function hasTables(attach: string): boolean {
  const uuid = /UUID '([0-9a-f-]+)'/.exec(attach)?.[1]
  if (uuid === undefined) return false
  const folder = join(directory, 'store', uuid.slice(0, 3), uuid)
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.sql'))
}

async function answer(id: number, statement: EngineStatement): Promise<void> {
  let session: Session | undefined
  running.add(id)
  try {
    session = new chdb.Session(directory)
    const outcome = await run(session, id, statement)
    tell({ kind: 'done', id, outcome })
  } catch (error) {
    const message = messageOf(error)
    tell({ kind: 'error', id, code: Number(/Code: (\d+)/.exec(message)?.[1] ?? 1000), message })
  } finally {
    running.delete(id)
    session?.close()
  }
}

async function run(session: Session, id: number, statement: EngineStatement): Promise<Outcome> {
  const { sql, database = 'default', settings = {}, parameters = {}, readonly, writes = false } = statement
  const before = [`USE ${quoteName(database)}`]
  const values = [
    `log_comment = ${quoteText(comment(id))}`,
    ...Object.entries(settings).map(([key, value]) => `${quoteName(key)} = ${quoteText(value)}`),
    ...Object.entries(parameters).map(([key, value]) => `${quoteName(`param_${key}`)} = ${quoteText(value)}`),
  ]
  before.push(`SET ${values.join(', ')}`)
  if (readonly !== undefined) before.push(`SET readonly = ${readonly}`)
  await session.queryAsync(before.join('; '), { format: 'Null' })
  if (writes) {
    const { elapsed, rowsWritten, bytesWritten } = await native.InsertRawAsyncConnection(
      session.connection,
      `${sql}\n`,
      nothing,
      false,
    )
    return { bytes: nothing, seconds: elapsed, rowsRead: 0, bytesRead: 0, rowsWritten, bytesWritten }
  }
  const result = await session.queryAsync(sql, { format: statement.format ?? 'TabSeparated' })
  const { rowsRead, bytesRead, elapsed } = result
  return { bytes: result.bytes(), seconds: elapsed, rowsRead, bytesRead, rowsWritten: 0, bytesWritten: 0 }
}

/** A statement that has only been sent is not known to ClickHouse yet, so that it may have to be told again. */
async function cancel(id: number): Promise<void> {
  const session = new chdb.Session(directory)
  const sql = `KILL QUERY WHERE Settings['log_comment'] = ${quoteText(comment(id))} ASYNC`
  try {
    while (running.has(id)) {
      await session.queryAsync(sql, { format: 'Null' })
      await wait(cancelAgainMs)
    }
  } catch {
    // It ended meanwhile.
  } finally {
    session.close()
  }
}

function comment(id: number): string {
  return `millrace ${id}`
}

/** The engine repeats code and version around the message once for each layer that it passed. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message
    .replace(/^(?:Code: (\d+)\. DB::Exception: )(?=Code: \1\. )/, '')
    .replace(/ \(version [^()]*(?:\([^()]*\))?\)\.? (?=\([A-Z0-9_]+\)\s*$)/, ' ')
    .replace(/:? ?\(in file\/uri [^()]*\)/g, '')
    .trim()
}

function tell(message: FromEngine): void {
  process.send?.(message)
}
