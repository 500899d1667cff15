import { gzipSync } from 'node:zlib'
import { z } from '@hono/zod-openapi'
import { ConfigError, createLogger, DataError, FatalError, TransientError } from '@millrace/core'
import { describe, expect, test } from 'vitest'
import { type Api, createApi } from './api.ts'
import { forbidden, HttpError, notFound, unauthorized } from './http-error.ts'
import { pageHeaders, pageQuery, pageRange } from './pagination.ts'
import { bearerToken, type Principal } from './principal.ts'
import { pathInteger, queryBoolean, queryList, queryTime } from './query-values.ts'

interface Service {
  readonly api: Api<{ user: Principal; worker: Principal }>
  readonly lines: Record<string, unknown>[]
}

const admit = (kind: string) => (caller: Principal | null) => {
  if (caller === null) throw unauthorized('Sign in first.')
  if (caller.kind !== kind) throw forbidden('FORBIDDEN', `This is for a ${kind}.`)
  return caller
}

async function service(): Promise<Service> {
  const lines: Record<string, unknown>[] = []
  const log = await createLogger({ name: 'test', level: 'debug', write: (line) => lines.push(JSON.parse(line)) })
  const api = createApi<{ user: Principal; worker: Principal }>({
    log,
    admit: { user: admit('user'), worker: admit('worker') },
    closing: new AbortController().signal,
    statusByCode: { THING_MISSING: 404 },
    authenticate: [
      (request) => {
        const token = bearerToken(request)
        return token === 'user' || token === 'worker' ? { kind: token, id: token, name: `a ${token}` } : null
      },
    ],
  })
  return { api, lines }
}

const asUser = { headers: { authorization: 'Bearer user' } }
const jsonHeaders = { ...asUser.headers, 'content-type': 'application/json' }

async function withThings(): Promise<Service> {
  const made = await service()
  made.api.endpoint(
    {
      method: 'post',
      path: '/things/{id}',
      operationId: 'changeThing',
      tag: 'things',
      summary: 'Change a thing',
      access: 'user',
      params: z.strictObject({ id: pathInteger() }),
      query: z.strictObject({ ...pageQuery, dry: queryBoolean({ default: false }), state: queryList(['a', 'b']) }),
      body: z.strictObject({ name: z.string().min(1), size: z.int().optional() }),
      answers: {
        200: z.object({ id: z.int(), name: z.string(), states: z.array(z.string()).optional(), dry: z.boolean() }),
      },
      maxBodyBytes: 10_000,
    },
    ({ params, query, body }) => ({
      status: 200,
      body: { id: params.id, name: body.name, states: query.state && [...query.state], dry: query.dry, secret: 'x' },
      headers: pageHeaders(query, 45),
    }),
  )
  return made
}

function change(
  api: Api<{ user: Principal; worker: Principal }>,
  body: unknown,
  path = '/things/7',
  headers: Record<string, string> = jsonHeaders,
) {
  return api.request(path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
}

describe('a call', () => {
  test('is answered by its handler, with what the schema of the answer knows and nothing else', async () => {
    const { api } = await withThings()
    const response = await change(api, { name: 'n' }, '/things/7?state=a&state=b&dry=true&page=3')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ id: 7, name: 'n', states: ['a', 'b'], dry: true })
    expect(Object.fromEntries(response.headers)).toMatchObject({
      page: '3',
      'per-page': '20',
      total: '45',
      'total-pages': '3',
      'x-content-type-options': 'nosniff',
    })
    expect(pageRange({ page: 3, per_page: 20 })).toEqual({ limit: 20, offset: 40 })
  })

  test('that is not valid is refused with all of its faults at once', async () => {
    const { api } = await withThings()
    const response = await change(api, { nam: 'n', size: 'big' }, '/things/0?page=0&per_page=101&dray=true')
    expect(response.status).toBe(422)
    const { error } = (await response.json()) as { error: { code: number; message: string } }
    expect(error.code).toBe(1422)
    expect(error.message).toBe(
      'The request is not valid: path.id: has to be at least 1; query.page: has to be at least 1; ' +
        'query.per_page: has to be at most 100; query.dray is not known (did you mean dry?); body.name is missing; ' +
        'body.size: expected number, received string; body.nam is not known (did you mean name?).',
    )
  })

  test.each([
    ['no JSON', '{"name": ', 400, 1400],
    ['a missing body', '', 422, 1422],
    ['a null character', '{"name":"a\\u0000b"}', 422, 1422],
    ['too many bytes', JSON.stringify({ name: 'x'.repeat(10_001) }), 413, 1413],
    ['lists in lists', `{"name":${'['.repeat(65)}${']'.repeat(65)}}`, 422, 1422],
  ])('with %s in its body is refused', async (_, body, status, code) => {
    const { api } = await withThings()
    const response = await change(api, body)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code } })
  })

  test('may hold the text of a backslash before u0000', async () => {
    const { api } = await withThings()
    expect((await change(api, '{"name":"a\\\\u0000b"}')).status).toBe(200)
  })

  test('holds whole characters only, or the text of an escape', async () => {
    const { api } = await withThings()
    for (const name of ['\\ud800', '\\uD83D x', '\\udc00\\ud800']) {
      const answer = await change(api, `{"name":"${name}"}`)
      expect(answer.status).toBe(422)
      expect(await answer.json()).toMatchObject({ error: { detail: 'TEXT_INVALID' } })
    }
    for (const name of ['\\ud83d\\ude00', '\\\\ud800'])
      expect((await change(api, `{"name":"${name}"}`)).status).toBe(200)
  })

  test('whose body is no JSON by its content type is refused, as a form of a foreign page would be', async () => {
    const { api } = await withThings()
    const headers = { ...asUser.headers, 'content-type': 'text/plain' }
    expect((await change(api, { name: 'n' }, '/things/7', headers)).status).toBe(415)
  })

  test('that is compressed is refused, and not unpacked', async () => {
    const { api } = await withThings()
    const headers = { ...asUser.headers, 'content-type': 'application/json', 'content-encoding': 'gzip' }
    const body = gzipSync(`{"name":"${' '.repeat(50_000_000)}"}`)
    const answer = await api.request('/things/7', { method: 'POST', headers, body })
    expect(answer.status).toBe(415)
    expect(await answer.json()).toMatchObject({ error: { detail: 'CONTENT_ENCODING_UNKNOWN' } })
  })

  test('without a token, or with a wrong one, is refused before anything else is looked at', async () => {
    const { api } = await withThings()
    for (const headers of [{}, { authorization: 'Bearer nobody' }, { authorization: 'Basic dXNlcg==' }]) {
      const response = await change(api, 'rubbish', '/things/x', headers as Record<string, string>)
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect(await response.json()).toMatchObject({ error: { code: 1401 } })
    }
  })

  test('of another kind of principal is refused', async () => {
    const { api } = await withThings()
    const response = await change(api, { name: 'n' }, '/things/7', { authorization: 'Bearer worker' })
    expect(response.status).toBe(403)
  })

  test('to an unknown route is answered 404, with a wrong method 405', async () => {
    const { api } = await withThings()
    expect((await api.request('/nothing')).status).toBe(404)
    const response = await api.request('/things/7', { method: 'DELETE' })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect(await response.json()).toMatchObject({ error: { code: 1405, detail: 'METHOD_UNKNOWN' } })
  })

  test('leaves one line in the log, with the id that its answer carries', async () => {
    const { api, lines } = await withThings()
    const own = await change(api, { name: 'n' }, '/things/7?dry=true', { ...jsonHeaders, 'x-request-id': 'mine-1' })
    expect(own.headers.get('x-request-id')).toBe('mine-1')
    expect(lines).toMatchObject([
      { level: 'info', requestId: 'mine-1', method: 'POST', path: '/things/7', status: 200, caller: 'user:user' },
    ])
    const forged = await change(api, { name: 'n' }, '/things/7', { ...jsonHeaders, 'x-request-id': 'a b' })
    expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('an error', () => {
  test.each([
    [
      'of ours that says its status',
      () => notFound('THING_MISSING', 'There is no thing.'),
      404,
      1404,
      'There is no thing.',
    ],
    ['with a code of the table', () => new DataError('THING_MISSING', { message: 'No.' }), 404, 1404, 'No.'],
    ['of configuration', () => new ConfigError('BAD', { message: 'Change it.' }), 422, 1422, 'Change it.'],
    ['that passes', () => new TransientError('BUSY', { message: 'Busy.' }), 503, 1503, 'Busy.'],
    ['with a status of its own', () => new HttpError(428, 'X', 'First this.'), 428, 1428, 'First this.'],
    ['of the database, a value', () => databaseError('22021'), 422, 1422, /cannot be stored/],
    [
      'of the database, a lost connection',
      () => new TransientError('DATABASE_CONNECTION_LOST', { message: 'secret' }),
      503,
      1503,
      /database is not available/,
    ],
    ['of the database, any other', () => databaseError('42P01'), 500, 1500, /Something went wrong/],
    ['that is fatal', () => new FatalError('BROKEN', { message: 'secret' }), 500, 1500, /Something went wrong/],
    ['that nobody knows', () => new TypeError('secret'), 500, 1500, /Something went wrong/],
  ])('%s gets its answer', async (_, make, status, code, message) => {
    const { api, lines } = await service()
    api.endpoint(
      {
        method: 'get',
        path: '/fail',
        operationId: 'fail',
        tag: 't',
        summary: 'Fails',
        access: 'anyone',
        answers: { 200: null },
      },
      () => {
        throw make()
      },
    )
    const response = await api.request('/fail')
    expect(response.status).toBe(status)
    const text = await response.text()
    const { error } = JSON.parse(text)
    expect(error).toMatchObject({ code, trace_id: response.headers.get('x-request-id') })
    expect(error.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message))
    if (status >= 500) expect(text).not.toContain('secret')
    if (status === 503) expect(response.headers.get('retry-after')).toBe('1')
    expect(lines.some((line) => line.level === 'error' && line.requestId === error.trace_id)).toBe(status >= 500)
  })

  test('of a row whose place was removed meanwhile is a conflict, which the log knows more of', async () => {
    const { api, lines } = await service()
    const answers = { 204: null }
    const summary = 'Late'
    api.endpoint(
      { method: 'post', path: '/late', operationId: 'late', tag: 't', summary, access: 'anyone', answers },
      () => {
        throw databaseError('23503')
      },
    )
    const response = await api.request('/late', { method: 'POST' })
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({ error: { code: 1409, detail: 'GONE_MEANWHILE' } })
    expect(lines.some((line) => line.level === 'error' && JSON.stringify(line).includes('23503'))).toBe(true)
  })

  test('of an answer that lacks what its schema promises is ours', async () => {
    const { api } = await service()
    api.endpoint(
      {
        method: 'get',
        path: '/lacks',
        operationId: 'lacks',
        tag: 't',
        summary: 'Lacks',
        access: 'anyone',
        answers: { 200: z.object({ id: z.int() }) },
      },
      () => ({ status: 200, body: {} as { id: number } }),
    )
    expect((await api.request('/lacks')).status).toBe(500)
  })
})

test('the document tells of every endpoint what it takes, who may call it and what it answers', async () => {
  const { api } = await withThings()
  api.endpoint(
    {
      method: 'put',
      path: '/files/{name}',
      operationId: 'putFile',
      tag: 'files',
      summary: 'Put a file',
      access: 'anyone',
      ifMatch: true,
      params: z.strictObject({ name: z.string() }),
      query: z.strictObject({ at: queryTime.optional() }),
      bytes: { contentType: 'application/zip' },
      answers: { 204: null },
    },
    () => ({ status: 204 }),
  )
  const document = api.document({ title: 'T', version: '1' })
  expect(document.paths).toMatchSnapshot()
})

function databaseError(sqlState: string) {
  return new DataError(sqlState.startsWith('22') ? 'DATABASE_VALUE_REFUSED' : 'DATABASE_STATEMENT_INVALID', {
    message: 'secret',
    details: { sqlState },
  })
}
