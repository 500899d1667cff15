import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setImmediate as breathe } from 'node:timers/promises'
import { firstText, SqlServerError, sqlServerError, toSqlite } from './sql-server-dialect.ts'
import {
  columnsToken,
  createMessageReader,
  done,
  doneStatus,
  errorToken,
  loginAck,
  packets,
  packetTypes,
  preloginReply,
  readBatch,
  readLogin,
  rowToken,
  type TdsColumn,
  type TdsType,
} from './tds-wire.ts'

export interface FakeSqlServerOptions {
  readonly user?: string
  readonly password?: string
}

/** A result that the fake gives to statements that match, instead of SQLite's. */
export interface ScriptedResult {
  readonly columns: readonly TdsColumn[]
  readonly rows: readonly (readonly unknown[])[]
}

export interface FakeSqlServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Statements that run now and hold a text. */
  running(text: string): number
  connections(): number
  answer(statement: RegExp, result: ScriptedResult): void
}

interface Session {
  readonly socket: Socket
  readonly database: DatabaseSync
  running: string | null
  cancelled: boolean
}

const database = 'master'

/**
 * A fake of SQL Server: it speaks TDS 7.4 (prelogin without TLS, login, batches, errors, attention) and runs
 * statements on SQLite, each connection on one of its own to the same file. The catalogue is answered for
 * the questions of our connector. Types, limits, locks and the optimiser are not SQL Server's.
 */
export async function startFakeSqlServer(options: FakeSqlServerOptions = {}): Promise<FakeSqlServer> {
  const { user = 'sa', password = 'Passw0rd!' } = options
  const folder = await mkdtemp(join(tmpdir(), 'millrace-fake-mssql-'))
  const path = join(folder, 'master.sqlite')
  const keeper = openDatabase(path)
  const sessions = new Set<Session>()
  const scripted: { statement: RegExp; result: ScriptedResult }[] = []

  const server = createServer((socket) => {
    const session: Session = { socket, database: openDatabase(path), running: null, cancelled: false }
    sessions.add(session)
    const read = createMessageReader()
    let work: Promise<void> = Promise.resolve()
    socket.on('error', () => {})
    socket.on('close', () => {
      session.cancelled = true
      sessions.delete(session)
      work.finally(() => session.database.close())
    })
    socket.on('data', (bytes) => {
      for (const { type, data } of read(bytes)) {
        if (type === packetTypes.attention) {
          if (session.running === null) reply(socket, done(doneStatus.attention))
          else session.cancelled = true
        } else if (type === packetTypes.prelogin) reply(socket, preloginReply())
        else if (type === packetTypes.login) {
          const login = readLogin(data)
          if (login.user !== user || login.password !== password) {
            reply(
              socket,
              Buffer.concat([errorToken(18456, `Login failed for user '${login.user}'.`), done(doneStatus.error)]),
            )
            socket.end()
          } else if (login.database !== '' && login.database !== database) {
            reply(
              socket,
              Buffer.concat([
                errorToken(4060, `Cannot open database "${login.database}" requested by the login.`),
                done(doneStatus.error),
              ]),
            )
            socket.end()
          } else reply(socket, Buffer.concat([loginAck(), done(0)]))
        } else if (type === packetTypes.batch) {
          const sql = readBatch(data)
          work = work.then(() => run(session, sql, scripted))
        } else {
          reply(
            socket,
            Buffer.concat([errorToken(40000, `This server has no messages of type ${type}.`), done(doneStatus.error)]),
          )
        }
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    user,
    password,
    running: (text) => [...sessions].filter((session) => session.running?.includes(text)).length,
    connections: () => sessions.size,
    answer: (statement, result) => scripted.push({ statement, result }),
    async [Symbol.asyncDispose]() {
      for (const { socket } of sessions) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      while (sessions.size > 0) await breathe()
      await breathe()
      keeper.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function openDatabase(path: string): DatabaseSync {
  const opened = new DatabaseSync(path)
  opened.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000')
  opened.function('replicate', { deterministic: true }, (text, count) => String(text).repeat(Number(count)))
  opened.function('to_int', { deterministic: true }, (value) => {
    if (/^-?\d+$/.test(String(value))) return Number(value)
    throw new SqlServerError(245, `Conversion failed when converting the varchar value '${value}' to data type int.`)
  })
  return opened
}

function reply(socket: Socket, data: Buffer): void {
  if (!socket.destroyed) socket.write(packets(data, true).bytes)
}

/** One batch. Rows go out while they are made, and an attention is looked for in between. */
async function run(session: Session, sql: string, scripted: readonly { statement: RegExp; result: ScriptedResult }[]) {
  const { socket } = session
  session.running = sql
  session.cancelled = false
  let waiting: Buffer = Buffer.alloc(0)
  const send = async (data: Buffer, last: boolean) => {
    const { bytes, rest } = packets(Buffer.concat([waiting, data]), last)
    waiting = rest
    if (bytes.length > 0 && !socket.destroyed && !socket.write(bytes)) {
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve)
        socket.once('close', resolve)
      })
    }
  }
  let end: Buffer
  try {
    let affected = 0
    const result = scripted.find(({ statement }) => statement.test(sql))?.result ?? ask(session.database, sql)
    if (typeof result === 'number') affected = result
    else {
      await send(columnsToken(result.columns), false)
      let part: Buffer[] = []
      for (const row of result.rows) {
        part.push(rowToken(result.columns, row))
        affected++
        if (part.length < 200) continue
        await send(Buffer.concat(part), false)
        part = []
        await breathe()
        if (session.cancelled) break
      }
      await send(Buffer.concat(part), false)
    }
    end = done(doneStatus.count, affected)
  } catch (error) {
    const { number, message } = sqlServerError(error)
    end = Buffer.concat([errorToken(number, message), done(doneStatus.error)])
  }
  const stopped = session.cancelled
  session.running = null
  await send(stopped ? done(doneStatus.attention) : end, true)
}

/** A batch that only runs in a transaction. */
const guard = /^IF @@TRANCOUNT = 0 THROW [^;]*;\s*/

/** The result of a statement, or how many rows it changed. */
function ask(
  on: DatabaseSync,
  sql: string,
): { columns: readonly TdsColumn[]; rows: Iterable<readonly unknown[]> } | number {
  const statement = sql.trim().replace(/;$/, '').replace(guard, '')
  if (guard.test(sql) && !on.isTransaction) throw new SqlServerError(50001, 'There is no transaction.')
  if (/^set\b/i.test(statement)) return 0
  if (/^begin tran/i.test(statement)) return exec(on, 'BEGIN')
  if (/^if @@trancount > 0 rollback/i.test(statement)) return exec(on, on.isTransaction ? 'ROLLBACK' : '')
  const known = catalogue(on, statement)
  if (known) return known
  // A batch may hold several statements; what one of them gives is not sent, as no test asks for it.
  const all = statement.split(';').filter((each) => /\S/.test(each))
  if (all.length > 1) return all.reduce((_, each) => exec(on, toSqlite(each)), 0)
  const prepared = on.prepare(toSqlite(statement))
  prepared.setReturnArrays(true)
  prepared.setReadBigInts(true)
  const columns = columnsOf(on, prepared)
  if (columns.length === 0) return Number(prepared.run().changes)
  return { columns, rows: prepared.iterate() as unknown as Iterable<readonly unknown[]> }
}

function exec(on: DatabaseSync, sql: string): number {
  on.exec(sql)
  return 0
}

const text = (name: string): TdsColumn => ({ name, type: 'nvarchar' })
const bigint = (name: string): TdsColumn => ({ name, type: 'bigint' })

/** Answers to the questions about the catalogue. */
function catalogue(on: DatabaseSync, sql: string): ScriptedResult | null {
  if (/sys\.dm_exec_describe_first_result_set/.test(sql)) return describeStatement(on, firstText(sql))
  if (/FROM sys\.indexes/.test(sql)) return { columns: [text('name')], rows: [] }
  if (/snapshot_isolation_state/.test(sql)) return { columns: [{ name: 's', type: 'int' }], rows: [[1]] }
  if (/SERVERPROPERTY/.test(sql)) return { columns: [text('version')], rows: [['16.0.4000.0']] }
  if (/FROM sys\.schemas WHERE/.test(sql)) return { columns: [text('name')], rows: [['dbo']] }
  if (!/FROM sys\.objects/.test(sql)) return null
  // Reading begins the transaction's view of the data.
  const names = on.prepare("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name").all()
  const rows = names.map(({ name }) => ['dbo', name, null, null])
  return { columns: [text('schema_name'), text('table_name'), bigint('row_count'), bigint('bytes')], rows }
}

function describeStatement(on: DatabaseSync, sql: string): ScriptedResult {
  const columns = [
    text('name'),
    text('system_type_name'),
    { name: 'is_nullable', type: 'bit' } as const,
    text('error_message'),
  ]
  try {
    const prepared = on.prepare(toSqlite(sql))
    const names: Readonly<Record<TdsType, string>> = {
      int: 'int',
      bigint: 'bigint',
      bit: 'bit',
      float: 'float',
      real: 'real',
      nvarchar: 'nvarchar(max)',
    }
    return { columns, rows: columnsOf(on, prepared).map(({ name, type }) => [name, names[type], 1, null]) }
  } catch (error) {
    return { columns, rows: [[null, null, null, sqlServerError(error).message]] }
  }
}

/** A column without a declared type is what its first value is. */
function columnsOf(on: DatabaseSync, prepared: StatementSync): TdsColumn[] {
  const declared = prepared.columns()
  let first: readonly unknown[] | undefined
  if (declared.some(({ type }) => type === null)) {
    const probe = on.prepare(`SELECT * FROM (${prepared.sourceSQL.replace(/[\s;]+$/, '')}) LIMIT 1`)
    probe.setReturnArrays(true)
    try {
      first = probe.get() as unknown as readonly unknown[] | undefined
    } catch {
      // The statement itself will say why.
    }
  }
  return declared.map(({ name, type }, index) => {
    const kind = type === null ? typeof first?.[index] : /int/i.test(type) ? 'number' : 'string'
    return { name, type: kind === 'number' ? 'int' : 'nvarchar' }
  })
}
