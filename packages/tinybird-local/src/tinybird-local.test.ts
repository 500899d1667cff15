import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTinybirdLocal } from './index.ts'
import { openServer } from './requests.test.fixture.ts'

let { server, call, post, create, load, query, finished } = {} as Awaited<ReturnType<typeof openServer>>

beforeAll(async () => {
  ;({ server, call, post, create, load, query, finished } = await openServer())
})
afterAll(() => server[Symbol.asyncDispose]())

describe('tokens', () => {
  it('wants one, and the right one', async () => {
    expect((await fetch(`${server.url}/v0/datasources`)).status).toBe(401)
    const wrong = await call('GET', '/v0/datasources', { headers: { authorization: 'Bearer x' } })
    expect(wrong).toMatchObject({ status: 403, body: { error: 'Invalid token.', documentation: expect.any(String) } })
    expect((await fetch(`${server.url}/v0/datasources?token=${server.token}`)).status).toBe(200)
    expect((await fetch(`${server.url}/v0/regions`)).status).toBe(200)
  })
})

describe('events', () => {
  it('accepts, or acknowledges when waited for', async () => {
    await create('clicks', 'at DateTime64(3), who String')
    const rows = '{"at":"2020-01-01T00:00:00.123Z","who":"a"}\n{"at":"2020-01-01 00:00:01","who":"b"}\n'
    expect(await post('/v0/events?name=clicks', rows)).toMatchObject({
      status: 202,
      body: { successful_rows: 2, quarantined_rows: 0 },
    })
    expect(
      (await post('/v0/events?name=clicks&wait=true', gzipSync(rows), { 'content-encoding': 'gzip' })).status,
    ).toBe(200)
    expect(await query('SELECT count(), min(at) FROM clicks')).toEqual([[4, '2020-01-01 00:00:00.123']])
    expect((await post('/v0/events', rows)).status).toBe(400)
    expect((await post('/v0/events?name=clicks', 'x'.repeat(10_000_001))).status).toBe(413)
  })
})

describe('queries', () => {
  it('answers in every format and reports what was read', async () => {
    const json = await call('GET', `/v0/sql?q=${encodeURIComponent('SELECT 1 AS a FORMAT JSON')}`)
    expect(json.body).toMatchObject({
      meta: [{ name: 'a', type: 'UInt8' }],
      data: [{ a: 1 }],
      rows: 1,
      statistics: { elapsed: expect.any(Number), rows_read: 1, bytes_read: expect.any(Number) },
    })
    expect((await post('/v0/sql', "SELECT 'posted' FORMAT CSV")).body).toBe('"posted"\n')
  })

  it.each([
    ['SELECT * FROM nowhere', 404],
    ['SELEC', 403],
    ['SELECT nothing', 400],
    ['DROP TABLE x', 403],
    ['INSERT INTO x VALUES (1)', 403],
    ["SELECT * FROM url('http://localhost', 'CSV', 'a String')", 403],
    ['', 400],
  ])('refuses %s', async (sql, status) => {
    const answer = await call('GET', `/v0/sql?q=${encodeURIComponent(sql)}`)
    expect(answer).toMatchObject({ status, body: { error: expect.any(String) } })
  })

  it('knows no pipes, and says so', async () => {
    const answer = await call('GET', '/v0/sql?q=SELECT+1&pipeline=top_pages')
    expect(answer).toMatchObject({ status: 404, body: { error: expect.stringContaining('top_pages') } })
  })
})

describe('data sources', () => {
  it.each([
    ["name=x&schema=a%20Int8)%20ENGINE=Kafka('a')%20--", 403],
    ['name=x&schema=a%20Int8)%20ENGINE=Memory;DROP%20TABLE%20y%20--', 400],
    ['name=x&schema=a%20Nothing(', 400],
    ['name=1x&schema=a%20Int8', 400],
    ['name=x&schema=a%20Int8&engine=Kafka', 400],
  ])('are not made by %s', async (parameters, status) => {
    expect((await post(`/v0/datasources?${parameters}`)).status).toBe(status)
    expect((await call('GET', '/v0/datasources/x')).status).toBe(404)
  })

  it('are shown, altered, emptied and dropped', async () => {
    await create('managed', 'a Int32, b String')
    await load('managed', '1,x\n2,y\n')
    const { body } = await call('GET', '/v0/datasources/managed')
    expect(body).toMatchObject({ name: 'managed', statistics: { row_count: 2 }, engine: { engine: 'MergeTree' } })
    const altered = await post('/v0/datasources/managed/alter?schema=a%20Int32,%20b%20String,%20c%20Nullable(Date)')
    expect(altered).toMatchObject({ status: 200, body: { operations: ['ADD COLUMN `c` Nullable(Date)'] } })
    expect((await post('/v0/datasources/managed/alter?schema=b%20String')).status).toBe(400)
    const dry = await post(
      '/v0/datasources/managed/delete',
      new URLSearchParams({ delete_condition: 'a = 1', dry_run: 'true' }),
    )
    expect(dry.body).toMatchObject({ rows_to_be_deleted: 1 })
    const deleting = await post('/v0/datasources/managed/delete', new URLSearchParams({ delete_condition: 'a = 1' }))
    expect(deleting.body).toMatchObject({ delete_id: expect.any(String), rows_to_be_deleted: 1 })
    expect(await finished(deleting.body.job_id)).toMatchObject({ status: 'done', kind: 'delete_data' })
    expect(await query('SELECT a FROM managed')).toEqual([[2]])
    expect((await post('/v0/datasources/managed/truncate')).status).toBe(205)
    expect(await query('SELECT a FROM managed')).toEqual([])
    expect((await call('DELETE', `/v0/datasources/${body.id}`)).status).toBe(204)
    expect((await call('GET', '/v0/datasources/managed')).status).toBe(404)
    expect((await load('managed', '1,x\n', '&mode=replace')).status).toBe(404)
  })

  it('can be looked at by ClickHouse clients', async () => {
    await create('beside', 'a Int32')
    const headers = { 'x-clickhouse-user': 'default', 'x-clickhouse-key': server.token }
    const response = await fetch(`${server.clickhouseUrl}/?query=EXISTS+beside`, { headers })
    expect(await response.text()).toBe('1\n')
    expect((await fetch(`${server.clickhouseUrl}/?query=SELECT+1`)).status).toBe(403)
  })
})

describe('faults and limits', () => {
  it('fails on purpose', async () => {
    server.fault({
      path: '/v0/regions',
      status: 503,
      headers: { 'retry-after': '7' },
      body: 'busy',
      times: 2,
      after: 1,
    })
    const statuses = []
    for (let index = 0; index < 4; index++) statuses.push((await fetch(`${server.url}/v0/regions`)).status)
    expect(statuses).toEqual([200, 503, 503, 200])
    server.fault({ status: 'cut' })
    await expect(fetch(`${server.url}/v0/regions`).then((response) => response.text())).rejects.toThrow()
    expect(server.requests().filter(({ status }) => status === 503)).toHaveLength(2)
  })

  it('limits requests per minute', async () => {
    await using limited = await startTinybirdLocal({ token: 'p.mine', rateLimits: { loadsPerMinute: 2 } })
    const send = () =>
      fetch(`${limited.url}/v0/datasources?mode=append&name=few&format=csv`, {
        method: 'POST',
        body: 'a\n1\n',
        headers: { authorization: 'Bearer p.mine' },
      })
    expect((await send()).headers.get('x-ratelimit-remaining')).toBe('1')
    expect((await send()).status).toBe(200)
    const refused = await send()
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.headers.get('x-ratelimit-limit')).toBe('2')
  })
})
