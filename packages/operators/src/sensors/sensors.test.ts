import { appendFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@millrace/testing'
import type { ConnectionConfig, Json, Outcome, RunState } from '@millrace/workflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failureOf, outputOf, runOperator, type Surroundings } from '../run-operator.test.fixture.ts'

let folder: string
let connections: Record<string, ConnectionConfig>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  await mkdir(join(folder, 'in'))
  connections = {
    db: { connector: 'sqlite', values: { path: join(folder, 'test.sqlite') } },
    landing: { connector: 'files', values: { path: `${folder}/` } },
  }
  const sql = 'create table orders (id int, day text)'
  outputOf(await runOperator('sql', { connection: 'db', sql }, { connections }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (name: string, config: Json, around: Surroundings = {}) =>
  runOperator(name, config, { connections, ...around })

function deferral(outcome: Outcome) {
  if (outcome.kind === 'defer') return outcome
  throw new Error(`The sensor did not defer: ${JSON.stringify(outcome)}`)
}

/** What the next look gets, as if `seconds` had passed since the first. */
function later({ outcome }: { readonly outcome: Outcome }, seconds = 0): { readonly state: Json } {
  const state = deferral(outcome).state as { since: string }
  return { state: { ...state, since: new Date(Date.parse(state.since) - seconds * 1000).toISOString() } }
}

test('a query is looked at again, with growing pauses, until its first value is true', async () => {
  const config = {
    connection: 'db',
    sql: "select count(*) from orders where day = '{{ dt }}'",
    intervalSeconds: 10,
    backoff: 2,
    maxIntervalSeconds: 30,
  }
  let ran = await run('sql_sensor', config)
  const pauses = [deferral(ran.outcome).seconds]
  for (let look = 0; look < 3; look++) {
    ran = await run('sql_sensor', config, later(ran))
    pauses.push(deferral(ran.outcome).seconds)
  }
  expect(pauses).toEqual([10, 20, 30, 30])
  expect(deferral(ran.outcome).reason).toContain('first value is 0')
  outputOf(await run('sql', { connection: 'db', sql: "insert into orders values (1, '2024-01-02')" }))
  expect(outputOf(await run('sql_sensor', config, later(ran)))).toEqual({ value: 1 })
})

test.each([
  ["''", false],
  ['null', false],
  ["'0.0'", false],
  ["'no'", true],
  ['1.5', true],
  ["'f'", false],
])('the value %s counts as %s', async (value, found) => {
  const { outcome } = await run('sql_sensor', { connection: 'db', sql: `select ${value}` })
  expect(outcome.kind).toBe(found ? 'success' : 'defer')
})

test('the time limit counts from the first look, is an hour by default, and fails for good or skips', async () => {
  const config = { connection: 'db', sql: 'select 0' }
  const first = await run('sql_sensor', config)
  expect(deferral(first.outcome).seconds).toBe(60)
  expect(deferral((await run('sql_sensor', config, later(first, 3590))).outcome).seconds).toBeLessThanOrEqual(10)
  expect(failureOf(await run('sql_sensor', config, later(first, 3601)))).toMatchObject({
    code: 'SENSOR_TIMEOUT',
    recovery: 'fatal',
    message: expect.stringContaining('3600 seconds have passed (2 looks) while waiting for the query'),
  })
  const soft = await run('sql_sensor', { ...config, softFail: true }, later(first, 3601))
  expect(soft.outcome).toMatchObject({ kind: 'skip' })
})

test('a file is found when it is there, large and old enough, and no longer grows', async () => {
  const path = 'in/{{ dt }}.csv'
  const file = join(folder, 'in', '2024-01-02.csv')
  const plain = { connection: 'landing', path }
  expect(deferral((await run('object_sensor', plain)).outcome).reason).toContain('is not there')
  await writeFile(file, 'abc')
  expect(outputOf(await run('object_sensor', plain))).toMatchObject({
    objects: [{ path: 'in/2024-01-02.csv', size: 3 }],
  })
  expect(deferral((await run('object_sensor', { ...plain, minSize: 4 })).outcome).reason).toContain('3 of 4 bytes')
  const aged = { ...plain, minAgeSeconds: 100 }
  expect(deferral((await run('object_sensor', aged)).outcome).reason).toContain('less than 100 s ago')
  const before = new Date(Date.now() - 200_000)
  await utimes(file, before, before)
  outputOf(await run('object_sensor', aged))
  const stable = { ...plain, stable: true }
  const first = await run('object_sensor', stable)
  await appendFile(file, 'def')
  const second = await run('object_sensor', stable, later(first))
  expect(deferral(second.outcome).reason).toContain('may still grow')
  expect(outputOf(await run('object_sensor', stable, later(second)))).toMatchObject({ objects: [{ size: 6 }] })
})

test('a pattern finds the files of one folder', async () => {
  await mkdir(join(folder, 'many', 'deep'), { recursive: true })
  for (const name of ['b.csv', 'a.csv', 'c.txt', 'deep/d.csv']) await writeFile(join(folder, 'many', name), name)
  const found = async (path: string) =>
    (
      outputOf(await run('object_sensor', { connection: 'landing', path })) as { objects: { path: string }[] }
    ).objects.map((object) => object.path)
  expect(await found('many/*.csv')).toEqual(['many/a.csv', 'many/b.csv'])
  expect(await found('many/*/?.csv')).toEqual(['many/deep/d.csv'])
  expect(await found('ma*/a.csv')).toEqual(['many/a.csv'])
  expect(
    deferral((await run('object_sensor', { connection: 'landing', path: 'none/*.csv' })).outcome).reason,
  ).toContain('is not there')
})

async function serve(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return Object.assign(server, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jobs/{{ dt }}` })
}

test('an address is asked until its JSON says what is waited for', async () => {
  const answers: [number, string][] = [
    [503, 'busy'],
    [200, '{"jobs": [{"state": "running"}]}'],
    [200, 'not json'],
    [200, '{"jobs": [{"state": "done"}]}'],
  ]
  const seen: (string | undefined)[] = []
  await using server = await serve((request, response) => {
    seen.push(request.url, request.headers.authorization)
    const [status, body] = answers.shift() ?? [500, '']
    response.writeHead(status, { 'retry-after': '300' }).end(body)
  })
  const config = {
    url: server.url,
    secretHeaders: { authorization: 'api' },
    json: { path: 'jobs.0.state', equals: 'done' },
  }
  const secrets = { api: 'Bearer very-secret' }
  const looks = []
  for (let look = 0; look < 4; look++) looks.push(await run('http_sensor', config, { secrets }))
  expect(looks.slice(0, 3).map(({ outcome }) => deferral(outcome).reason)).toEqual([
    expect.stringContaining('answers 503'),
    expect.stringContaining('"jobs.0.state" is "running"'),
    expect.stringContaining('something else than JSON'),
  ])
  expect(looks.slice(0, 2).map(({ outcome }) => deferral(outcome).seconds)).toEqual([300, 60])
  expect(outputOf(looks[3] as (typeof looks)[0])).toEqual({ status: 200, value: 'done' })
  expect(seen.slice(0, 2)).toEqual(['/jobs/2024-01-02', 'Bearer very-secret'])
  expect(JSON.stringify(looks)).not.toContain('very-secret')
})

test('a secret goes to no other address than the one it is for', async () => {
  const seen: (string | undefined)[] = []
  await using other = await serve((request, response) => {
    seen.push(request.headers['x-key'] as string | undefined)
    response.end()
  })
  await using server = await serve((_, response) => response.writeHead(302, { location: other.url }).end())
  const config = { url: server.url, secretHeaders: { 'x-key': 'api' } }
  const { outcome } = await run('http_sensor', config, { secrets: { api: 'very-secret' } })
  expect(deferral(outcome).reason).toContain('answers 302')
  expect(seen).toEqual([])
  outputOf(await run('http_sensor', { url: server.url }))
  expect(seen).toEqual([undefined])
  expect(failureOf(await run('http_sensor', { url: 'ftp://x' }))).toMatchObject({ code: 'HTTP_ADDRESS_INVALID' })
})

test('an address that cannot be reached is waited for, and one that refuses is not', async () => {
  const url = `http://127.0.0.1:${await freePort()}/`
  expect(deferral((await run('http_sensor', { url })).outcome).reason).toContain('ECONNREFUSED')
  await using server = await serve((_, response) => response.writeHead(403).end())
  expect(failureOf(await run('http_sensor', { url: server.url }))).toMatchObject({ code: 'HTTP_SENSOR_REFUSED' })
  const status = { url: server.url, status: [403] }
  expect(outputOf(await run('http_sensor', status))).toEqual({ status: 403, value: null })
})

function other(state: RunState | null) {
  const asked: string[] = []
  return {
    asked,
    host: {
      async findRun(_: string, at: string) {
        asked.push(at)
        return state === null ? null : { runId: '5', state }
      },
      taskState: async (_: string, node: string) => (node === 'load' ? ('success' as const) : null),
    },
  }
}

test('another workflow is waited for by the interval of the run', async () => {
  const config = { workflow: 'sales.import' }
  const none = other(null)
  expect(deferral((await run('workflow_sensor', config, none)).outcome).reason).toContain(
    'a run of sales.import for 2024-01-01',
  )
  expect(none.asked).toEqual(['2024-01-01T00:00:00.000Z'])
  expect(deferral((await run('workflow_sensor', config, other('failed'))).outcome).reason).toContain('which is failed')
  expect(outputOf(await run('workflow_sensor', config, other('success')))).toEqual({ runId: '5', state: 'success' })
  const strict = { ...config, onFailure: 'fail' }
  expect(failureOf(await run('workflow_sensor', strict, other('failed')))).toMatchObject({
    code: 'SENSOR_TARGET_FAILED',
  })
  const node = { ...config, node: 'load', at: '{{ data_interval_end }}' }
  const running = other('running')
  expect(outputOf(await run('workflow_sensor', node, running))).toEqual({ runId: '5', state: 'success' })
  expect(running.asked).toEqual(['2024-01-02T00:00:00.000Z'])
  expect(failureOf(await run('workflow_sensor', { ...config, node: 'laod' }, other('success')))).toMatchObject({
    code: 'SENSOR_TASK_UNKNOWN',
  })
})

test('in a test run no other workflow is waited for', async () => {
  expect(outputOf(await run('workflow_sensor', { workflow: 'sales.import' }, { trigger: 'test' }))).toEqual({
    runId: null,
    state: null,
  })
})
