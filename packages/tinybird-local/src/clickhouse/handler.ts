import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Engine } from '../engine/engine.ts'
import { refuseOutside } from '../sql/outside.ts'
import { analyse } from '../sql/statement.ts'
import { decoded, readWork } from './body.ts'
import { contentType } from './content-type.ts'
import { authenticate, type ClickhouseRequest, readRequest } from './request.ts'
import { sendError, sendResult, setSummary } from './respond.ts'

export interface Account {
  readonly user: string
  readonly password: string
}

/** ClickHouse's HTTP interface: one statement a request. */
export function clickhouseHandler(engine: Engine, account: Account) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname === '/ping') return void response.end('Ok.\n')
    if (url.pathname === '/replicas_status') return void response.end('Ok.\n')
    if (url.pathname === '/' && request.method === 'GET' && url.search === '') return void response.end('Ok.\n')
    const gone = new AbortController()
    response.once('close', () => gone.abort(new Error('The client went away.')))
    try {
      if (url.pathname !== '/' && url.pathname !== '/query') {
        response.statusCode = 404
        return void response.end(
          `There is no handle ${url.pathname}\n\nUse / or /ping for health checks, or / with a statement.\n`,
        )
      }
      authenticate(request, url, account)
      const asked = readRequest(request, url)
      response.setHeader('X-ClickHouse-Query-Id', asked.id ?? randomUUID())
      response.setHeader('X-ClickHouse-Server-Display-Name', 'millrace')
      response.setHeader('X-ClickHouse-Timezone', 'UTC')
      await work(engine, asked, request, response, gone.signal)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else sendError(response, error, engine.version)
    } finally {
      // An answer that comes before the end of the body would otherwise be lost with the connection.
      request.resume()
    }
  }
}

async function work(
  engine: Engine,
  asked: ClickhouseRequest,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { settings, parameters, readonly } = asked
  const statement = {
    settings,
    parameters,
    ...(asked.database === null || asked.database === '' ? {} : { database: asked.database }),
    ...(readonly === undefined ? {} : { readonly }),
  }
  const todo = await readWork(asked.query, decoded(request))
  if (todo.kind === 'insert') {
    refuseOutside(todo.insert.from("''").replace(/FROM INFILE ''/, ''))
    const outcome = await engine.write({ ...statement, sql: todo.insert.from, writes: true }, todo.rows, signal)
    response.setHeader('X-ClickHouse-Format', todo.insert.format)
    setSummary(response, outcome)
    return void response.end()
  }
  refuseOutside(todo.sql)
  const analysed = analyse(todo.sql)
  if (analysed.kind === 'read') {
    const fallback = asked.format ?? 'TabSeparated'
    const format = analysed.format ?? fallback
    response.setHeader('X-ClickHouse-Format', format)
    response.setHeader('Content-Type', contentType(format))
    const result = await engine.read({ ...statement, sql: (pipe) => analysed.into(pipe, fallback) }, signal)
    return sendResult(request, response, result, {
      wait: asked.wait,
      version: engine.version,
      compress: asked.compress,
    })
  }
  const writes = /^\s*INSERT\b/i.test(todo.sql)
  const format = asked.format ?? 'TabSeparated'
  const outcome = await engine.run({ ...statement, sql: todo.sql, format, writes }, signal)
  setSummary(response, outcome)
  response.setHeader('X-ClickHouse-Format', format)
  response.setHeader('Content-Type', contentType(format))
  response.end(outcome.bytes)
}
