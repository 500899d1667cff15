import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { readText } from '../kit/read-text.contract.ts'
import { asTableConnector, connectorForUri } from '../kit/registry.ts'
import { resolveConfig } from '../kit/resolve-config.ts'
import { type ScriptedAnswer, type ScriptedServer, startScriptedServer } from '../kit/scripted-server.contract.ts'
import type { Source } from '../kit/source.ts'
import { transfer } from '../transfer/transfer.ts'
import { definition } from './connector.ts'

let folder: string
let server: ScriptedServer
let answer: (url: URL, headers: Readonly<Record<string, unknown>>) => ScriptedAnswer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-http-api-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(async () => {
  answer = () => ({ status: 404 })
  server = await startScriptedServer(({ path, headers }) => answer(new URL(path, server.url), headers))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server[Symbol.asyncDispose]()
})

const fast = 'retry: [{ status: [429, 500, 503], action: retry, retries: 1 }, { status: 404, action: fail }]'

async function define(yaml: string): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.yaml`)
  await writeFile(path, `base_url: ${server.url}/v1\n${yaml}`)
  return path
}

async function open(yaml: string, config: Record<string, string> = {}): Promise<Source> {
  const path = await define(yaml)
  return await asTableConnector(definition.create(resolveConfig(definition, { path, ...config }, {}))).openSource()
}

async function read(yaml: string, table = 'items', config: Record<string, string> = {}): Promise<string> {
  await using source = await open(yaml, config)
  return (await readText(source, { kind: 'table', table: { scope: [], name: table } }, { format: 'ndjson' })).text
}

const asked = () => server.received.map(({ path }) => path)

test('records keep every digit, whatever else the answer is', async () => {
  answer = () => ({
    body: '{"data": {"items": [\n {"id": 12345678901234567890123,\n "price": 1.10, "text": "a\\nb"},\n {"id": 2, "price": 0.30, "text": null} ]}}',
  })
  expect(await read('resources: { items: { path: /items, records: data.items } }')).toBe(
    '{"id":"12345678901234567890123","price":1.10,"text":"a\\nb"}\n{"id":"2","price":0.30,"text":null}\n',
  )
  expect(asked()).toEqual(['/v1/items'])
})

describe('pages', () => {
  const rows = (from: number, count: number) => Array.from({ length: count }, (_, index) => ({ id: from + index }))
  const all = rows(1, 5)
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('')

  test('by number, until one is short', async () => {
    answer = ({ searchParams }) => ({
      body: rows(Number(searchParams.get('p')) * 2 - 1, 2).filter(({ id }) => id <= 5),
    })
    const pagination = '{ type: page, param: p, size_param: n, size: 2 }'
    expect(await read(`resources: { items: { path: items, pagination: ${pagination} } }`)).toBe(all)
    expect(asked()).toEqual(['/v1/items?p=1&n=2', '/v1/items?p=2&n=2', '/v1/items?p=3&n=2'])
  })

  test('by offset, also when the API gives less than was asked for', async () => {
    answer = ({ searchParams }) => ({ body: rows(Number(searchParams.get('o')) + 1, 3).filter(({ id }) => id <= 5) })
    const pagination = '{ type: offset, param: o, limit_param: l, limit: 100 }'
    expect(await read(`resources: { items: { path: items, pagination: ${pagination} } }`)).toBe(all)
  })

  test('by a cursor in the answer', async () => {
    answer = ({ searchParams }) =>
      searchParams.has('after')
        ? { body: { rows: rows(3, 3), meta: { next: null } } }
        : { body: { rows: rows(1, 2), meta: { next: 'a b&c' } } }
    const pagination = '{ type: cursor, param: after, path: meta.next }'
    expect(await read(`resources: { items: { path: items, records: rows, pagination: ${pagination} } }`)).toBe(all)
    expect(asked()[1]).toBe('/v1/items?after=a+b%26c')
  })

  test('by a Link header, and by an address in the answer', async () => {
    answer = ({ searchParams }) =>
      searchParams.has('page')
        ? { body: rows(3, 3) }
        : {
            body: rows(1, 2),
            headers: { Link: `<${server.url}/v1/items>; rel="first", </v1/items?page=2>; rel="next"` },
          }
    expect(await read('resources: { items: { path: items, pagination: { type: link-header } } }')).toBe(all)
    answer = ({ searchParams }) => ({
      body: searchParams.has('page') ? { v: rows(3, 3), next: '' } : { v: rows(1, 2), next: '?page=2' },
    })
    expect(
      await read('resources: { items: { path: items, records: v, pagination: { type: next-url, path: next } } }'),
    ).toBe(all)
  })

  test.each([
    ['a next page that was read before', { type: 'next-url', path: 'next' }, { v: [{ id: 1 }], next: '/v1/items' }],
    ['a parameter that the API does not know', { type: 'page', param: 'p' }, { v: [{ id: 1 }] }],
  ])('%s is an error, not an endless loop', async (_, pagination, body) => {
    answer = () => ({ body })
    const reading = read(`resources: { items: { path: items, records: v, pagination: ${JSON.stringify(pagination)} } }`)
    await expect(reading).rejects.toMatchObject({ code: 'PAGINATION_LOOP' })
  })

  test('a next page on another host is not asked', async () => {
    answer = () => ({ body: { v: [{ id: 1 }], next: 'http://127.0.0.1:1/steal' } })
    const reading = read(
      'resources: { items: { path: items, records: v, pagination: { type: next-url, path: next } } }',
    )
    await expect(reading).rejects.toMatchObject({ code: 'NEXT_PAGE_ELSEWHERE' })
  })
})

describe('what the server says', () => {
  const items = 'resources: { items: { path: items, records: v } }'

  test('is tried again by the table of the definition, and Retry-After is heeded', async () => {
    answer = () => ({ body: { v: [{ id: 1 }] } })
    server.script({ status: 429, headers: { 'Retry-After': '0' } })
    expect(await read(`${fast}\n${items}`)).toBe('{"id":1}\n')
    expect(server.received).toHaveLength(2)
  })

  test('is an error when it stays, with the place and without the query', async () => {
    answer = () => ({ status: 500 })
    const reading = read(`${fast}\nparams: { key: in-the-query }\n${items}`)
    await expect(reading).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: `${server.url}/v1/items answered 500. It was tried 2 times.`,
    })
    expect(server.received).toHaveLength(2)
  })

  test.each([
    [{ status: 403 }, 'ACCESS_DENIED'],
    [{ status: 400 }, 'REQUEST_REFUSED'],
    [{ body: '<html>Sign in</html>' }, 'NOT_JSON'],
    [{ body: '' }, 'NOT_JSON'],
    [{ body: '{"v": [{"id": 1}, {"id"' }, 'NOT_JSON'],
    [{ body: { other: [] } }, 'RECORDS_NOT_FOUND'],
    [{ body: { v: [1, 2] } }, 'RECORDS_NOT_OBJECTS'],
  ])('%j is %s', async (given, code) => {
    answer = () => given
    await expect(read(items)).rejects.toMatchObject({ code })
  })

  test('may mean that there is nothing', async () => {
    answer = ({ pathname }) =>
      pathname.endsWith('/1/tags')
        ? { status: 404 }
        : { body: { v: [{ id: pathname.endsWith('tags') ? 7 : 1 }, { id: 2 }] } }
    const text = await read(
      'retry: [{ status: 404, action: empty }]\nresources: { items: { path: items, records: v }, tags: { path: "items/{parent.id}/tags", records: v, parent: items, include: { item: id } } }',
      'tags',
    )
    expect(text).toBe('{"item":2,"id":7}\n{"item":2,"id":2}\n')
  })

  test('a connection that is cut in the middle is tried again', async () => {
    answer = () => ({ body: { v: [{ id: 1 }] } })
    server.script({ cut: true })
    expect(await read(items)).toBe('{"id":1}\n')
  })

  test('an abort ends the reading with its reason, and leaves no file', async () => {
    // Other tests have files of theirs in the folder of all.
    const temporary = await mkdtemp(join(folder, 'temporary-'))
    vi.stubEnv('TMPDIR', temporary)
    const stop = new AbortController()
    answer = () => {
      stop.abort(new Error('enough'))
      return { status: 503 }
    }
    const path = await define(items)
    const connector = asTableConnector(definition.create(resolveConfig(definition, { path }, {})))
    {
      await using source = await connector.openSource({ signal: stop.signal })
      await expect(source.describe({ kind: 'table', table: { scope: [], name: 'items' } })).rejects.toThrow('enough')
    }
    expect(await readdir(temporary)).toEqual([])
  })
})

describe('credentials', () => {
  const items = 'resources: { items: { path: items } }'

  test.each([
    ['{ type: bearer }', { token: 's3cr3t' }, { authorization: 'Bearer s3cr3t' }],
    ['{ type: basic }', { user: 'u', password: 's3cr3t' }, { authorization: 'Basic dTpzM2NyM3Q=' }],
    ['{ type: api-key, header: X-Key }', { api_key: 's3cr3t' }, { 'x-key': 's3cr3t' }],
  ])('%s', async (auth, config, headers) => {
    answer = () => ({ body: [{ id: 1 }] })
    await read(`auth: ${auth}\n${items}`, 'items', config)
    expect(server.received[0]?.headers).toMatchObject(headers)
    answer = () => ({ status: 401 })
    const refused = await read(`auth: ${auth}\n${items}`, 'items', config).catch((error) => error)
    expect(refused).toMatchObject({ code: 'ACCESS_DENIED' })
    expect(`${refused.message} ${JSON.stringify(refused.details)}`).not.toContain('s3cr3t')
    await expect(read(`auth: ${auth}\n${items}`)).rejects.toMatchObject({ code: 'MISSING_CONFIGURATION' })
  })

  test('a key in the query is in no message', async () => {
    answer = ({ searchParams }) => (searchParams.get('key') === 's3cr3t' ? { status: 400 } : { body: [] })
    const refused = await read(`auth: { type: api-key, query: key }\n${items}`, 'items', { api_key: 's3cr3t' }).catch(
      (error) => error,
    )
    expect(refused).toMatchObject({ code: 'REQUEST_REFUSED' })
    expect(refused.message).not.toContain('s3cr3t')
  })

  test('stay at home when a redirect leads to another host', async () => {
    await using other = await startScriptedServer(() => ({ body: [{ id: 1 }] }))
    answer = () => ({ status: 302, headers: { Location: `${other.url}/items` } })
    expect(await read(`auth: { type: bearer }\n${items}`, 'items', { token: 's3cr3t' })).toBe('{"id":1}\n')
    expect(JSON.stringify(other.received)).not.toContain('s3cr3t')
  })

  test('a token of OAuth 2 is asked for once, and renewed when it is refused', async () => {
    let tokens = 0
    let valid = 'token-1'
    answer = ({ pathname, searchParams }, headers) => {
      if (pathname === '/token') return { body: { access_token: `token-${++tokens}`, expires_in: 3600 } }
      if (headers.authorization !== `Bearer ${valid}`) return { status: 401 }
      const page = Number(searchParams.get('page'))
      return { body: page > 2 ? [] : [{ id: page }] }
    }
    const yaml = `auth: { type: oauth2, token_url: ${server.url}/token }\nresources: { items: { path: items, pagination: { type: page, param: page } } }`
    const config = { client_id: 'c', client_secret: 's3cr3t' }
    expect(await read(yaml, 'items', config)).toBe('{"id":1}\n{"id":2}\n')
    expect(tokens).toBe(1)
    valid = 'token-9'
    await expect(read(yaml, 'items', config)).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  })
})

describe('a definition that is wrong names the place', () => {
  test.each([
    ['resources: {}', '"/resources" must NOT have fewer than 1 properties'],
    [
      'resources: { a: { path: x, pagination: { type: pages } } }',
      '"/resources/a/pagination" value of tag "type" must be in oneOf',
    ],
    ['resources: { a: { path: x, page: 1 } }', '("page" is not known)'],
    ['resources: { a: { path: "x/{id}" } }', 'the path of "a" names {id}; only {parent.FIELD} is known'],
    ['resources: { a: { path: x, parent: b } }', '"a" has the parent "b", which is not there'],
    ['resources: { a: { path: x, parent: a } }', '"a" is its own parent'],
    ['resources: [', 'Flow sequence'],
  ])('%s', async (yaml, message) => {
    await expect(open(yaml)).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining(message),
    })
  })
})

test('an incremental copy asks the API for what is new, and merges it', async () => {
  const issues = new Map(
    [1, 2, 3].map((id) => [id, { id, title: `issue ${id}`, updated_at: `2026-03-0${id}T10:00:00.25Z` }]),
  )
  answer = ({ searchParams }) => {
    const since = Date.parse(searchParams.get('since') ?? '2000-01-01T00:00:00Z')
    return { body: [...issues.values()].filter(({ updated_at }) => Date.parse(updated_at) >= since) }
  }
  const path = await define(
    'resources: { issues: { path: issues, primary_key: [id], incremental: { field: updated_at, param: since } } }',
  )
  const lake = join(folder, 'lake.duckdb')
  const copy = async () => {
    await using from = await connectorForUri(`http-api:${path}`)
    await using to = await connectorForUri(`duckdb:${lake}`)
    const spec = {
      from: { connector: from, address: 'api', tables: ['issues'] },
      to: { connector: to, address: 'lake' },
      mode: 'merge',
      cursor: 'updated_at',
    } as const
    const { manifests } = await transfer(spec, { stateDirectory: join(folder, 'state') })
    return manifests[0]?.manifest
  }
  expect(await copy()).toMatchObject({ rows: 3, result: { inserted: 3 } })
  issues.set(2, { id: 2, title: 'renamed', updated_at: '2026-03-05T10:00:00.5Z' })
  expect(await copy()).toMatchObject({ result: { inserted: 0, updated: 2 } })
  expect(asked().slice(1)).toEqual(['/v1/issues?since=2026-03-03T10%3A00%3A00.250Z'])
  // At the mark itself the last row comes again; with nothing at all, the columns are still known.
  issues.delete(2)
  issues.delete(3)
  expect(await copy()).toMatchObject({ rows: 0 })
  await using reader = (await connectorForUri(`duckdb:${lake}`)) as SqlConnector
  expect(await reader.query('SELECT id, title FROM issues ORDER BY id')).toEqual([
    { id: '1', title: 'issue 1' },
    { id: '2', title: 'renamed' },
    { id: '3', title: 'issue 3' },
  ])
})

test('a query may join resources', async () => {
  answer = ({ pathname }) => ({ body: pathname.endsWith('users') ? [{ id: 7, name: 'Ada' }] : [{ id: 1, user_id: 7 }] })
  await using source = await open('resources: { orders: { path: orders }, users: { path: users } }')
  const sql = 'SELECT orders.id, users.name FROM orders JOIN users ON users.id = orders.user_id'
  expect((await readText(source, { kind: 'query', sql })).text).toBe('1,Ada\n')
})

test('testConnection reads one page, and never throws', async () => {
  answer = () => ({ body: [{ id: 1 }] })
  const path = await define('resources: { items: { path: items, pagination: { type: page, param: p } } }')
  await using connector = definition.create(resolveConfig(definition, { path }, {}))
  expect(await connector.testConnection()).toMatchObject({
    ok: true,
    message: expect.stringContaining('"items" can be read'),
  })
  expect(server.received).toHaveLength(1)
  await using absent = definition.create(resolveConfig(definition, { path: join(folder, 'absent.yaml') }, {}))
  expect(await absent.testConnection()).toMatchObject({ ok: false, message: expect.stringContaining('cannot be read') })
})
