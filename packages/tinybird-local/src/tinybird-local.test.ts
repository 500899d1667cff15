import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTinybirdLocal, type TinybirdLocal } from './index.ts'

let server: TinybirdLocal

beforeAll(async () => {
  server = await startTinybirdLocal()
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})

interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at as they come
  readonly body: any
}

async function call(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { authorization: `Bearer ${server.token}`, ...(init.headers as Record<string, string>) }
  const response = await fetch(`${server.url}${path}`, { method, ...init, headers })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

const post = (path: string, body?: RequestInit['body'], headers: Record<string, string> = {}) =>
  call('POST', path, { ...(body === undefined ? {} : { body, duplex: 'half' }), headers })

async function create(name: string, schema: string, more = ''): Promise<void> {
  const answer = await post(`/v0/datasources?name=${name}&schema=${encodeURIComponent(schema)}${more}`)
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
}

const load = (name: string, rows: RequestInit['body'], more = '&mode=append&format=csv') =>
  post(`/v0/datasources?name=${name}${more}`, rows, { 'content-type': 'text/csv' })

async function query(sql: string): Promise<unknown[]> {
  const { status, body } = await call('GET', `/v0/sql?q=${encodeURIComponent(`${sql} FORMAT JSONCompact`)}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body.data
}

async function finished(id: string): Promise<Answer['body']> {
  for (;;) {
    const { body } = await call('GET', `/v0/jobs/${id}`)
    if (body.status !== 'waiting' && body.status !== 'working') return body
  }
}

describe('tokens', () => {
  it('wants one, and the right one', async () => {
    expect((await fetch(`${server.url}/v0/datasources`)).status).toBe(401)
    const wrong = await call('GET', '/v0/datasources', { headers: { authorization: 'Bearer x' } })
    expect(wrong).toMatchObject({ status: 403, body: { error: 'Invalid token.', documentation: expect.any(String) } })
    expect((await fetch(`${server.url}/v0/datasources?token=${server.token}`)).status).toBe(200)
    expect((await fetch(`${server.url}/v0/regions`)).status).toBe(200)
  })
})

describe('loads', () => {
  it('appends CSV by position and, with a header, by name', async () => {
    await create('append_csv', 'a Int32, b Nullable(String), c String')
    expect((await load('append_csv', '1,x,y\n2,,""\n')).body).toMatchObject({
      successful_rows: 2,
      quarantined_rows: 0,
      import_id: expect.any(String),
    })
    await load('append_csv', 'c,a\n"named, so",3\n')
    const rows = await query('SELECT * FROM append_csv ORDER BY a')
    expect(rows).toEqual([
      [1, 'x', 'y'],
      [2, null, ''],
      [3, null, 'named, so'],
    ])
    expect((await load('append_csv', 'a,b,nothing\n1,2,3\n')).status).toBe(400)
  })

  it('takes gzip, multipart, NDJSON, Parquet and other delimiters', async () => {
    await create('formats', 'a Int32, s String')
    await load('formats', gzipSync('1,gzip\n'))
    await load('formats', '2;semicolon\r\n', '&mode=append&dialect_delimiter=%3B')
    await post('/v0/datasources?name=formats&mode=append&format=ndjson', '{"s":"json","a":3,"more":1}\n')
    const form = new FormData()
    form.append('csv', new Blob(['4,"multi\npart"\n']), 'data.csv')
    await post('/v0/datasources?name=formats&mode=append', form)
    const bytes = await fetch(
      `${server.url}/v0/sql?q=${encodeURIComponent("SELECT 5::Int64 AS a, 'parquet' AS s FORMAT Parquet")}`,
      { headers: { authorization: `Bearer ${server.token}` } },
    ).then((response) => response.bytes())
    const file = new FormData()
    file.append('parquet', new Blob([bytes]), 'data.parquet')
    const loaded = await post('/v0/datasources?name=formats&mode=append&format=parquet', file)
    expect(loaded.body).toMatchObject({ successful_rows: 1 })
    expect(await query('SELECT * FROM formats ORDER BY a')).toEqual([
      [1, 'gzip'],
      [2, 'semicolon'],
      [3, 'json'],
      [4, 'multi\npart'],
      [5, 'parquet'],
    ])
  })

  it('keeps values of every type', async () => {
    const types =
      'i8 Int8, u64 UInt64, i256 Int256, d Decimal(38, 9), f Float64, dt DateTime64(6), dd Date32, u UUID, b Bool, a Array(Nullable(String)), lc LowCardinality(Nullable(String)), m Map(String, Int32), ip IPv4'
    await create('values_of', types)
    const row = [
      '-128',
      '18446744073709551615',
      '-57896044618658097711785492504343953926634992332820282019728792003956564819968',
      '12345678901234567890123456789.123456789',
      '1.7976931348623157e308',
      '2001-02-03 04:05:06.123456',
      '1900-01-01',
      '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
      't',
      `"['a',NULL,'b''c,""d""']"`,
      'low',
      `"{'k':1}"`,
      '1.2.3.4',
    ]
    expect((await load('values_of', `${row.join(',')}\n`)).body).toMatchObject({
      successful_rows: 1,
      quarantined_rows: 0,
    })
    const [values] = await query('SELECT * APPLY(toString) FROM values_of')
    expect(values).toEqual([...row.slice(0, 8), 'true', "['a',NULL,'b\\'c,\"d\"']", 'low', "{'k':1}", '1.2.3.4'])
  })

  it('creates from a file and guesses the types', async () => {
    const answer = await load('guessed', 'id,name,at\n1,x,2020-01-01 00:00:00\n2,,2020-01-02 00:00:00\n', '&format=csv')
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect(answer.body).toMatchObject({ successful_rows: 2, datasource: { name: 'guessed' } })
    expect(answer.body.datasource.columns.map((column: { name: string }) => column.name)).toEqual(['id', 'name', 'at'])
    expect((await load('guessed', '1,x\n', '&mode=create')).status).toBe(409)
    expect(await query('SELECT id, name FROM guessed ORDER BY id')).toEqual([
      [1, 'x'],
      [2, ''],
    ])
  })

  it('loads a large body while it arrives', async () => {
    await create('large', 'a UInt32, s String')
    let made = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (made === 1_000_000) return controller.close()
        let lines = ''
        for (const end = made + 10_000; made < end; made++) lines += `${made},"row ${made}"\n`
        controller.enqueue(Buffer.from(lines))
      },
    })
    const form = { 'content-type': 'multipart/form-data; boundary=edge' }
    const start = '--edge\r\nContent-Disposition: form-data; name="csv"; filename="a.csv"\r\n\r\n'
    const parts = async function* () {
      yield Buffer.from(start)
      yield* body
      yield Buffer.from('\r\n--edge--\r\n')
    }
    const answer = await post('/v0/datasources?name=large&mode=append&format=csv', ReadableStream.from(parts()), form)
    expect(answer.body).toMatchObject({ successful_rows: 1_000_000 })
    expect(await query('SELECT count(), uniqExact(s), max(a) FROM large')).toEqual([[1_000_000, 1_000_000, 999_999]])
  })

  it('refuses what cannot be uncompressed, or is no Parquet file', async () => {
    await create('unreadable', 'a Int32')
    const gzip = new Uint8Array([0x1f, 0x8b, ...new Array(100).fill(7)])
    expect((await load('unreadable', gzip)).status).toBe(400)
    expect((await load('unreadable', gzipSync('1\n2\n').subarray(0, 20))).status).toBe(400)
    const parquet = await load('unreadable', 'x'.repeat(1000), '&mode=append&format=parquet')
    expect(parquet.status).toBe(400)
    expect(parquet.body.error).not.toMatch('/tmp')
    expect(await query('SELECT count() FROM unreadable')).toEqual([[0]])
  })

  it('limits what is sent at once', async () => {
    await create('limited', 'a String')
    expect((await load('limited', 'x'.repeat(8_000_001))).status).toBe(413)
    expect(await query('SELECT count() FROM limited')).toEqual([[0]])
  })

  it('imports a URL as a job', async () => {
    await create('remote', 'a Int32')
    const files = createServer((request, response) => {
      if (request.url !== '/rows.csv') response.statusCode = 404
      response.end('1\n2\nx\n')
    })
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
    const { port } = files.address() as { port: number }
    const url = (name: string) => encodeURIComponent(`http://127.0.0.1:${port}/${name}`)
    const answer = await post(`/v0/datasources?name=remote&mode=append&url=${url('rows.csv')}`)
    expect(answer.body).toMatchObject({ job_id: expect.any(String), job_url: expect.stringContaining('/v0/jobs/') })
    expect(await finished(answer.body.job_id)).toMatchObject({
      status: 'done',
      kind: 'import',
      quarantine_rows: 1,
      invalid_lines: 0,
      statistics: { row_count: 2 },
    })
    const failing = await post(
      '/v0/datasources?name=remote&mode=append',
      new URLSearchParams({ url: `http://127.0.0.1:${port}/no.csv` }),
    )
    expect(await finished(failing.body.job_id)).toMatchObject({
      status: 'error',
      error: expect.stringContaining('404'),
    })
    const listed = await call('GET', '/v0/jobs?status=error')
    expect(listed.body.jobs).toHaveLength(1)
    files.close()
  })
})

describe('quarantine', () => {
  it('keeps rows that parse and do not fit, and counts lines that cannot be parsed', async () => {
    await create('strict', 'a Int8, b Nullable(Date), s String')
    const rows =
      '1,2020-01-01,fits\n300,2020-01-01,large\nx,2020-01-01,word\n2,someday,"no, date"\n3,2020-01-01\n4,,fits\n'
    const answer = await load('strict', rows)
    expect(answer.body).toMatchObject({ successful_rows: 2, quarantined_rows: 3, invalid_lines: 1 })
    expect(await query('SELECT a, s FROM strict ORDER BY a')).toEqual([
      [1, 'fits'],
      [4, 'fits'],
    ])
    const kept = await query(
      `SELECT a, b, s, c__error_column, c__import_id = '${answer.body.import_id}', insertion_date > '2020-01-01' FROM strict_quarantine ORDER BY s`,
    )
    expect(kept).toEqual([
      ['300', '2020-01-01', 'large', ['a'], 1, 1],
      ['2', 'someday', 'no, date', ['b'], 1, 1],
      ['x', '2020-01-01', 'word', ['a'], 1, 1],
    ])
    expect(
      (await call('GET', '/v0/datasources')).body.datasources.map((one: { name: string }) => one.name),
    ).not.toContain('strict_quarantine')
  })

  it('does the same for NDJSON', async () => {
    await create('strict_json', 'a Int8, s String')
    const rows = '{"a":1,"s":"fits"}\n{"a":"x","s":"word"}\n\n{no\n{"a":300,"s":"large"}\n[1]\n{"a":2,"s":"fits"}'
    const answer = await post('/v0/events?name=strict_json&wait=true', rows)
    expect(answer).toMatchObject({ status: 200, body: { successful_rows: 2, quarantined_rows: 4 } })
    expect(await query('SELECT a, s, c__error_column FROM strict_json_quarantine ORDER BY s')).toEqual([
      ['300', 'large', ['a']],
      ['x', 'word', ['a']],
    ])
  })

  it('lets no integer wrap around, in arrays and Parquet files neither', async () => {
    await create('whole', 'i Int8, n Nullable(UInt64), a Array(Nullable(Int8))')
    const rows = '127,18446744073709551615,"[1,NULL]"\n128,0,[]\n1,18446744073709551616,[]\n2,-1,[]\n3,,"[300]"\n'
    expect((await load('whole', rows)).body).toMatchObject({ successful_rows: 1, quarantined_rows: 4 })
    expect(await query('SELECT i, toString(n), a FROM whole')).toEqual([[127, '18446744073709551615', [1, null]]])
    const sql = 'SELECT number + 126 AS i, 0 AS n, [1] AS a FROM numbers(3) FORMAT Parquet'
    const file = await fetch(`${server.url}/v0/sql?q=${encodeURIComponent(sql)}&token=${server.token}`)
    const loaded = await load('whole', await file.bytes(), '&mode=append&format=parquet')
    expect(loaded.body).toMatchObject({ successful_rows: 2, quarantined_rows: 1 })
  })

  it('gives up on a file that has hardly a row that can be read', async () => {
    await create('hopeless', 'a UInt16, s String')
    const answer = await load('hopeless', 'word,s\n'.repeat(25_000))
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining('More than 20000 rows') } })
    expect(await query('SELECT count() FROM hopeless')).toEqual([[0]])
  })

  it('works for large files, too', async () => {
    await create('strict_large', 'a UInt16, s String')
    const rows = Array.from(
      { length: 200_000 },
      (_, index) => `${index % 2000 === 7 ? 'bad' : index % 60_000},s${index}\n`,
    )
    const answer = await load('strict_large', rows.join(''))
    expect(answer.body).toMatchObject({ successful_rows: 199_900, quarantined_rows: 100, invalid_lines: 0 })
    expect(await query('SELECT count(), uniqExact(s) FROM strict_large')).toEqual([[199_900, 199_900]])
  })
})

describe('replace', () => {
  it('is atomic for readers', async () => {
    await create('swapped', 'a UInt32, s String')
    const rows = (count: number, text: string) =>
      Array.from({ length: count }, (_, index) => `${index},${text}\n`).join('')
    await load('swapped', rows(200_000, 'old'))
    let done = false
    const seen = new Set<string>()
    const reading = (async () => {
      while (!done) seen.add(JSON.stringify(await query('SELECT count(), any(s), uniqExact(s) FROM swapped')))
    })()
    for (const text of ['new', 'newer']) {
      const answer = await load('swapped', rows(250_000, text), '&mode=replace&format=csv')
      expect(answer.body).toMatchObject({ successful_rows: 250_000 })
    }
    done = true
    await reading
    const allowed = [
      [200_000, 'old'],
      [250_000, 'new'],
      [250_000, 'newer'],
    ].map(([count, text]) => JSON.stringify([[count, text, 1]]))
    expect([...seen].filter((one) => !allowed.includes(one))).toEqual([])
  })

  it('takes and replaces only what the condition names', async () => {
    await create('partly', 'day Date, n Int32', '&engine_partition_key=toYYYYMM(day)&engine_sorting_key=day')
    await load('partly', '2020-01-01,1\n2020-01-02,2\n2020-02-01,3\n')
    const condition = encodeURIComponent('toYYYYMM(day) = 202001')
    const answer = await load(
      'partly',
      '2020-01-05,10\n2020-03-01,11\n',
      `&mode=replace&replace_condition=${condition}`,
    )
    expect(answer.body).toMatchObject({ successful_rows: 1 })
    expect(await query('SELECT n FROM partly ORDER BY n')).toEqual([[3], [10]])
    for (const bad of ['nothing = 1', '1) SETTINGS x = (1', 'day = ']) {
      const refused = await load(
        'partly',
        '2020-01-05,10\n',
        `&mode=replace&replace_condition=${encodeURIComponent(bad)}`,
      )
      expect(refused.status, bad).toBe(400)
    }
  })

  it('empties a data source', async () => {
    await create('emptied', 'a UInt32')
    await load('emptied', '1\n2\n')
    expect((await load('emptied', 'a\n', '&mode=replace')).body).toMatchObject({ successful_rows: 0 })
    expect(await query('SELECT a FROM emptied')).toEqual([])
  })

  it('leaves everything as it was when the upload breaks off', async () => {
    await create('kept', 'a UInt32')
    await load('kept', '1\n2\n')
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(Buffer.from('3\n'.repeat(1_000_000))),
      pull: (stream) => stream.error(new Error('gone')),
    })
    await expect(load('kept', body, '&mode=replace')).rejects.toThrow()
    expect(await load('kept', '4\n')).toMatchObject({ body: { successful_rows: 1 } })
    expect(await query('SELECT a FROM kept ORDER BY a')).toEqual([[1], [2], [4]])
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
