import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isSame } from '../clickhouse/request.ts'
import type { Fault } from '../types.ts'
import { ApiError, toApiError } from './api-error.ts'
import { receiveEvents } from './events.ts'
import { importRows } from './import-rows.ts'
import type { Incoming } from './incoming.ts'
import { jobView } from './jobs.ts'
import { alter, deleteRows, drop, listDataSources, showDataSource, truncate } from './manage.ts'
import { query } from './query.ts'
import type { Reply, Tinybird } from './tinybird.ts'

/** Tinybird's API, as far as it is about data. */
export function tinybirdHandler(tinybird: Tinybird) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const method = request.method ?? 'GET'
    const gone = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new ApiError(400, 'The client went away.'))
    })
    try {
      const fault = tinybird.faults.next(method, url.pathname)
      if (fault !== null) return await fail(fault, request, response)
      const incoming: Incoming = {
        method,
        path: url.pathname.split('/').slice(1).map(decoded),
        parameters: url.searchParams,
        contentType: request.headers['content-type'] ?? '',
        request,
        signal: gone.signal,
      }
      if (url.pathname !== '/v0/regions') authorize(incoming, tinybird.token)
      const reply = await route(tinybird, incoming, response)
      if (reply !== null) send(response, reply)
    } catch (error) {
      const { status, body, headers } = toApiError(error)
      if (response.headersSent) response.destroy()
      else send(response, { status, body, headers })
    } finally {
      // An answer that comes before the end of the body would otherwise be lost with the connection.
      request.resume()
    }
  }
}

/** @throws ApiError 400 */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new ApiError(400, `The path has "${segment}", which is not encoded as addresses are.`)
  }
}

function send(response: ServerResponse, { status = 200, body, headers = {} }: Reply): void {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (body === undefined) return void response.end()
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.end(JSON.stringify(body))
}

/** @throws ApiError 401 without a token, 403 for a wrong one. */
function authorize({ request, parameters }: Incoming, token: string): void {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? parameters.get('token')
  parameters.delete('token')
  if (given === null || given === undefined)
    throw new ApiError(401, 'There is no token: send "Authorization: Bearer <token>".')
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  if (!isSame(hash(given), hash(token))) throw new ApiError(403, 'Invalid token.')
}

/** Null when the answer has been sent already. */
async function route(tinybird: Tinybird, incoming: Incoming, response: ServerResponse): Promise<Reply | null> {
  const { method, path } = incoming
  const [version, area, name, action] = path
  if (version !== 'v0') throw unknown(incoming)
  const is = (wanted: string, ...methods: readonly string[]) => {
    if (area !== wanted) return false
    if (!methods.includes(method)) throw new ApiError(405, `${method} is not allowed here.`)
    return true
  }
  if (area === 'sql' && is('sql', 'GET', 'POST')) {
    await query(tinybird, incoming, response)
    return null
  }
  if (area === 'events' && is('events', 'POST')) return receiveEvents(tinybird, incoming)
  if (area === 'regions') {
    return { body: { regions: [{ name: 'local', api_host: tinybird.url(), provider: 'local' }] } }
  }
  if (area === 'jobs' && is('jobs', 'GET')) return jobs(tinybird, incoming, name)
  if (area !== 'datasources') throw unknown(incoming)
  if (name === undefined || name === '') {
    is('datasources', 'GET', 'POST')
    return method === 'GET' ? listDataSources(tinybird) : importRows(tinybird, incoming)
  }
  if (action === undefined) {
    is('datasources', 'GET', 'DELETE')
    return method === 'GET' ? showDataSource(tinybird, name) : drop(tinybird, name)
  }
  is('datasources', 'POST')
  if (action === 'truncate') return truncate(tinybird, name)
  if (action === 'delete') return deleteRows(tinybird, incoming, name)
  if (action === 'alter') return alter(tinybird, incoming, name)
  throw unknown(incoming)
}

function jobs(tinybird: Tinybird, { parameters }: Incoming, id: string | undefined): Reply {
  const url = tinybird.url()
  if (id !== undefined && id !== '') {
    const job = tinybird.jobs.get(id)
    if (job === undefined) throw new ApiError(404, `Job "${id}" does not exist.`)
    return { body: jobView(job, url) }
  }
  const at = (name: string) => parameters.get(name)
  const time = (name: string) => (at(name) === null ? null : Date.parse(at(name) ?? ''))
  const [after, before] = [time('created_after'), time('created_before')]
  const found = tinybird.jobs
    .list()
    .filter(({ kind }) => at('kind') === null || kind === at('kind'))
    .filter(({ status }) => at('status') === null || status === at('status'))
    .filter(({ createdAt }) => (after === null || +createdAt >= after) && (before === null || +createdAt <= before))
  return { body: { jobs: found.map((job) => jobView(job, url)) } }
}

function unknown({ method, path }: Incoming): ApiError {
  return new ApiError(404, `The local Tinybird has no ${method} /${path.join('/')}.`)
}

/** The body is read first, so that every client sees the answer. */
async function fail(fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for await (const _ of request);
  if (fault.status === 'cut') {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' })
    await new Promise((resolve) => response.write('{"', resolve))
    response.destroy()
    return
  }
  const body = fault.body ?? JSON.stringify({ error: `Injected fault ${fault.status}.` })
  response.writeHead(fault.status, { 'Content-Type': 'application/json', ...fault.headers })
  response.end(body)
}
