import { randomUUID } from 'node:crypto'
import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { manifestOf, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const never = new AbortController().signal

test('tells of every queue what waits in it, for what, and who serves it', async () => {
  const server = await servers.start()
  const { call } = server
  expect((await call('GET', '/api/queues')).body).toEqual([])
  await call('PUT', '/api/pools/db', { body: { slots: 1 } })
  const nodes = {
    ...{ a: {}, b: {}, c: {} },
    ...{ pooled1: { pool: 'db' }, pooled2: { pool: 'db' }, missing: { pool: 'nowhere' }, gpu: { queue: 'gpu' } },
  }
  await call('POST', '/api/workflows', { body: manifestOf(nodes) })
  const run = (await call('POST', '/api/workflows/flow/runs', { body: {} })).body.id
  const workerOf = (name: string, queues: readonly string[], slots: number) => ({
    ...{ id: randomUUID(), name, host: 'h', pid: 1, version: '1', queues, slots },
  })
  const idle = { results: [], running: [], want: 0, waitMs: 0 }
  const worker = workerOf('one', ['default', 'other'], 4)
  const exchange = async (want: number) =>
    (await server.server.workerApi.exchange({ ...idle, worker, want }, never)).tasks
  expect((await exchange(3)).map(({ node }) => node.id)).toEqual(['a', 'b', 'c'])
  expect((await exchange(1)).map(({ node }) => node.id)).toEqual(['pooled1'])
  await server.server.workerApi.exchange({ ...idle, worker: workerOf('two', ['default'], 2) }, never)
  await server.db.execute(sql`update engine.task_run set run_at = now() - interval '1 minute' where state = 'ready'`)
  const gone = { waiting_for_pool: 0, delayed: 0, running: 0 }
  const { status, body } = await server.as('anybody')('GET', '/api/queues')
  expect([status, body]).toMatchObject([
    200,
    [
      ...[
        {
          queue: 'default',
          ready: 2,
          waiting_for_pool: 2,
          delayed: 0,
          running: 4,
          workers: 2,
          slots: 6,
          free_slots: 2,
        },
      ],
      { queue: 'gpu', ready: 1, ...gone, workers: 0, slots: 0, free_slots: 0 },
      { queue: 'other', ready: 0, ...gone, workers: 1, slots: 4, free_slots: 0 },
    ],
  ])
  expect(body[1].oldest_ready_seconds).toBeGreaterThanOrEqual(60)
  expect(body[2].oldest_ready_seconds).toBe(undefined)
  expect((await server.anonymous('GET', '/api/queues')).status).toBe(401)

  const [, one] = (await call('GET', '/api/workers')).body
  expect(one).toMatchObject({ name: 'one', running: 4, slots: 4, queues: ['default', 'other'], state: 'active' })
  expect(one.holds.length).toBe(4)
  expect(one.holds[0]).toMatchObject({
    run,
    workflow: 'flow',
    attempt: 1,
    queue: 'default',
    task_run: expect.any(Number),
  })
  await call('POST', `/api/workers/${one.id}/drain`)
  const drained = (await call('GET', '/api/queues')).body
  expect(drained.map(({ queue, workers }: { queue: string; workers: number }) => [queue, workers])).toEqual([
    ...[
      ['default', 1],
      ['gpu', 0],
    ],
  ])
})
