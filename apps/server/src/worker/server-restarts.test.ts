import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { createLogger } from '@millrace/core'
import { sql } from '@millrace/db'
import { type Executor, httpWorkerApi, startWorker } from '@millrace/engine'
import type { AttemptSpec, Json, Outcome } from '@millrace/workflow'
import { expect, test } from 'vitest'
import { type RunningServer, startServer } from '../start-server.ts'
import { adminToken, manifestOf, useServers } from '../test-server.fixture.ts'

const servers = useServers()

/** Runs attempts as timers: what is tried here is what is said between worker and server. */
function timerExecutor(
  slots: number,
  outputOf: (spec: AttemptSpec) => Json,
): Executor & { readonly ran: ReadonlyMap<string, number> } {
  let running = 0
  const ran = new Map<string, number>()
  return {
    kind: 'timer',
    ran,
    get free() {
      return slots - running
    },
    start(spec, host) {
      running += 1
      const stopped = new AbortController()
      const key = `${spec.taskRunId}-${spec.attempt}`
      ran.set(key, (ran.get(key) ?? 0) + 1)
      host.log({ at: Date.now(), level: 'info', source: 'log', text: `this is ${key}` })
      const outcome = setTimeout(10, undefined, { signal: stopped.signal })
        .then((): Outcome => ({ kind: 'success', output: outputOf(spec) }))
        .catch((): Outcome => ({ kind: 'failure', failure: { reason: 'lost', code: 'STOPPED', message: 'Stopped.' } }))
        .finally(() => {
          running -= 1
        })
      return { outcome, metrics: () => ({}), stop: () => stopped.abort() }
    },
    recover: async () => [],
    async [Symbol.asyncDispose]() {},
  }
}

test('a worker survives restarts of the server under load: every task ends once, and its log is whole', async () => {
  const leaseSeconds = 4
  // What is lost comes back by the scheduler, from the first server on.
  const scheduler = { intervalMs: 200, retention: null }
  const { server, db, call, workerToken } = await servers.start({ leaseSeconds, scheduler })
  const token = await workerToken()
  const port = Number(new URL(server.url).port)
  const log = await createLogger({ name: 'server', level: 'silent' })
  await call('POST', '/api/workflows', {
    body: manifestOf({ list: {}, each: { mapOver: 'list' }, end: { after: ['each'] } }),
  })
  const items = Array.from({ length: 300 }, (_, index) => index)
  const executor = timerExecutor(8, ({ node }) => (node.id === 'list' ? items : null))
  const worker = startWorker({
    api: httpWorkerApi({ url: server.url, token }),
    executor,
    info: { id: randomUUID(), name: 'w', host: 'h', pid: 1, version: '1', queues: ['default'], slots: 8 },
    log,
  })
  const { body: run } = await call('POST', '/api/workflows/flow/runs')
  let current: RunningServer = server
  const ended = async (count: number) => {
    const statement = sql`select count(*) as count from engine.task_run where state = 'success'`
    while ((await db.one<{ count: number }>(statement)).count < count) await setTimeout(10)
  }
  try {
    for (let restart = 0; restart < 3; restart++) {
      await ended((restart + 1) * 50)
      // Cuts what is under way, as a crash would.
      await current.close({ timeoutMs: 0 })
      current = await startServer({
        db,
        artifacts: server.engine.artifacts,
        log,
        adminToken,
        port,
        leaseSeconds,
        scheduler,
      })
    }
    while ((await call('GET', `/api/runs/${run.id}`)).body.open_tasks > 0) await setTimeout(50)
    expect((await call('GET', `/api/runs/${run.id}`)).body).toMatchObject({
      state: 'success',
      failed_tasks: 0,
      task_states: { success: 302 },
    })
    const twice = await db.query(sql`
      select task_run_id from engine.attempt where outcome = 'success' group by task_run_id having count(*) > 1`)
    expect(twice).toEqual([])
    expect([...executor.ran.values()].filter((times) => times > 1)).toEqual([])
    const sample = await db.query<{ id: number; attempt: number }>(
      sql`select id, attempt from engine.task_run where map_index % 25 = 0`,
    )
    for (const { id, attempt } of sample) {
      const { body } = await call('GET', `/api/task-runs/${id}/log`)
      expect(body.trim().split('\n')).toHaveLength(1)
      expect(body).toContain(`this is ${id}-${attempt}`)
    }
  } finally {
    await worker.drain()
    await current.close()
  }
})
