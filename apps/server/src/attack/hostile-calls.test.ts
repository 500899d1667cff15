import { connect } from 'node:net'
import { sql } from '@millrace/db'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseQuery } from '../search/parse-query.ts'
import { slugFrom } from '../slugs.ts'
import { manifestOf, useServers } from '../test-server.fixture.ts'
import { type JsonSchema, type Operation, operationsOf, parametersOf, placeIn } from './operations.fixture.ts'
import { rulesOf } from './rules.fixture.ts'
import { resolve } from './values.fixture.ts'
import { buildWorld, nothing, type World } from './world.fixture.ts'

const servers = useServers({ lasting: true })
let world: World
let document: JsonSchema
let operations: readonly Operation[]

beforeAll(async () => {
  world = await buildWorld(await servers.start())
  document = (await world.server.anonymous('GET', '/api/spec.json')).body
  operations = operationsOf(document)
})

/** As the administrator, who gets furthest. */
const call = async (method: string, path: string, init: RequestInit = {}) => {
  const headers = { authorization: `Bearer ${world.tokens.admin}`, ...(init.headers as Record<string, string>) }
  const response = await fetch(`${world.server.server.url}${path}`, { redirect: 'manual', method, ...init, headers })
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (isStream) await response.body?.cancel()
  return { status: response.status, headers: response.headers, text: isStream ? '' : await response.text() }
}
const json = { 'content-type': 'application/json' }

describe('mass assignment', () => {
  const ofTheServer = ['id', 'etag', 'created_by', 'creation_date', 'updated_at', 'is_admin', 'owner', '__proto__']

  test('fields that the server sets itself are refused in every body', async () => {
    const rules = rulesOf(world)
    const taken: string[] = []
    let tried = 0
    for (const operation of operations) {
      if (operation.body?.contentType !== 'application/json' || operation.path.startsWith('/api/worker/')) continue
      const schema = resolve(document, operation.body.schema)
      // Of these every name is a setting of somebody else's program.
      if (schema.properties === undefined) continue
      const path = placeIn(operation.path, { ...world.things, ...nothing })
      const extra = ofTheServer.filter((name) => !Object.hasOwn(schema.properties, name))
      const known = { ...(rules[operation.key]?.body as object) }
      const fields = extra.map((name) => `${JSON.stringify(name)}:"x"`).join(',')
      const body = JSON.stringify(known).replace(/^\{/, `{${fields},`).replace(/,\}$/, '}')
      const { status, text } = await call(operation.method, path, { body, headers: { ...json, 'if-match': '"0"' } })
      const isNamed = extra.every((name) => text.includes(`body.${name} is not known`))
      if (status !== 422 || !isNamed) taken.push(`${operation.key}: ${status} ${text.slice(0, 300)}`)
      tried += 1
    }
    expect(taken).toEqual([])
    expect(tried).toBeGreaterThan(60)
  })

  test('the prototype of objects stays what it is', () => {
    const plain: Record<string, unknown> = {}
    expect([plain.x, plain.is_admin, plain.id]).toEqual([undefined, undefined, undefined])
  })
})

describe('injection', () => {
  const polyglot = `'"; drop table common.project; -- {{ constructor.constructor("return process")() }} ..%2f%00 \r\nset-cookie: owned=1\r\n\r\n<script>`

  test('one text that is everything at once breaks nothing, in any path, query or body', async () => {
    const rules = rulesOf(world)
    const faults: string[] = []
    const check = (what: string, { status, headers, text }: Awaited<ReturnType<typeof call>>) => {
      const isOwned = headers.getSetCookie().some((cookie) => cookie.startsWith('owned'))
      if (status >= 500 || isOwned) faults.push(`${what}: ${status} ${text.slice(0, 200)}`)
      if (text.includes('syntax error at or near')) faults.push(`${what}: ${text.slice(0, 200)}`)
    }
    for (const { key, method, path, parameters, body } of operations) {
      if (/\/(test|relations|preview)$/.test(path) || path.startsWith('/api/auth/')) continue
      for (const name of parametersOf(path)) {
        const at = placeIn(path, { ...world.things, ...nothing }).split('/')
        const index = path.split('/').indexOf(`{${name}}`)
        check(`${key} {${name}}`, await call(method, at.with(index, encodeURIComponent(polyglot)).join('/')))
      }
      const plain = placeIn(path, { ...world.things, ...nothing })
      const given = new URLSearchParams()
      for (const one of parameters) if (one.in === 'query') given.append(one.name, polyglot)
      if (given.size > 0) check(`${key} query`, await call(method, `${plain}?${given}`))
      if (body?.contentType !== 'application/json') continue
      const known = rules[key]?.body ?? {}
      const schema = resolve(document, body.schema)
      const names = Object.keys(schema.properties ?? {})
      for (const name of names) {
        const sent = JSON.stringify({ ...(known as object), [name]: polyglot })
        const headers = { ...json, 'if-match': '"0"' }
        check(`${key} ${name}`, await call(method, plain, { body: sent, headers }))
      }
    }
    expect(faults).toEqual([])
    const { total } = await world.server.db.one<{ total: number }>(sql`select count(*) as total from common.project`)
    expect(total).toBeGreaterThan(0)
  })

  test('templates reach no prototype, no process, and end', async () => {
    const attacks = [
      '{{ constructor.constructor("return process")() }}',
      '{{ ({}).__proto__.polluted }}',
      '{% for a in range(999999999) %}x{% endfor %}',
      '{{ "x" * 999999999 }}',
      '{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}',
      '{% include "/etc/passwd" %}',
    ]
    const { project } = world.things
    for (const [index, text] of attacks.entries()) {
      const body = JSON.stringify({
        ...{ project_id: project, name: `attack_${index}`, operator: 'sql' },
        config: { connection: 'warehouse', sql: text },
      })
      const made = await call('POST', '/api/pipeline-templates', { body, headers: json })
      expect([text, made.status < 500]).toEqual([text, true])
      const manifest = JSON.stringify(manifestOf({ a: {} }, { name: `attack_${index}`, title: text }))
      expect((await call('POST', '/api/workflows', { body: manifest, headers: json })).status).toBeLessThan(500)
    }
  })
})

describe('bodies that are made to break parsers', () => {
  const deep = (open: string, close: string) => `${open.repeat(100_000)}${close.repeat(100_000)}`
  const bombs: Readonly<Record<string, string>> = {
    'deep lists': deep('[', ']'),
    'deep objects': `${'{"a":'.repeat(60_000)}1${'}'.repeat(60_000)}`,
    'wide objects': `{${Array.from({ length: 60_000 }, (_, index) => `"k${index}":1`).join(',')}}`,
    'huge numbers': `{"name":${'9'.repeat(100_000)}}`,
    exponents: '{"name":1e999999999,"slots":-1e999999999}',
    'names given twice': '{"name":"a","name":"b","namespace":"olga","namespace":"root"}',
    prototypes: '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}',
    'lone surrogates': '{"name":"\\ud800","namespace":"olga"}',
    'null characters': '{"name":"a\\u0000b","namespace":"olga"}',
    'no JSON': '{"name":',
    'two values': '{} {}',
    'a mark of order': '\ufeff{}',
  }

  test('are refused soon, and the server goes on', async () => {
    const { project, workflow } = world.things
    const places = [
      ['POST', '/api/data/projects'],
      ['POST', '/api/workflows'],
      ['POST', `/api/workflows/${workflow}/runs`],
      ['PUT', `/api/projects/${project}/variables/bomb`],
      ['POST', '/api/data/storage_schema/validate'],
    ] as const
    for (const [method, path] of places) {
      for (const [what, body] of Object.entries(bombs)) {
        const before = process.cpuUsage()
        const { status, text } = await call(method, path, { body, headers: json })
        const { user, system } = process.cpuUsage(before)
        const place = `${what} at ${method} ${path}`
        expect([place, status < 500, text.slice(0, 200)]).toEqual([place, true, text.slice(0, 200)])
        // The server works in this process. The clock would count what else the machine does.
        expect([place, (user + system) / 1000 < 3000]).toEqual([place, true])
      }
    }
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined()
    expect((await call('GET', '/api/health')).status).toBe(200)
  })

  test('YAML that multiplies itself or has no end of levels is refused', async () => {
    const laughs = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (let index = 1; index < 12; index++) {
      const [name, before] = [String.fromCharCode(97 + index), String.fromCharCode(96 + index)]
      laughs.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`)
    }
    const path = `/api/projects/${world.things.project}/configuration/plan`
    const { status } = await call('POST', path, {
      body: laughs.join('\n'),
      headers: { 'content-type': 'application/yaml' },
    })
    expect(status).toBe(422)
    // Composed, it would end the process.
    const deep = await call('POST', path, {
      body: '['.repeat(200_000),
      headers: { 'content-type': 'application/yaml' },
    })
    expect([deep.status, deep.text]).toEqual([422, expect.stringContaining('nested more than 64 levels')])
  })
})

test('an ETag is good once: of two changes at once with the same one, one is made', async () => {
  const { project, connector, slot, client, pipeline } = world.things
  const changes: readonly (readonly [string, object, object])[] = [
    [`/api/data/projects/${project}`, { description: 'one' }, { description: 'two' }],
    [`/api/data/data_connectors/${connector}`, { description: 'one' }, { description: 'two' }],
    [`/api/data/session_secret_slots/${slot}`, { description: 'one' }, { description: 'two' }],
    [`/api/clients/${client}`, { display_name: 'one' }, { display_name: 'two' }],
    [`/api/pipelines/${pipeline}`, { run_frequency: 'weekly' }, { run_frequency: 'monthly' }],
    [
      `/api/projects/${project}/connections/${world.things.projectConnection}`,
      { description: 'one' },
      { description: 'two' },
    ],
  ]
  for (const [path, one, two] of changes) {
    const etag = (await call('GET', path)).headers.get('etag') ?? ''
    const patch = (body: object) =>
      call('PATCH', path, { body: JSON.stringify(body), headers: { ...json, 'if-match': etag } })
    const statuses = (await Promise.all([patch(one), patch(two)])).map(({ status }) => status)
    expect([path, ...statuses.sort()]).toEqual([path, 200, 409])
    expect([path, (await patch(one)).status]).toEqual([path, 409])
  }
})

describe('addresses that the server is given', () => {
  const isAddress = (name: string, schema: JsonSchema) =>
    schema.format === 'uri' || /(^|_)(url|uri|urls|host|endpoint|webhook|repositories|repository)$/i.test(name)

  test('are known, each with what is done with it', () => {
    const found = new Set<string>()
    const look = (where: string, given: JsonSchema, depth = 0) => {
      const schema = resolve(document, given)
      for (const part of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])])
        look(where, part, depth + 1)
      for (const [name, part] of Object.entries(schema.properties ?? {})) {
        if (isAddress(name, resolve(document, part))) found.add(`${where} ${name}`)
        if (depth < 6) look(where, part, depth + 1)
      }
      if (schema.items !== undefined && depth < 6) look(where, schema.items, depth + 1)
    }
    for (const { key, parameters, body } of operations) {
      for (const one of parameters) if (isAddress(one.name, one.schema)) found.add(`${key} ${one.name}`)
      if (body !== null) look(key, body.schema)
    }
    expect([...found].filter((one) => !knownAddresses.some((known) => known.test(one)))).toEqual([])
  })

  test('lead to no machine that the operator did not allow', async () => {
    const inside = [
      'http://127.0.0.1:1/a/b',
      'http://169.254.169.254/latest/meta-data',
      'http://[::1]:1/a',
      'http://10.0.0.1/a/b',
    ]
    for (const url of inside) {
      const repository = await call('GET', `/api/data/repository?url=${encodeURIComponent(url)}`)
      expect([url, JSON.parse(repository.text).status === 'valid', repository.status]).toEqual([url, false, 200])
      const body = JSON.stringify({ configuration: { type: 'webdav', url, vendor: 'other' }, source_path: '' })
      const storage = await call('POST', '/api/data/storage_schema/test_connection', { body, headers: json })
      expect([url, storage.status]).toEqual([url, 422])
    }
  })
})

/** What is done with addresses of users: a new one is found by the test, and somebody has to say it. */
const knownAddresses = [
  // Kept and shown; the browser or a task goes there, not the server.
  /^(POST|PATCH) \/api\/data\/projects.* repositories$/,
  /^POST \/api\/data\/projects\/\{project_id\}\/copies repositories$/,
  /\/platform\/redirects.* (source_url|target_url)$/,
  /\/oauth2\/callback error_uri$/,
  /\/authorize next_url$/,
  /resource_pools.* \w*url$/,
  /session_launchers.* (default_url|repository)$/,
  /environments.* default_url$/,
  // Asked by the rules of what the server may reach.
  /\/repositor(y|ies).* url$/,
  /\/oauth2\/providers.* (url|image_registry_url|oidc_issuer_url)$/,
  /(data_connectors|storage).* storage_url$/,
  /connections.* uri$/,
  // The name of the machine of a worker, for people.
  /\/worker\/exchange host$/,
]

test('patterns and parsers take time that grows no faster than the text', () => {
  const patterns = new Set<string>()
  JSON.stringify(document, (name, value) => {
    if (name === 'pattern' && typeof value === 'string') patterns.add(value)
    return value
  })
  expect(patterns.size).toBeGreaterThan(10)
  const pumps = ['a', '-', '.', '._-', '/', 'a.', 'a-', '0', 'A', '_', ' ', '\0']
  const texts = pumps.flatMap((pump) => [`${pump.repeat(10_000)}!`, `${pump.repeat(10_000)}\n`, pump.repeat(10_000)])
  const slow: string[] = []
  const timed = (what: string, work: () => unknown) => {
    const before = process.cpuUsage()
    try {
      work()
    } catch {
      // Refused is fine.
    }
    if (process.cpuUsage(before).user > 1_000_000) slow.push(what)
  }
  for (const pattern of patterns) {
    for (const text of texts) timed(`${pattern} on ${text.slice(0, 5)}`, () => new RegExp(pattern).test(text))
  }
  for (const text of texts) {
    timed(`the slug of ${text.slice(0, 5)}`, () => slugFrom(text))
    timed(`the search for ${text.slice(0, 5)}`, () => parseQuery(text, new Date()))
    for (const wrap of ['"', ':', 'type:', 'created>', 'name:"']) {
      timed(`the search for ${wrap}${text.slice(0, 5)}`, () => parseQuery(`${wrap}${text}`.repeat(2), new Date()))
    }
  }
  expect(slow).toEqual([])
})

describe('raw bytes on the socket', () => {
  /** What the server answers until it closes the connection, or is silent after an answer. */
  const raw = async (text: string): Promise<string> => {
    const { hostname, port } = new URL(world.server.server.url)
    return await new Promise((done) => {
      let answer = ''
      const socket = connect(Number(port), hostname, () => socket.write(text))
      socket.on('data', (bytes) => {
        answer += bytes
        socket.setTimeout(1000, () => socket.destroy())
      })
      // The rest of what was sent meets a closed connection.
      socket.on('error', () => done(answer))
      socket.on('close', () => done(answer))
    })
  }
  const host = 'Host: 127.0.0.1\r\n'
  const smuggled = 'GET /api/data/user HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'

  test.each([
    [
      'two kinds of length',
      `POST /api/auth/logout HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'two lengths',
      `POST /api/auth/logout HTTP/1.1\r\n${host}Content-Length: 0\r\nContent-Length: 60\r\n\r\n${smuggled}`,
    ],
    ['a length that is none', `POST /api/auth/logout HTTP/1.1\r\n${host}Content-Length: +5\r\n\r\n${smuggled}`],
    [
      'an encoding that hides',
      `POST /api/auth/logout HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    ['a name with a space', `POST /api/auth/logout HTTP/1.1\r\n${host}Content-Length : 5\r\n\r\n${smuggled}`],
    ['a folded line', `GET /version HTTP/1.1\r\n${host}X: a\r\n\tb: c\0\r\n\r\n`],
    ['a header with a null', `GET /version HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`],
    [
      'chunks of no size',
      `POST /api/auth/logout HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${smuggled}`,
    ],
  ])('%s: refused, and nothing behind it is answered', async (_, text) => {
    const answer = await raw(text)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })

  test('headers without end are refused', async () => {
    expect(await raw(`GET /version HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  })

  test('an address of another host as the target of a request is not taken for this one', async () => {
    const answer = await raw(
      `GET http://evil.example.com/api/health HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 4(00|21) /)
  })
})

test('paths that lead elsewhere by dots and signs lead nowhere', async () => {
  const { hostname, port } = new URL(world.server.server.url)
  for (const path of [
    '/api/docs/../../etc/passwd',
    '/api/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc/passwd',
    '//evil.example.com/',
    '/api/data/projects/%00',
    '/api/data/groups/%c0%ae%c0%ae',
    '/%',
  ]) {
    const answer = await new Promise<string>((done, failed) => {
      let text = ''
      const socket = connect(Number(port), hostname, () =>
        socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`),
      )
      socket.on('data', (bytes) => {
        text += bytes
      })
      socket.on('error', failed)
      socket.on('close', () => done(text))
    })
    expect([path, /^HTTP\/1\.1 (4\d\d|302) /.test(answer), answer.includes('root:')]).toEqual([path, true, false])
    expect([path, /location: \/\//i.test(answer)]).toEqual([path, false])
  }
})

test('many who follow a run hold up nobody else', async () => {
  const { workflow } = world.things
  const made = await call('POST', `/api/workflows/${workflow}/runs`, { body: '{}', headers: json })
  const run = JSON.parse(made.text).id
  const stop = new AbortController()
  const url = `${world.server.server.url}/api/runs/${run}/events/stream`
  const headers = { authorization: `Bearer ${world.tokens.viewer}` }
  const streams = await Promise.all(Array.from({ length: 200 }, () => fetch(url, { headers, signal: stop.signal })))
  expect(streams.every(({ status }) => status === 200 || status === 429)).toBe(true)
  expect((await call('GET', '/api/data/projects')).status).toBe(200)
  stop.abort()
})
