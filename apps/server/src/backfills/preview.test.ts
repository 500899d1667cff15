import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { manifestOf, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const path = '/api/workflows/daily/backfills/preview'

async function start(cron = '0 6 * * *') {
  const server = await servers.start()
  const schedule = {
    ...{ cron, timezone: 'Europe/Zurich', start: null, end: null },
    catchup: { policy: 'none', limit: 1 },
  } as const
  const params = { type: 'object', properties: { limit: { type: 'integer' } }, additionalProperties: false }
  await server.call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { name: 'daily', schedule, params }) })
  await server.call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { name: 'by-hand' }) })
  return server
}

test('tells the ticks of a backfill with their intervals, what they have already, and writes nothing', async () => {
  const { call, db } = await start()
  const logical_date = '2026-01-03T05:00:00Z'
  const { body: run } = await call('POST', '/api/workflows/daily/runs', { body: { logical_date } })
  const range = { start: '2026-01-01T00:00:00Z', end: '2026-03-01T00:00:00Z' }
  const { status, body } = await call('POST', path, { body: range })
  expect(status).toBe(200)
  expect(body).toMatchObject({ workflow: 'daily', version: '1', total: 59, existing: 1, to_run: 58 })
  expect([body.first.length, body.last.length]).toEqual([20, 20])
  expect(body.first[0]).toEqual({
    ...{ at: '2026-01-01T05:00:00.000Z', action: 'run' },
    data_interval: { start: '2025-12-31T05:00:00.000Z', end: '2026-01-01T05:00:00.000Z' },
  })
  expect(body.first[2]).toMatchObject({ action: 'skip', run: { id: run.id, state: 'running' } })
  expect(body.last.at(-1).at).toBe('2026-02-28T05:00:00.000Z')
  const again = (await call('POST', path, { body: { ...range, existing: 'again' } })).body
  expect(again).toMatchObject({ total: 59, existing: 1, to_run: 59 })
  expect(again.first[2]).toMatchObject({ action: 'again', run: { id: run.id } })
  const short = (await call('POST', path, { body: { ...range, end: '2026-01-22T00:00:00Z' } })).body
  expect([short.total, short.first.length, short.last.length]).toEqual([21, 20, 1])
  expect(await db.query(sql`select from engine.backfill`)).toEqual([])
  expect((await db.query(sql`select from engine.run`)).length).toBe(1)
})

test('refuses what the backfill itself would be refused for, in the same words', async () => {
  const { call } = await start('* * * * *')
  const range = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' }
  const cases: readonly (readonly [string, object])[] = [
    ['daily', { start: range.end, end: range.start }],
    ['daily', { ...range, end: '2026-11-01T00:00:00Z' }],
    ['daily', { start: '2999-01-01T00:00:00Z', end: '2999-01-02T00:00:00Z' }],
    ['daily', { ...range, params: { limit: 'x' } }],
    ['daily', { ...range, version: '7' }],
    ['daily', { ...range, max_active_runs: 0 }],
    ['daily', { ...range, unknown: 1 }],
    ['by-hand', range],
    ['nothing', range],
  ]
  for (const [workflow, body] of cases) {
    const created = await call('POST', `/api/workflows/${workflow}/backfills`, { body })
    const seen = await call('POST', `/api/workflows/${workflow}/backfills/preview`, { body })
    expect(seen.status, JSON.stringify(body)).toBeGreaterThanOrEqual(400)
    const said = ({ status, body: { error } }: typeof seen) => ({
      ...{ status, detail: error.detail },
      // The range ends now.
      message: error.message.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME'),
    })
    expect(said(seen)).toEqual(said(created))
  }
})

test('the most ticks that a backfill may have are told in a moment', async () => {
  const { call } = await start('* * * * *')
  const body = { start: '2026-01-01T00:00:00Z', end: '2026-03-11T00:00:00Z' }
  const { status, body: preview } = await call('POST', path, { body })
  expect([status, preview.total, preview.to_run]).toEqual([200, 99_360, 99_360])
})
