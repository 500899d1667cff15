import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClickhouseHttp, startClickhouseHttp } from './index.ts'

let server: ClickhouseHttp
const basic = `Basic ${Buffer.from('default:pass word').toString('base64')}`

beforeAll(async () => {
  server = await startClickhouseHttp({ password: 'pass word' })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})

function ask(query: string, options: RequestInit & { readonly parameters?: Record<string, string> } = {}) {
  const { parameters = {}, ...init } = options
  const search = new URLSearchParams({ query, ...parameters })
  return fetch(`${server.url}/?${search}`, {
    method: 'POST',
    ...init,
    headers: { authorization: basic, ...(init.headers as Record<string, string>) },
  })
}

async function text(query: string, options?: Parameters<typeof ask>[1]): Promise<string> {
  const response = await ask(query, options)
  const body = await response.text()
  if (!response.ok) throw new Error(body)
  return body
}

describe('statements and results', () => {
  it('takes the statement from the URL, the body, or both', async () => {
    expect(await text('SELECT 1')).toBe('1\n')
    expect(await text('', { body: 'SELECT 2' })).toBe('2\n')
    expect(await text('SELECT 3,', { body: '4' })).toBe('3\t4\n')
  })

  it('answers in the wanted format, which the statement can override', async () => {
    const format = { parameters: { default_format: 'JSONEachRow' } }
    const response = await ask('SELECT 1 AS a', format)
    expect(response.headers.get('x-clickhouse-format')).toBe('JSONEachRow')
    expect(response.headers.get('content-type')).toMatch('application/x-ndjson')
    expect(await response.text()).toBe('{"a":1}\n')
    expect(await text('SELECT 1 AS a FORMAT CSVWithNames SETTINGS max_threads = 1', format)).toBe('"a"\n1\n')
  })

  it('binds parameters and takes settings and the database', async () => {
    const parameters = { param_x: "it's", max_threads: '3', database: 'system' }
    expect(await text("SELECT {x:String}, getSetting('max_threads'), currentDatabase()", { parameters })).toBe(
      "it\\'s\t3\tsystem\n",
    )
  })

  it('compresses the result when asked', async () => {
    const parameters = { enable_http_compression: '1' }
    const response = await ask('SELECT 1', { parameters, headers: { 'accept-encoding': 'gzip' } })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(await response.text()).toBe('1\n')
  })

  it('streams a result that is larger than what it may keep', async () => {
    const before = process.memoryUsage().rss
    const response = await ask('SELECT number, toString(number) FROM numbers(20000000)')
    let bytes = 0
    for await (const chunk of response.body ?? []) bytes += chunk.length
    expect(bytes).toBe(337_777_780)
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6)
  })

  it('serves requests side by side', async () => {
    const controller = new AbortController()
    const long = 'SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1'
    const running = Array.from({ length: 6 }, () =>
      ask(long, { signal: controller.signal }).then((answer) => answer.text()),
    )
    const ended = Promise.allSettled(running)
    const count = () => text("SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow%'")
    await until(async () => (await count()) === '7\n')
    controller.abort()
    expect((await ended).every(({ status }) => status === 'rejected')).toBe(true)
  })
})

describe('inserts', () => {
  it('takes rows of any format from the body', async () => {
    await text('CREATE TABLE formats (a UInt64, s Nullable(String)) ENGINE = MergeTree ORDER BY a')
    const summary = await ask('INSERT INTO formats FORMAT CSV', { body: '1,"a ""b"""\n2,\\N\n' })
    expect(JSON.parse(summary.headers.get('x-clickhouse-summary') ?? '')).toMatchObject({ written_rows: '2' })
    await text('INSERT INTO formats (s, a) FORMAT JSONEachRow', { body: '{"a":3,"s":"ü"}\n' })
    for (const format of ['Parquet', 'Native', 'RowBinary', 'Arrow']) {
      const rows = await (
        await ask(`SELECT x + 10 AS a, s FROM (SELECT a AS x, s FROM formats WHERE a < 10) FORMAT ${format}`)
      ).bytes()
      await text(`INSERT INTO formats FORMAT ${format}`, { body: rows })
    }
    expect(await text('SELECT a, count() FROM formats GROUP BY a ORDER BY a')).toBe(
      '1\t1\n2\t1\n3\t1\n11\t4\n12\t4\n13\t4\n',
    )
    await text('', { body: 'INSERT INTO formats (a) VALUES (100), (50 * 4)' })
    await text('', { body: 'INSERT INTO formats SETTINGS input_format_null_as_default = 1 FORMAT CSV\n201,é\n' })
    await text('INSERT INTO formats FORMAT CSV', {
      body: gzipSync('202,z\n'),
      headers: { 'content-encoding': 'gzip' },
    })
    expect(await text('SELECT a, s FROM formats WHERE a >= 100 ORDER BY a')).toBe(
      '100\t\\N\n200\t\\N\n201\té\n202\tz\n',
    )
  })

  it('streams a large body in and gives the same bytes back', async () => {
    await text('CREATE TABLE large (a UInt64, s String) ENGINE = MergeTree ORDER BY a')
    const hash = createHash('sha256')
    let made = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (made === 2_000_000) return controller.close()
        let lines = ''
        for (const end = made + 20_000; made < end; made++) lines += `${made}\trow "${made}"\n`
        hash.update(lines)
        controller.enqueue(Buffer.from(lines))
      },
    })
    await text('INSERT INTO large FORMAT TSV', { body, duplex: 'half' })
    const back = createHash('sha256')
    for await (const chunk of (await ask('SELECT * FROM large ORDER BY a')).body ?? []) back.update(chunk)
    expect(back.digest('hex')).toBe(hash.digest('hex'))
  })

  it('keeps nothing of an upload that breaks off', async () => {
    await text('CREATE TABLE broken (a UInt64) ENGINE = MergeTree ORDER BY a')
    const controller = new AbortController()
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(Buffer.from('1\n'.repeat(10_000))),
    })
    const running = ask('INSERT INTO broken FORMAT CSV', { body, duplex: 'half', signal: controller.signal })
    await until(
      async () => (await text("SELECT count() FROM system.processes WHERE query LIKE '%INTO broken%'")) !== '1\n',
    )
    controller.abort()
    await expect(running).rejects.toThrow()
    await until(
      async () => (await text("SELECT count() FROM system.processes WHERE query LIKE '%INTO broken%'")) === '1\n',
    )
    expect(await text('SELECT count() FROM broken')).toBe('0\n')
  })
})

describe('failures', () => {
  it.each([
    ['SELEC 1', 400, '62'],
    ['SELECT * FROM nowhere', 404, '60'],
    ['SELECT 1 SETTINGS nothing = 1', 404, '115'],
    ["CREATE TABLE k (a Int8) ENGINE = Kafka('a', 'b', 'c', 'CSV')", 403, '497'],
    ['CREATE TABLE k (a Int8) ENGINE = /* so */ `MySQL`()', 403, '497'],
    ["SELECT * FROM file('/etc/passwd', 'LineAsString')", 403, '497'],
    ['SELECT 1; SELECT 2', 400, '62'],
    ["CREATE DICTIONARY k (a UInt8) PRIMARY KEY a SOURCE(HTTP(URL 'http://localhost')) LAYOUT(FLAT())", 403, '497'],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", 403, '497'],
  ])('%s', async (query, status, code) => {
    const response = await ask(query)
    expect(response.status).toBe(status)
    expect(response.headers.get('x-clickhouse-exception-code')).toBe(code)
    expect(await response.text()).toMatch(new RegExp(`^Code: ${code}\\. DB::Exception: .+\\([A-Z_]+\\) \\(version `))
  })

  it('refuses wrong users and passwords, and takes the right ones in every place', async () => {
    expect((await fetch(`${server.url}/?query=SELECT+1`)).status).toBe(403)
    expect((await ask('SELECT 1', { headers: { authorization: 'Basic eDp5' } })).status).toBe(403)
    const headers = { 'x-clickhouse-user': 'default', 'x-clickhouse-key': 'pass word' }
    expect((await fetch(`${server.url}/?query=SELECT+1`, { headers })).status).toBe(200)
    expect((await fetch(`${server.url}/?query=SELECT+1&user=default&password=pass+word`)).status).toBe(200)
    expect(await (await fetch(`${server.url}/ping`)).text()).toBe('Ok.\n')
  })

  it('refuses writes by GET and with readonly', async () => {
    const query = 'CREATE TABLE unwanted (a Int8) ENGINE = Memory'
    for (const options of [{ method: 'GET' }, { parameters: { readonly: '1' } }]) {
      const response = await ask(query, options)
      expect(response.headers.get('x-clickhouse-exception-code')).toBe('164')
    }
    expect(await text('SELECT 1', { parameters: { readonly: '1' } })).toBe('1\n')
  })

  it('says with a status when a result fails early, and breaks off when it fails late', async () => {
    const query = (at: number) =>
      `SELECT number, throwIf(number = ${at}) FROM numbers(10000000) SETTINGS max_threads = 1`
    expect((await ask(query(10))).status).toBe(500)
    expect((await ask(query(9_000_000), { parameters: { wait_end_of_query: '1' } })).status).toBe(500)
    const late = await ask(query(9_000_000))
    expect(late.status).toBe(200)
    let last = ''
    await expect(async () => {
      for await (const chunk of late.body ?? []) last = (last + Buffer.from(chunk).toString()).slice(-1000)
    }).rejects.toThrow()
    expect(last).toMatch(`__exception__\r\n${late.headers.get('x-clickhouse-exception-tag')}\r\nCode: 395`)
  })

  it('ends a statement whose client has gone away', async () => {
    const controller = new AbortController()
    const running = ask('SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1', {
      signal: controller.signal,
    })
    const count = () => text("SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%'")
    await until(async () => (await count()) === '2\n')
    controller.abort()
    await expect(running).rejects.toThrow()
    await until(async () => (await count()) === '1\n')
  })

  it('ends a statement whose client goes away in the middle of a compressed result', async () => {
    const controller = new AbortController()
    const response = await ask('SELECT sipHash64(number, 1) FROM numbers(1000000000000)', {
      parameters: { enable_http_compression: '1' },
      headers: { 'accept-encoding': 'gzip' },
      signal: controller.signal,
    })
    await response.body?.getReader().read()
    controller.abort()
    const count = () => text("SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(number, 1)%'")
    await until(async () => (await count()) === '1\n')
  })
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}
