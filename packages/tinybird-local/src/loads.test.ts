import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer } from './requests.test.fixture.ts'

let { server, call, post, create, load, query, finished } = {} as Awaited<ReturnType<typeof openServer>>

beforeAll(async () => {
  ;({ server, call, post, create, load, query, finished } = await openServer())
})
afterAll(() => server[Symbol.asyncDispose]())

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
