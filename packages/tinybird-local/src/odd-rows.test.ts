import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTinybirdLocal, type TinybirdLocal } from './index.ts'

let server: TinybirdLocal
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-odd-'))
  server = await startTinybirdLocal({ dataDirectory: folder })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at as they come
type Answer = { readonly status: number; readonly body: any }

async function call(path: string, body?: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'text/csv' }
  const init = { method: 'POST', headers }
  const response = await fetch(`${server.url}${path}`, body === undefined ? init : { ...init, body })
  return { status: response.status, body: await response.json() }
}

const create = (name: string, schema: string) =>
  call(`/v0/datasources?name=${name}&schema=${encodeURIComponent(schema)}`)
const load = (name: string, format: string, rows: string) =>
  call(`/v0/datasources?mode=append&name=${name}&format=${format}`, rows)
const query = async (sql: string) => (await call('/v0/sql', `${sql} FORMAT JSONCompact`)).body.data

describe('rows that do not fit', () => {
  it.each(['1,y,nope\n', '1,y,nope', 'a,b,c\n1,y,nope\n', '\ufeff"a","b","c"\n1,y,nope'])(
    'go to quarantine also when there is no other: %j',
    async (rows) => {
      const name = `alone_${rows.length}`
      await create(name, 'a Int32, b String, c Date')
      expect(await load(name, 'csv', rows)).toMatchObject({
        status: 200,
        body: { successful_rows: 0, quarantined_rows: 1, invalid_lines: 0 },
      })
      expect(await query(`SELECT a, b, c, c__error_column FROM ${name}_quarantine`)).toEqual([
        ['1', 'y', 'nope', ['c']],
      ])
    },
  )

  it('takes a line that looks like the header for a row when the header has passed', async () => {
    await create('headers', 'a String, b String')
    expect((await load('headers', 'csv', 'b,a\na,b\n1,2\n')).body).toMatchObject({ successful_rows: 2 })
    expect(await query('SELECT a, b FROM headers ORDER BY a')).toEqual([
      ['2', '1'],
      ['b', 'a'],
    ])
  })

  it('lets no line of NDJSON take another one with it', async () => {
    await create('lines', 'a Int32, s String')
    const rows = '{"a":1,"s":"open"\n{"a":2,"s":"}"}\r\n\n[3]\n5\nnull\n{"a":"x","s":"word"}\n{"a":4,"s":"end"}'
    expect((await load('lines', 'ndjson', rows)).body).toMatchObject({
      successful_rows: 2,
      quarantined_rows: 1,
      invalid_lines: 4,
    })
    expect(await query('SELECT a, s FROM lines ORDER BY a')).toEqual([
      [2, '}'],
      [4, 'end'],
    ])
    expect(await query('SELECT a, s FROM lines_quarantine')).toEqual([['x', 'word']])
  })

  it('go to the quarantine that was there before the data source got another column', async () => {
    await create('grown', 'a Int8')
    await load('grown', 'csv', '1000\n1\n')
    await call(`/v0/datasources/grown/alter?schema=${encodeURIComponent('a Int8, b Nullable(Int8)')}`)
    expect((await load('grown', 'csv', '2,1000\n2,2\n')).body).toMatchObject({ quarantined_rows: 1 })
    expect(await query('SELECT a, b, c__error_column FROM grown_quarantine ORDER BY a')).toEqual([
      ['1000', null, ['a']],
      ['2', '1000', ['b']],
    ])
  })

  it('leaves no file behind', async () => {
    expect(await readdir(join(folder, 'uploads'))).toEqual([])
  })
})

describe('many at once', () => {
  it('appends each of a hundred small files once while others read', async () => {
    await create('busy', 'a Int32')
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const [loaded, seen] = await Promise.all([load('busy', 'csv', `${i}\n`), query('SELECT count() FROM busy')])
        return [loaded.body.successful_rows, Number(seen[0][0]) <= 100]
      }),
    )
    expect(answers).toEqual(new Array(100).fill([1, true]))
    expect(await query('SELECT count(), uniqExact(a) FROM busy')).toEqual([[100, 100]])
  })

  it('lets nobody wait for a client that stops in the middle of a small file', async () => {
    await create('patient', 'a Int32')
    const { port } = new URL(server.url)
    const client = connect(Number(port), '127.0.0.1')
    client.write(
      `POST /v0/datasources?name=patient&mode=append&format=csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\n` +
        'Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n',
    )
    // The server has begun with the request.
    await once(client, 'data')
    client.write('2\r\n1\n\r\n')
    expect((await load('patient', 'csv', '2\n')).body).toMatchObject({ successful_rows: 1 })
    client.destroy()
    expect(await query('SELECT a FROM patient')).toEqual([[2]])
  })

  it('forgets no job that still runs', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    const files = createServer(async (request, response) => {
      if (request.url === '/slow.csv') await opened
      response.end('1\n')
    })
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
    const { port } = files.address() as { port: number }
    await create('jobs_of', 'a Int32')
    const start = async (file: string) => {
      const url = encodeURIComponent(`http://127.0.0.1:${port}/${file}`)
      return (await call(`/v0/datasources?name=jobs_of&mode=append&format=csv&url=${url}`)).body.job_id as string
    }
    const look = async (path: string): Promise<Answer> => {
      const response = await fetch(`${server.url}/v0/jobs${path}`, {
        headers: { authorization: `Bearer ${server.token}` },
      })
      return { status: response.status, body: await response.json() }
    }
    const ended = async (id: string) => {
      for (;;) {
        const { body } = await look(`/${id}`)
        if (body.status === 'done' || body.status === 'error') return body.status
      }
    }
    const slow = await start('slow.csv')
    const others = []
    for (let i = 0; i < 101; i++) {
      others.push(await start('quick.csv'))
      await ended(others.at(-1) ?? '')
    }
    expect((await look(`/${slow}`)).body.status).toBe('working')
    expect((await look(`/${others[0]}`)).status).toBe(404)
    expect((await look('')).body.jobs).toHaveLength(100)
    open()
    expect(await ended(slow)).toBe('done')
    files.close()
  })

  it('refuses an address that is not encoded', async () => {
    expect((await call('/v0/datasources/%zz/truncate')).status).toBe(400)
  })
})
