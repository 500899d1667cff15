import { createHash } from 'node:crypto'
import { sql } from '@millrace/db'
import { describe, expect, test } from 'vitest'
import { manifestOf, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const zip = Buffer.from('PK\x03\x04 and so on')
const sha256 = createHash('sha256').update(zip).digest('hex')
const code = { source: { module: 'main.ts', export: 'flow' }, package: { name: 'p', version: '1', sha256 } }

describe('deploying', () => {
  test('a version answers 201, the same content 200, other content 409, and keeps both versions side by side', async () => {
    const { call } = await servers.start()
    const one = manifestOf({ a: {} }, { title: 'Flow', tags: ['daily'] })
    const first = await call('POST', '/api/workflows', { body: one })
    expect(first.status).toBe(201)
    expect(first.body).toEqual({
      name: 'flow',
      version: '1',
      deployed_at: expect.stringMatching(/^\d{4}-.*Z$/),
      deployed_by: expect.any(String),
      category: 'test',
      title: 'Flow',
      tags: ['daily'],
      paused: false,
      nodes: 1,
      recent_runs: [],
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    const reordered = Object.fromEntries(Object.entries(one).reverse())
    expect((await call('POST', '/api/workflows', { body: reordered })).status).toBe(200)
    const other = await call('POST', '/api/workflows', { body: { ...one, title: 'Other' } })
    expect(other.status).toBe(409)
    expect(other.body.error).toMatchObject({ code: 1409, detail: 'WORKFLOW_VERSION_EXISTS' })
    await call('POST', '/api/workflows', { body: { ...one, version: '2' } })
    const versions = await call('GET', '/api/workflows/flow/versions')
    expect(versions.body).toMatchObject([
      { version: '2', is_current: true },
      { version: '1', is_current: false },
    ])
    expect((await call('GET', '/api/workflows/flow/versions/1')).body).toEqual(one)
    expect((await call('GET', '/api/workflows/flow/versions/3')).status).toBe(404)
  })

  test('needs the package of the version first, which is checked against its hash', async () => {
    const { call } = await servers.start()
    const body = manifestOf({ a: {} }, code)
    const early = await call('POST', '/api/workflows', { body })
    expect(early.status).toBe(409)
    expect(early.body.error.message).toContain('was not uploaded')
    expect((await call('GET', `/api/packages/${sha256}`)).status).toBe(404)
    expect(
      (await call('PUT', `/api/packages/${sha256}`, { bytes: Buffer.from('PK\x03\x04 else') })).body.error.detail,
    ).toBe('PACKAGE_HASH_WRONG')
    const text = Buffer.from('no zip')
    const hash = createHash('sha256').update(text).digest('hex')
    expect((await call('PUT', `/api/packages/${hash}`, { bytes: text })).body.error.detail).toBe('PACKAGE_INVALID')
    expect((await call('PUT', '/api/packages/..%2f..%2fx', { bytes: zip })).status).toBe(422)
    expect((await call('PUT', `/api/packages/${sha256}`, { bytes: zip })).status).toBe(201)
    expect((await call('PUT', `/api/packages/${sha256}`, { bytes: zip })).status).toBe(200)
    expect((await call('GET', `/api/packages/${sha256}`)).body).toEqual({ sha256, bytes: zip.length })
    expect((await call('POST', '/api/workflows', { body })).status).toBe(201)
  })

  test.each([
    [
      'a cycle',
      manifestOf({ a: { after: ['b'] }, b: { after: ['a'] } }),
      /"a" comes after "b", which is not before it/,
    ],
    ['an unknown upstream', manifestOf({ a: { after: ['x'] } }), /"a" comes after "x"/],
    ['a schedule that cannot be read', manifestOf({ a: {} }, { schedule: schedule('99 * * * *') }), /99/],
    ['a zone that nobody knows', manifestOf({ a: {} }, { schedule: schedule('@daily', 'Mars/Base') }), /Mars\/Base/],
    ['no nodes', manifestOf({}), /body.nodes/],
    ['an unknown field', { ...manifestOf({ a: {} }), naem: 'x' }, /body.naem is not known/],
    ['a name that is a path', manifestOf({ a: {} }, { name: '../x' }), /body.name/],
  ])('%s is refused, naming it', async (_, body, message) => {
    const { call } = await servers.start()
    const answer = await call('POST', '/api/workflows', { body })
    expect(answer.status).toBe(422)
    expect(answer.body.error.message).toMatch(message)
    expect((await call('GET', '/api/workflows')).body).toEqual([])
  })
})

function schedule(cron: string, timezone = 'UTC') {
  return { cron, timezone, catchup: { policy: 'none' as const, limit: 100 }, start: null, end: null }
}

test('workflows are found by a part of their name, by tag, by category and by being paused, a page at a time', async () => {
  const { call } = await servers.start()
  for (const name of ['load.orders', 'load.customers', 'report']) {
    await call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { name, tags: [name.slice(0, 4)] }) })
  }
  await call('PATCH', '/api/workflows/report', { body: { paused: true } })
  const names = async (query: string) =>
    (await call('GET', `/api/workflows?${query}`)).body.map(({ name }: { name: string }) => name)
  expect(await names('search=LOAD')).toEqual(['load.customers', 'load.orders'])
  expect(await names('tag=repo')).toEqual(['report'])
  expect(await names('category=test&per_page=2')).toEqual(['load.customers', 'load.orders'])
  expect(await names('category=tes')).toEqual([])
  expect(await names('paused=true')).toEqual(['report'])
  expect(await names('paused=false&per_page=1&page=2')).toEqual(['load.orders'])
  const past = await call('GET', '/api/workflows?page=42&per_page=3')
  expect(past.body).toEqual([])
  expect(past.headers.get('total')).toBe('3')
  const missing = await call('GET', '/api/workflows/reprot')
  expect(missing.status).toBe(404)
  expect(missing.body.error.message).toContain('Did you mean "report"?')
})

test('what differs between two versions is told by node and field', async () => {
  const { call } = await servers.start()
  await call('PUT', `/api/packages/${sha256}`, { bytes: zip })
  await call('POST', '/api/workflows', { body: manifestOf({ a: {}, b: { after: ['a'] }, c: {} }) })
  const next = manifestOf({ a: { retries: 3, timeouts: { startToCloseSeconds: 9 } }, b: { after: ['a'] }, d: {} }, code)
  await call('POST', '/api/workflows', { body: { ...next, version: '2', owner: 'me' } })
  const { status, body } = await call('GET', '/api/workflows/flow/diff?from=1&to=2')
  expect(status).toBe(200)
  expect(body).toEqual({
    added: ['d'],
    removed: ['c'],
    changed: [{ id: 'a', fields: ['options.retries', 'options.timeouts.startToCloseSeconds'] }],
    workflow: ['owner', 'source'],
    package_changed: true,
  })
  expect((await call('GET', '/api/workflows/flow/diff?from=1')).body).toEqual(body)
})

test('a workflow is removed with its runs, but not while one of them is active', async () => {
  const { call } = await servers.start()
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }) })
  const { body: run } = await call('POST', '/api/workflows/flow/runs', { body: {} })
  const active = await call('DELETE', '/api/workflows/flow')
  expect(active.status).toBe(409)
  expect(active.body.error.message).toBe('Workflow flow has 1 active run. Cancel them, or wait until they end.')
  await call('POST', `/api/runs/${run.id}/cancel`)
  expect((await call('DELETE', '/api/workflows/flow')).status).toBe(204)
  expect((await call('GET', '/api/workflows/flow')).status).toBe(404)
  expect((await call('GET', `/api/runs/${run.id}`)).status).toBe(404)
  expect((await call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { title: 'again' }) })).status).toBe(201)
})

test('schedules show their next ticks in their zone', async () => {
  const { call } = await servers.start()
  const daily = {
    ...schedule('30 2 * * *', 'Europe/Berlin'),
    start: '2099-03-28T00:00:00Z',
    end: '2099-03-31T00:00:00Z',
  }
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { name: 'berlin', schedule: daily }) })
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { name: 'never' }) })
  await call('PATCH', '/api/workflows/berlin', { body: { paused: true } })
  const { body } = await call('GET', '/api/schedules?ticks=5')
  expect(body).toEqual([
    {
      workflow: 'berlin',
      cron: '30 2 * * *',
      timezone: 'Europe/Berlin',
      catchup: { policy: 'none', limit: 100 },
      start: daily.start,
      end: daily.end,
      paused: true,
      // The clocks go forward on the 29th, over half past two.
      next_ticks: ['2099-03-28T01:30:00.000Z', '2099-03-29T01:00:00.000Z', '2099-03-30T00:30:00.000Z'],
    },
  ])
})

test('backfills are made, paused, resumed and cancelled', async () => {
  const { call } = await servers.start()
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { schedule: schedule('@daily') }) })
  const range = { start: '2026-01-01T00:00:00Z', end: '2026-01-04T00:00:00Z' }
  const made = await call('POST', '/api/workflows/flow/backfills', { body: { ...range, max_active_runs: 2 } })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({
    workflow: 'flow',
    version: '1',
    state: 'running',
    existing: 'skip',
    progress: { total: 3 },
  })
  const path = `/api/backfills/${made.body.id}`
  expect((await call('POST', `${path}/pause`)).body.state).toBe('paused')
  expect((await call('POST', `${path}/resume`)).body.state).toBe('running')
  expect((await call('POST', `${path}/cancel`)).body.state).toBe('cancelled')
  const over = await call('POST', `${path}/resume`)
  expect(over.status).toBe(409)
  expect((await call('GET', path)).body.state).toBe('cancelled')
  expect((await call('GET', '/api/backfills?workflow=flow')).body).toHaveLength(1)
  expect((await call('GET', '/api/backfills/99')).status).toBe(404)
  const empty = await call('POST', '/api/workflows/flow/backfills', { body: { start: range.end, end: range.start } })
  expect(empty.status).toBe(422)
})

test('lists workflows with their last ten runs, the newest first', async () => {
  const { call, db } = await servers.start()
  for (const name of ['a', 'b']) await call('POST', '/api/workflows', { body: manifestOf({ x: {}, y: {} }, { name }) })
  const ids: string[] = []
  for (let at = 0; at < 12; at++) ids.unshift((await call('POST', '/api/workflows/a/runs', { body: {} })).body.id)
  await db.execute(sql`
    update engine.run set state = 'success', started_at = created_at, ended_at = created_at + interval '90 seconds'
    where id < ${Number(ids[0])}`)
  const [a, b] = (await call('GET', '/api/workflows?per_page=100')).body
  expect(a.recent_runs.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 10))
  expect(a.recent_runs[0]).toMatchObject({ state: 'running', trigger: 'manual' })
  expect(a.recent_runs[0].duration_seconds).toBe(undefined)
  expect(a.recent_runs[1]).toMatchObject({ state: 'success', duration_seconds: 90 })
  expect(a).toMatchObject({ nodes: 2, last_run: { id: ids[0], state: 'running' } })
  expect([b.recent_runs, b.last_run, b.nodes]).toEqual([[], undefined, 2])
  expect((await call('GET', '/api/workflows/a')).body.recent_runs.length).toBe(10)
  const running = await call('GET', '/api/workflows?last_state=running')
  expect(running.body.map(({ name }: { name: string }) => name)).toEqual(['a'])
  expect((await call('GET', '/api/workflows?last_state=failed')).body).toEqual([])
  expect((await call('GET', '/api/workflows?page=9')).headers.get('total')).toBe('2')
})
