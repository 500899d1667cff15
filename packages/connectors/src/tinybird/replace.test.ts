import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { loadSpec } from '../kit/load-spec.test.fixture.ts'
import { createConnector } from '../kit/registry.ts'
import { codeOf, column, csvPieces } from '../kit/sink-rows.contract.ts'
import { transfer } from '../transfer/transfer.ts'
import type { TransferEvent } from '../transfer/types.ts'
import { type LocalTinybird, openLocalTinybird } from './local-tinybird.contract.ts'

let postgres: TestPostgres
let local: LocalTinybird
let from: SqlConnector
let folder: string
const rows = 200_000

beforeAll(async () => {
  ;[postgres, local] = await Promise.all([startPostgres(), openLocalTinybird()])
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const { host, port, user, password, database } = postgres
  from = (await createConnector('postgres', { host, port, user, password, database })) as SqlConnector
  await from.execute(`create table flights as select g as id, timestamp '2024-01-01' + g * interval '1 minute' as at,
    'flight ' || g || ', late' as note, g % 2 = 0 as cancelled, repeat('x', 100) as filler from generate_series(1, ${rows}) g`)
  await from.execute('vacuum analyze flights')
  await from.execute('create table few as select * from flights where id <= 1000')
})
afterAll(async () => {
  await from[Symbol.asyncDispose]()
  await local[Symbol.asyncDispose]()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const copy = async (
  table: string,
  options: { signal?: AbortSignal; onEvent?: (event: TransferEvent) => void } = {},
) => {
  const { manifests } = await transfer(
    {
      from: { connector: from, address: 'postgres', tables: [table] },
      to: { connector: local.connector, address: 'tinybird', into: 'flights' },
      verify: 'content',
      retries: 0,
    },
    { stateDirectory: folder, ...options },
  )
  return manifests[0]?.manifest
}
const count = async () => Number(await local.connector.query('SELECT count() FROM flights', { scalar: true }))
const uploads = () =>
  local.server.requests().filter(({ method, path }) => method === 'POST' && path.startsWith('/v0/datasources')).length

test('readers see all of the old rows or all of the new ones', async () => {
  await copy('few')
  const seen = new Set<number>()
  const reading = new AbortController()
  const reader = (async () => {
    while (!reading.signal.aborted) {
      seen.add(await count())
      await delay(0)
    }
  })()
  const manifest = await copy('flights')
  reading.abort()
  await reader
  seen.add(await count())
  expect([...seen].sort((a, b) => a - b)).toEqual([1000, rows])
  expect(manifest?.proof).toMatchObject({ level: 'content', target: manifest?.proof.source })
  expect(manifest?.result.replaced).toBe(1000)
  expect(await local.leftovers()).toEqual([])
})

test('a copy that is stopped while it is sent changes nothing, and the next one goes on', async () => {
  await copy('few')
  const stop = new AbortController()
  const stopped = copy('flights', {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'progress' && event.chunksDone > 0) stop.abort(new Error('enough'))
    },
  })
  await expect(stopped).rejects.toThrow('enough')
  expect(await count()).toBe(1000)
  let resumed = 0
  const manifest = await copy('flights', {
    onEvent: (event) => {
      if (event.type === 'table-started') resumed = event.resumedChunks
    },
  })
  expect(resumed).toBeGreaterThan(0)
  expect(manifest?.rows).toBe(rows)
  expect(await count()).toBe(rows)
  expect(await local.leftovers()).toEqual([])
})

test.for([503, 'cut'] as const)('an upload that ends with %s is sent again from the files', async (status) => {
  await copy('few')
  const before = uploads()
  local.server.fault({ method: 'POST', path: '/v0/datasources', status, times: 1 })
  await copy('flights')
  expect(uploads() - before).toBe(2)
  expect(await count()).toBe(rows)
})

test('an upload that is refused for good stops the copy', async () => {
  await copy('few')
  local.server.fault({ method: 'POST', path: '/v0/datasources', status: 403, body: '{"error":"no"}', times: 1 })
  expect(await codeOf(copy('flights'))).toBe('HTTPError TINYBIRD_HTTP_ERROR')
  expect(await count()).toBe(1000)
})

test('rows that end in quarantine fail the load', async () => {
  await using sink = await local.connector.openSink()
  const target = { kind: 'table', table: { scope: [], name: 'strict' } } as const
  const columns = [column('ident', { kind: 'uuid' })]
  const { changes } = await sink.plan(target, columns, 'files', 'append')
  await using load = await sink.openLoad(loadSpec({ key: 'strict1', target, columns, changes }), null)
  await load.writeChunk({ id: '0000', bounds: null }, csvPieces([['no uuid'], [null]]), () => [])
  expect(await codeOf(load.publish())).toBe('RejectedRowsError TINYBIRD_ROWS_REJECTED')
  await load.abandon()
})
