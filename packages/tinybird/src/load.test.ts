import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { JobError, RejectedRowsError } from './errors.ts'
import { type ScriptedServer, startScriptedServer } from './scripted-server.test.fixture.ts'

let server: ScriptedServer
let folder: string
beforeAll(async () => {
  server = await startScriptedServer()
  folder = await mkdtemp(join(tmpdir(), 'millrace-tinybird-'))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  server.requests.length = 0
  server.clock.waits.length = 0
  server.messages.length = 0
  server.script({ body: { successful_rows: 2, quarantined_rows: 0, import_id: 'imp-1' } })
})

const last = () => {
  const request = server.requests.at(-1)
  if (request === undefined) throw new Error('There was no request.')
  return request
}

describe('a load', () => {
  it('of CSV data is a body, and the dialect has no escape character', async () => {
    const result = await server.client().appendData('flights', 'a,b\n1,2\n', { format: 'csv' })
    expect(last().url).toBe(
      '/v0/datasources?name=flights&mode=append&format=csv&dialect_delimiter=%2C&dialect_new_line=%0A',
    )
    expect(last().text).toBe('a,b\n1,2\n')
    expect(last().headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-length': '8',
      'accept-encoding': 'gzip',
      'x-tb-cdk-tag': 'nightly',
      'x-millrace-run': result.runId,
    })
    expect(result).toMatchObject({
      status: 200,
      successfulRows: 2,
      quarantinedRows: 0,
      invalidLines: 0,
      importId: 'imp-1',
    })
    expect(result.headers['content-type']).toBe('application/json')
    expect(result.body).toEqual({ successful_rows: 2, quarantined_rows: 0, import_id: 'imp-1' })
  })

  it.each([
    ['ndjson', 'application/x-ndjson; charset=utf-8'],
    ['parquet', 'application/vnd.apache.parquet'],
  ] as const)('of %s has no dialect', async (format, type) => {
    await server.client().replaceData('flights', Buffer.from([0xff, 0x00]), { format })
    expect(last().url).toBe(`/v0/datasources?name=flights&mode=replace&format=${format}`)
    expect(last().headers['content-type']).toBe(type)
    expect([...last().raw]).toEqual([0xff, 0x00])
  })

  it('of data that is too large for a body is an upload', async () => {
    const client = server.client({ rawBodyBytes: 4 })
    await client.appendData('flights', '1234', { format: 'csv' })
    expect(last().headers['content-type']).toBe('text/csv; charset=utf-8')
    await client.appendData('flights', '12345', { format: 'csv' })
    expect(last().headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(Number(last().headers['content-length'])).toBe(last().raw.byteLength)
    expect(await formOf(last())).toEqual({ field: 'csv', filename: 'data.csv', text: '12345' })
  })

  it.each([
    ['flights.csv', 'csv', 'text/csv; charset=utf-8'],
    ['flights.ndjson', 'ndjson', 'application/x-ndjson; charset=utf-8'],
    ['flights.parquet', 'parquet', 'application/vnd.apache.parquet'],
    ['ünï "quoted".csv', 'csv', 'text/csv; charset=utf-8'],
    ['flights.csv.gz', 'csv', 'application/gzip'],
    ['flights.ndjson.gz', 'ndjson', 'application/gzip'],
  ] as const)('of the file %s is an upload of known length', async (name, format, type) => {
    const content = name.endsWith('.gz') ? gzipSync('1,2\n') : Buffer.from('1,2\n')
    const path = join(folder, name)
    await writeFile(path, content)
    const progress: number[] = []
    await server.client().appendFile('flights', path, { format, onProgress: (bytes) => progress.push(bytes) })
    expect(Number(last().headers['content-length'])).toBe(last().raw.byteLength)
    expect(last().query.get('format')).toBe(format)
    const form = await new Response(new Uint8Array(last().raw), {
      headers: { 'content-type': contentType() },
    }).formData()
    const file = form.get(format) as File
    expect([file.name, file.type]).toEqual([name, type])
    expect(Buffer.from(await file.arrayBuffer()).equals(content)).toBe(true)
    expect(progress).toEqual([content.byteLength])
  })

  it('of an empty file is one too', async () => {
    await writeFile(join(folder, 'empty.csv'), '')
    await server.client().appendFile('flights', join(folder, 'empty.csv'), { format: 'csv' })
    expect(await formOf(last())).toEqual({ field: 'csv', filename: 'empty.csv', text: '' })
  })

  it('of a file that is not there, or becomes shorter, fails', async () => {
    await expect(server.client().appendFile('flights', join(folder, 'none'), { format: 'csv' })).rejects.toMatchObject({
      code: 'TINYBIRD_FILE_UNREADABLE',
    })
    await expect(server.client().appendFile('flights', folder, { format: 'csv' })).rejects.toMatchObject({
      code: 'TINYBIRD_FILE_UNREADABLE',
    })
    const path = join(folder, 'shrinking.csv')
    await writeFile(path, Buffer.alloc(4_000_000))
    const onProgress = () => void truncate(path, 1000)
    await expect(server.client().appendFile('flights', path, { format: 'csv', onProgress })).rejects.toMatchObject({
      code: 'TINYBIRD_FILE_CHANGED',
    })
  })

  it('of a stream begins anew with each attempt', async () => {
    server.script({ status: 408 }, { status: 429 }, { body: { successful_rows: 3 } })
    let opened = 0
    let closed = 0
    const progress: number[] = []
    const result = await server.client().appendStream(
      'flights',
      async function* () {
        opened++
        try {
          for (const line of ['1\n', '22\n', '333\n']) yield Buffer.from(line)
        } finally {
          closed++
        }
      },
      { format: 'csv', onProgress: (bytes) => progress.push(bytes) },
    )
    expect([opened, closed]).toEqual([3, 3])
    expect(last().headers['transfer-encoding']).toBe('chunked')
    for (const request of server.requests) expect((await formOf(request)).text).toBe('1\n22\n333\n')
    expect(progress).toEqual([2, 5, 9, 2, 5, 9, 2, 5, 9])
    expect(result).toMatchObject({ successfulRows: 3, attemptsTimedOut: 1 })
  })

  it('takes memory of a chunk only until the next one is asked for', async () => {
    const reused = Buffer.alloc(200_000)
    await server.client().appendStream(
      'flights',
      async function* () {
        for (let index = 0; index < 50; index++) yield reused.fill(65 + (index % 26))
      },
      { format: 'csv' },
    )
    const { text } = await formOf(last())
    expect(text).toBe(Array.from({ length: 50 }, (_, i) => String.fromCharCode(65 + (i % 26)).repeat(200_000)).join(''))
  })

  it('sends the condition of a replacement as a parameter, and as a field beside a URL', async () => {
    const client = server.client()
    const options = { format: 'csv', replaceCondition: "day >= '2026-01-01' AND x = 'ä&b'" } as const
    const path = join(folder, 'part.csv')
    await writeFile(path, '1\n')
    for (const send of [
      () => client.replaceData('flights', '1\n', options),
      () => client.replaceFile('flights', path, options),
      () => client.replaceStream('flights', () => lineStream('1\n'), options),
    ]) {
      await send()
      expect(last().query.get('replace_condition')).toBe(options.replaceCondition)
    }
    await client.replaceUrl('flights', 'https://files.example/a.csv?sig=1', options)
    expect(last().query.has('replace_condition')).toBe(false)
    expect(last().query.has('url')).toBe(false)
    expect(Object.fromEntries(new URLSearchParams(last().text))).toEqual({
      url: 'https://files.example/a.csv?sig=1',
      replace_condition: options.replaceCondition,
    })
  })

  it.each(['', 'a b', 'a/../b', 'a?b', '1a', "a'b", 'a;b', 'ä', 'a.b.c'])('refuses the name %j', async (name) => {
    const client = server.client()
    const refused = { code: 'TINYBIRD_NAME_INVALID', recovery: 'config' }
    await expect(client.appendData(name, '1\n', { format: 'csv' })).rejects.toMatchObject(refused)
    await expect(client.appendEvent(name, {})).rejects.toMatchObject(refused)
    await expect(client.truncate(name)).rejects.toMatchObject(refused)
    await expect(client.quarantine(name)).rejects.toMatchObject(refused)
    expect(server.requests).toEqual([])
  })

  it('carries one run identifier over all attempts, which the caller may choose', async () => {
    server.script({ status: 408 }, {})
    const result = await server.client().appendData('flights', '1\n', { format: 'csv', runId: 'run-7' })
    expect(result.runId).toBe('run-7')
    expect(server.requests.map(({ headers }) => headers['x-millrace-run'])).toEqual(['run-7', 'run-7'])
    expect(server.messages[0]).toMatch(/^warning POST \/v0\/datasources of run run-7 was answered with 408 /)
    server.script({ status: 500 })
    await expect(server.client().appendData('flights', '1\n', { format: 'csv', runId: 'run-8' })).rejects.toMatchObject(
      { details: { runId: 'run-8' } },
    )
  })

  it('refuses an empty condition, which would mean all rows', async () => {
    const refused = { code: 'TINYBIRD_CONDITION_EMPTY' }
    const options = { format: 'csv', replaceCondition: ' ' } as const
    await expect(server.client().replaceData('flights', '1\n', options)).rejects.toMatchObject(refused)
    await expect(server.client().deleteRows('flights', '')).rejects.toMatchObject(refused)
    expect(server.requests).toEqual([])
  })
})

describe('rejected rows', () => {
  it.each([
    [{ quarantined_rows: 3 }, 3, 0],
    [{ quarantine_rows: 3, invalid_lines: 2 }, 3, 2],
    [{ quarantine_rows: '4', invalid_lines: null }, 4, 0],
    [{ invalid_lines: 1 }, 0, 1],
  ])('are read from %j', async (body, quarantinedRows, invalidLines) => {
    server.script({ body: { successful_rows: 1, import_id: 'imp-9', ...body } })
    const client = server.client()
    expect(await client.appendData('flights', '1\n', { format: 'csv' })).toMatchObject({
      quarantinedRows,
      invalidLines,
    })
    const strict = server.client({ maxRejectedRows: 0 })
    const error = await strict.appendData('flights', '1\n', { format: 'csv' }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(RejectedRowsError)
    expect(error).toMatchObject({
      code: 'TINYBIRD_ROWS_REJECTED',
      recovery: 'data',
      details: { dataSource: 'flights', quarantinedRows, invalidLines, importId: 'imp-9', limit: 0 },
    })
    const allowed = quarantinedRows + invalidLines
    await strict.appendData('flights', '1\n', { format: 'csv', maxRejectedRows: allowed })
    await expect(
      client.appendData('flights', '1\n', { format: 'csv', maxRejectedRows: allowed - 1 }),
    ).rejects.toBeInstanceOf(RejectedRowsError)
  })

  it('of events and of imports count as well', async () => {
    const strict = server.client({ maxRejectedRows: 0 })
    server.script({ body: { successful_rows: 1, quarantined_rows: 1 } })
    await expect(strict.appendEvents('flights', [{ a: 1 }, { a: 'x' }])).rejects.toBeInstanceOf(RejectedRowsError)
    server.script({ body: { job_id: 'j1', status: 'waiting' } }, { body: { status: 'done', quarantine_rows: 5 } })
    await expect(strict.appendUrl('flights', 'https://files.example/a.csv', { format: 'csv' })).rejects.toMatchObject({
      details: { quarantinedRows: 5 },
    })
  })
})

describe('an import from a URL', () => {
  const url = 'https://files.example/a.csv?X-Amz-Credential=AKIA&X-Amz-Signature=0123456789abcdef'
  const started = { body: { job_id: 'job-1', job_url: 'https://api.example/v0/jobs/job-1', status: 'waiting' } }

  it('waits for its job', async () => {
    server.script(
      started,
      { body: { id: 'job-1', status: 'waiting' } },
      { body: { id: 'job-1', status: 'working' } },
      {
        body: {
          id: 'job-1',
          status: 'done',
          statistics: { row_count: 90, bytes: 1 },
          quarantine_rows: 3,
          invalid_lines: 2,
        },
      },
    )
    const result = await server.client().appendUrl('flights', url, { format: 'csv' })
    expect(result).toMatchObject({ successfulRows: 90, quarantinedRows: 3, invalidLines: 2, jobId: 'job-1' })
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v0/datasources',
      'GET /v0/jobs/job-1',
      'GET /v0/jobs/job-1',
      'GET /v0/jobs/job-1',
    ])
    expect(server.clock.waits).toEqual([1000, 1500])
  })

  it('fails with its job, without the signature of the address', async () => {
    server.script(started, {
      body: { job_id: 'job-1', status: 'error', error: `Could not read ${url}.`, errors: ['404', { line: 2 }] },
    })
    const error = await server
      .client()
      .appendUrl('flights', url, { format: 'csv' })
      .catch((thrown) => thrown)
    expect(error).toBeInstanceOf(JobError)
    expect(error).toMatchObject({ code: 'TINYBIRD_JOB_FAILED', jobId: 'job-1', recovery: 'data' })
    expect(error.message).toMatch(/^The job job-1 ended with error: Could not read .*, 404, \{"line":2\}\. Look at it/)
    expect(`${error.message}${JSON.stringify(error)}`).not.toMatch(/0123456789abcdef/)
  })

  it('does not repeat the signature when it is refused', async () => {
    server.script({ status: 400, body: { error: `Cannot fetch ${url}`, job_id: 'job-3' } })
    const error = await server
      .client()
      .appendUrl('flights', url, { format: 'csv' })
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ status: 400, jobId: 'job-3' })
    expect(`${error.message}${JSON.stringify(error)}`).not.toMatch(/0123456789abcdef/)
  })

  it('that is done at once has no job', async () => {
    const result = await server.client().appendUrl('flights', url, { format: 'csv' })
    expect(result).toMatchObject({ successfulRows: 2, jobId: null })
  })
})

async function* lineStream(text: string) {
  yield Buffer.from(text)
}

function contentType(): string {
  return String(last().headers['content-type'])
}

async function formOf(request: { raw: Buffer; headers: Record<string, unknown> }) {
  const headers = { 'content-type': String(request.headers['content-type']) }
  const form = await new Response(new Uint8Array(request.raw), { headers }).formData()
  const [[field, file]] = [...form.entries()] as [[string, File]]
  return { field, filename: file.name, text: await file.text() }
}
