import { randomUUID } from 'node:crypto'
import { sql } from '@millrace/db'
import { describe, expect, test } from 'vitest'
import { manifestOf, useServers } from './test-server.fixture.ts'

const servers = useServers()

test('text that no database can hold is refused, wherever it stands', async () => {
  const { call } = await servers.start()
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }) })
  const bad = ['\0', '\ud800', "'; drop table engine.run; --", '{{ x }}', '../../etc/passwd', 'x'.repeat(5000)]
  for (const text of bad) {
    const encoded = encodeURIComponent(text.toWellFormed())
    const answers = [
      await call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { version: '2', title: text }) }),
      await call('POST', '/api/workflows/flow/runs', { body: { params: { [text]: text }, key: text } }),
      await call('PUT', `/api/variables/${encoded}`, { body: { value: { [text]: text } } }),
      await call('PUT', '/api/variables/v', { body: { value: { [text]: text } } }),
      await call('PUT', '/api/pools/p', { body: { slots: 1, description: text } }),
      await call('POST', '/api/worker-tokens', { body: { name: text, queues: [text] } }),
      await call('GET', `/api/workflows?search=${encoded}&tag=${encoded}`),
      await call('GET', `/api/workflows/${encoded}`),
      await call('GET', `/api/workflows/flow/versions/${encoded}`),
      await call('GET', `/api/workflows/flow/diff?from=${encoded}`),
      await call('GET', `/api/runs?workflow=${encoded}`),
      await call('GET', '/api/runs?from=9999999-01-01T00:00:00Z'),
      await call('GET', '/api/runs?before=9999999999999999'),
      await call('GET', '/api/task-runs/9999999999999999'),
    ]
    expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([])
  }
  expect((await call('GET', '/api/runs')).status).toBe(200)
})

describe('a worker token', () => {
  test('is shown once, kept as a hash, and refused as soon as it is revoked', async () => {
    const { call, db } = await servers.start()
    const made = await call('POST', '/api/worker-tokens', { body: { name: 'gpu machines' } })
    expect(made.status).toBe(201)
    expect(made.headers.get('cache-control')).toBe('no-store')
    const { id, token } = made.body
    expect(token).toMatch(/^millrace_worker_[\w-]{43}$/)
    const { body: listed } = await call('GET', '/api/worker-tokens')
    expect(listed).toEqual([{ id, name: 'gpu machines', created_at: expect.any(String) }])
    const rows = await db.query({ text: 'select * from engine.worker_token', values: [] })
    expect(JSON.stringify(rows)).not.toContain(token)
    const goodbye = () => call('POST', '/api/worker/goodbye', { token, body: { worker: randomUUID() } })
    expect((await goodbye()).status).toBe(204)
    expect((await call('DELETE', `/api/worker-tokens/${id}`)).status).toBe(204)
    expect((await goodbye()).status).toBe(401)
    expect((await call('GET', '/api/worker-tokens')).body[0].revoked_at).toEqual(expect.any(String))
    expect((await call('DELETE', '/api/worker-tokens/99')).status).toBe(404)
  })

  test('that is revoked while its worker waits for work gets none, and leaves it to others', async () => {
    const { call, db, workerToken } = await servers.start()
    await call('POST', '/api/workflows', { body: manifestOf({ a: {} }) })
    const exchange = async (token: string, waitMs: number) => {
      const worker = { id: randomUUID(), name: 'w', host: 'h', pid: 1, version: '1', queues: ['default'], slots: 1 }
      const body = { worker, results: [], running: [], want: 1, waitMs }
      return await call('POST', '/api/worker/exchange', { token, body })
    }
    const waiting = exchange(await workerToken(), 30_000)
    await expect.poll(async () => (await call('GET', '/api/workers')).body).toHaveLength(1)
    const [{ id }] = (await call('GET', '/api/worker-tokens')).body
    expect((await call('DELETE', `/api/worker-tokens/${id}`)).status).toBe(204)
    await call('POST', '/api/workflows/flow/runs')
    const refused = await waiting
    expect([refused.status, refused.body.tasks]).toEqual([401, undefined])
    expect((await exchange(await workerToken(), 5000)).body.tasks).toMatchObject([{ node: { id: 'a' } }])
    expect(await db.query(sql`select losses, failures from engine.task_run`)).toEqual([{ losses: 0, failures: 0 }])
  })

  test('is good for its queues only', async () => {
    const { call, workerToken } = await servers.start()
    const token = await workerToken({ queues: ['gpu'] })
    const exchange = (queues: string[]) => {
      const worker = { id: randomUUID(), name: 'w', host: 'h', pid: 1, version: '1', queues, slots: 1 }
      return call('POST', '/api/worker/exchange', {
        token,
        body: { worker, results: [], running: [], want: 0, waitMs: 0 },
      })
    }
    expect((await exchange(['gpu'])).status).toBe(200)
    const refused = await exchange(['gpu', 'default'])
    expect(refused.status).toBe(403)
    expect(refused.body.error.message).toContain('and not for default')
  })

  test('is good for attempts of its queues only, whoever has them', async () => {
    const { call, workerToken } = await servers.start()
    await call('POST', '/api/workflows', { body: manifestOf({ a: {} }) })
    await call('POST', '/api/workflows/flow/runs')
    const worker = { id: randomUUID(), name: 'w', host: 'h', pid: 1, version: '1', queues: ['default'], slots: 1 }
    const body = { worker, results: [], running: [], want: 1, waitMs: 5000 }
    const [token, other] = [await workerToken({ queues: ['default'] }), await workerToken({ queues: ['gpu'] })]
    const { tasks } = (await call('POST', '/api/worker/exchange', { token, body })).body
    const path = `/api/worker/attempts/${tasks[0].taskRunId}/1/output?node=a&worker=${worker.id}`
    expect((await call('GET', path, { token })).status).toBe(200)
    expect((await call('GET', path, { token: other })).body.error.detail).toBe('QUEUE_NOT_PERMITTED')
  })

  test('expires', async () => {
    const { call, db } = await servers.start()
    const past = await call('POST', '/api/worker-tokens', { body: { name: 'x', expires_at: '2020-01-01T00:00:00Z' } })
    expect(past.status).toBe(422)
    const body = { name: 'x', expires_at: '2999-01-01T00:00:00Z' }
    const { token } = (await call('POST', '/api/worker-tokens', { body })).body
    await db.execute({ text: `update engine.worker_token set expires_at = now()`, values: [] })
    expect((await call('POST', '/api/worker/goodbye', { token, body: { worker: randomUUID() } })).status).toBe(401)
  })
})

test('no token and no query stands in the log', async () => {
  const { call, lines, workerToken } = await servers.start()
  const token = await workerToken()
  await call('GET', '/api/workflows?search=geheim')
  await call('POST', '/api/worker/goodbye', { token, body: { worker: randomUUID() } })
  const text = JSON.stringify(lines)
  expect(text).not.toContain(token)
  expect(text).not.toContain('the-token-of-the-administrator')
  expect(text).not.toContain('geheim')
})

test('pools, variables and metrics are read and changed', async () => {
  const { call } = await servers.start()
  expect((await call('PUT', '/api/pools/db', { body: { slots: 3, description: 'The warehouse' } })).status).toBe(201)
  expect((await call('PUT', '/api/pools/db', { body: { slots: 0 } })).body).toEqual({
    name: 'db',
    slots: 0,
    used: 0,
    waiting: 0,
  })
  expect((await call('PUT', '/api/pools/db', { body: { slots: -1 } })).status).toBe(422)
  await call('POST', '/api/workflows', { body: manifestOf({ a: { pool: 'db' } }) })
  await call('POST', '/api/workflows/flow/runs')
  const used = await call('DELETE', '/api/pools/db')
  expect(used.status).toBe(409)
  expect(used.body.error.message).toContain('task runs waiting: 1')
  expect((await call('PUT', '/api/pools/spare', { body: { slots: 1 } })).status).toBe(201)
  expect((await call('DELETE', '/api/pools/spare')).status).toBe(204)
  expect((await call('DELETE', '/api/pools/spare')).status).toBe(404)

  expect((await call('PUT', '/api/variables/region', { body: { value: ['eu', null] } })).status).toBe(201)
  expect((await call('PUT', '/api/variables/region', { body: { value: null } })).body).toEqual({
    name: 'region',
    value: null,
  })
  expect((await call('PUT', '/api/variables/region', { body: {} })).status).toBe(422)
  expect((await call('GET', '/api/variables')).body).toEqual([{ name: 'region', value: null }])
  expect((await call('DELETE', '/api/variables/region')).status).toBe(204)
  expect((await call('GET', '/api/variables/region')).status).toBe(404)

  const { body, headers } = await call('GET', '/metrics')
  expect(headers.get('content-type')).toContain('text/plain')
  expect(body).toContain('millrace_queue_depth{queue="default"} 1\n')
  expect(body).toContain('millrace_runs_active{state="running"} 1\n')
  expect(body).toMatch(/^millrace_queue_oldest_seconds\{queue="default"\} [\d.e-]+$/m)
})

test('a worker is seen, drained, and gone when it says goodbye', async () => {
  const { call, workerToken } = await servers.start()
  const token = await workerToken()
  const worker = { id: randomUUID(), name: 'w', host: 'h', pid: 1, version: '1', queues: ['default'], slots: 2 }
  const exchange = { worker, results: [], running: [], want: 0, waitMs: 0 }
  await call('POST', '/api/worker/exchange', { token, body: exchange })
  expect((await call('GET', '/api/workers')).body).toMatchObject([
    { id: worker.id, state: 'active', running: 0, slots: 2 },
  ])
  expect((await call('POST', `/api/workers/${worker.id}/drain`)).body.state).toBe('draining')
  expect((await call('POST', `/api/workers/${randomUUID()}/drain`)).status).toBe(404)
  await call('POST', '/api/worker/goodbye', { token, body: { worker: worker.id } })
  expect((await call('GET', '/api/workers')).body).toEqual([])
  expect((await call('GET', '/api/workers?ended=true')).body).toMatchObject([{ state: 'ended' }])
})

test('the server is not ready while its database is away', async () => {
  const { call, db } = await servers.start()
  expect((await call('GET', '/api/ready', { token: null })).body).toEqual({ ready: true, checks: { database: 'ok' } })
  await db.close()
  expect((await call('GET', '/api/ready', { token: null })).status).toBe(503)
  expect((await call('GET', '/api/health', { token: null })).status).toBe(200)
  const answer = await call('GET', '/api/runs')
  expect(answer.status).toBeGreaterThanOrEqual(500)
  expect(answer.body.error.message).not.toMatch(/sql|postgres/i)
})
