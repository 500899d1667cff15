import { outboxStatus, sql } from '@millrace/db'
import { expect, it } from 'vitest'
import type { Engine } from '../engine.ts'
import type { RunFailure } from '../failure-bus/failure-bus.ts'
import { failure, fatal, outcomes, output, startRun, useEngines, work } from '../runs/engine.fixture.ts'
import { markTask } from '../runs/reopen.ts'
import { startFailureReports } from './failure-reports.ts'

const engines = useEngines()
const failureReports = { logUrl: ({ runId }: { runId: number }) => `http://localhost/runs/${runId}` }
const within = { interval: 20 }

async function waiting(engine: Engine): Promise<number> {
  return (await outboxStatus(engine.db)).reduce((sum, topic) => sum + topic.waiting, 0)
}

it('tells of each node that failed for good, once, and of nothing else', async () => {
  await using test = await engines.open({ failureReports })
  const { engine } = test
  const run = await startRun(engine, {
    retried: { retries: 2 },
    list: [],
    each: { mapOver: 'list' },
    after: ['each'],
    optional: [],
    marked: [],
  })
  await markTask(engine, run.id, { node: 'marked', state: 'failed' })
  await work(
    engine,
    outcomes({
      retried: ({ attempt }) => (attempt === 3 ? fatal : failure),
      list: output([1, 2, 3]),
      each: ({ mapIndex }) => (mapIndex === 0 ? output(1) : fatal),
      optional: { kind: 'skip', reason: 'not today' },
    }),
  )
  const published: RunFailure[] = []
  await using _ = await startFailureReports(engine, {
    publish: async (message) => {
      published.push(message)
      return true
    },
    log: { warn() {}, error() {} },
  })
  await expect.poll(async () => await waiting(engine), within).toBe(0)
  const common = {
    workflowName: 'flow',
    workflowVersion: '1',
    dagRunId: String(run.id),
    logUrl: `http://localhost/runs/${run.id}`,
  }
  expect(published.toSorted((a, b) => a.taskName.localeCompare(b.taskName))).toEqual([
    { ...common, taskName: 'each' },
    { ...common, taskName: 'retried' },
  ])
})

it('keeps nothing when nobody wants to be told', async () => {
  await using test = await engines.open()
  await startRun(test.engine, { a: [] })
  await work(test.engine, () => fatal)
  expect(await outboxStatus(test.db)).toEqual([])
})

it('keeps what a broker that is down does not take, and publishes it once it is back', async () => {
  await using test = await engines.open({ failureReports: {} })
  const { engine, db } = test
  const run = await startRun(engine, { a: [] })
  await work(engine, () => fatal)
  expect(await db.one(sql`select state from engine.run where id = ${run.id}`)).toEqual({ state: 'failed' })
  let isUp = false
  const published: RunFailure[] = []
  const warnings: unknown[] = []
  await using _ = await startFailureReports(engine, {
    publish: async (message) => {
      if (isUp) published.push(message)
      else if (warnings.length > 0) throw new Error('connection refused')
      return isUp
    },
    log: { warn: (about: unknown) => void warnings.push(about), error() {} },
    pollIntervalMs: 50,
  })
  await expect.poll(() => warnings.length, within).toBeGreaterThan(1)
  expect(warnings.slice(0, 2)).toMatchObject([
    { workflow: 'flow', task: 'a', run: String(run.id), attempts: 1, err: { code: 'FAILURE_NOT_PUBLISHED' } },
    { attempts: 2, err: { message: 'connection refused' } },
  ])
  expect(await waiting(engine)).toBe(1)
  isUp = true
  await expect
    .poll(() => published, within)
    .toEqual([{ workflowName: 'flow', workflowVersion: '1', taskName: 'a', dagRunId: String(run.id) }])
})

it('gives up after a day of attempts, and keeps the message as dead', async () => {
  await using test = await engines.open({ failureReports: {} })
  const { engine, db } = test
  await startRun(engine, { a: [] })
  await work(engine, () => fatal)
  await db.execute(sql`update outbox.message set attempts = 299`)
  const errors: unknown[] = []
  await using _ = await startFailureReports(engine, {
    publish: async () => false,
    log: { warn() {}, error: (about: unknown) => void errors.push(about) },
  })
  await expect.poll(() => errors.length, within).toBe(1)
  expect(await outboxStatus(db)).toMatchObject([{ topic: 'task.failed', waiting: 0, dead: 1 }])
})
