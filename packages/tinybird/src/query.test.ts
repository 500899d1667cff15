import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type ScriptedServer, startScriptedServer } from './scripted-server.test.fixture.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.requests.length = 0
})

const answer = (data: string, type = 'UInt64') => ({
  headers: { 'content-type': 'application/json' },
  body: `{"meta":[{"name":"n","type":"${type}"}],"data":${data},"rows":1,"statistics":{"elapsed":0.5,"rows_read":10,"bytes_read":80}}`,
})

it('asks for JSON and keeps what was answered', async () => {
  server.script(answer('[{"n":1}]'))
  const result = await server.client().query('SELECT 1 AS n', { pipe: 'totals' })
  expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/v0/sql' })
  expect(server.requests[0]?.query.get('q')).toBe('SELECT 1 AS n\n FORMAT JSON')
  expect(server.requests[0]?.query.get('pipeline')).toBe('totals')
  expect(result).toMatchObject({
    status: 200,
    meta: [{ name: 'n', type: 'UInt64' }],
    data: [{ n: 1 }],
    rows: 1,
    statistics: { elapsed: 0.5, rowsRead: 10, bytesRead: 80 },
  })
})

it.each([
  ['SELECT 1;', 'SELECT 1\n FORMAT JSON'],
  ['SELECT 1 -- all', 'SELECT 1 -- all\n FORMAT JSON'],
  ['SELECT 1 format json ;\n', 'SELECT 1 format json'],
])('turns %j into one statement with its format', async (sql, sent) => {
  server.script(answer('[]'))
  await server.client().query(sql)
  expect(server.requests[0]?.query.get('q')).toBe(sent)
})

it('sends long statements as a body', async () => {
  server.script(answer('[]'))
  const sql = `SELECT '${'ä'.repeat(2000)}'`
  await server.client().query(sql, { pipe: 'totals' })
  expect(server.requests[0]).toMatchObject({
    method: 'POST',
    url: '/v0/sql?pipeline=totals',
    text: `${sql}\n FORMAT JSON`,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  })
})

it.each([
  ['[{"n":1}]', 1],
  ['[{"n":"18446744073709551615"}]', '18446744073709551615'],
  ['[{"n":18446744073709551615}]', '18446744073709551615'],
  ['[{"n":-9007199254740993}]', '-9007199254740993'],
  ['[{"n":9007199254740991}]', 9007199254740991],
  ['[{"n":1234567890.1234567890}]', 1234567890.1234567],
  ['[{"n":1e300,"long":"1234567890123456"}]', 1e300],
  ['[{"n":true}]', true],
  ['[{"n":null}]', null],
  ['[{"n":[1,2]}]', '[1,2]'],
  ['[]', null],
])('reads the scalar of %s', async (data, expected) => {
  server.script(answer(data))
  expect(await server.client().query('SELECT n', { scalar: true })).toBe(expected)
})

it('understands a compressed answer', async () => {
  const body = gzipSync('{"meta":[{"name":"n","type":"String"}],"data":[{"n":"ä"}],"rows":1}') as unknown
  server.script({ headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' }, body })
  expect(await server.client().query('SELECT n', { scalar: true })).toBe('ä')
  expect(server.requests[0]?.headers['accept-encoding']).toBe('gzip')
})
