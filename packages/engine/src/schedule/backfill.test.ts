import { sql } from '@millrace/db'
import type { TaskOptionsInput } from '@millrace/workflow'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../engine.ts'
import { createRun } from '../runs/create-run.ts'
import { claim, failure, fatal, inconsistencies, manifestOf, useEngines, work } from '../runs/engine.fixture.ts'
import { deployWorkflow, pauseWorkflow } from '../workflows.ts'
import { advanceBackfills } from './advance-backfills.ts'
import {
  type Backfill,
  cancelBackfill,
  createBackfill,
  getBackfill,
  listBackfills,
  pauseBackfill,
  resumeBackfill,
} from './backfill.ts'
import { maxBackfillTicks } from './plan-backfill.ts'

const engines = useEngines()
const january = { start: new Date('2026-01-01T00:00:00Z'), end: new Date('2026-02-01T00:00:00Z') }

async function deploy(engine: Engine, { cron = '@daily', ...options }: TaskOptionsInput & { cron?: string } = {}) {
  await deployWorkflow(engine, manifestOf({ a: options }, { schedule: { cron, timezone: 'Europe/Berlin' } }))
}

async function logicalDates(engine: Engine, backfill: Backfill): Promise<string[]> {
  const rows = await engine.db.query<{ logical_date: Date }>(
    sql`select logical_date from engine.run where backfill_id = ${backfill.id} order by id`,
  )
  return rows.map((row) => row.logical_date.toISOString())
}

/** The scheduler and a worker in turn, until the backfill is over; returns the most runs that were active at a time. */
async function finish(engine: Engine, backfill: Backfill): Promise<number> {
  let most = 0
  for (let turn = 0; turn < 1000; turn += 1) {
    await advanceBackfills(engine)
    const { state, progress } = await getBackfill(engine.db, backfill.id)
    most = Math.max(most, progress.active)
    if (state !== 'running') return most
    await work(engine)
  }
  throw new Error('The backfill did not end.')
}

describe('a backfill', () => {
  it('runs every tick of the range in order, so many at a time, with the intervals of the schedule', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await deploy(engine)
    const backfill = await createBackfill(engine, { workflow: 'flow', ...january, maxActiveRuns: 3, params: { a: 1 } })
    expect(backfill).toMatchObject({ state: 'running', version: '1', progress: { total: 31, active: 0 } })
    expect(await finish(engine, backfill)).toBe(3)
    const dates = await logicalDates(engine, backfill)
    expect(dates).toHaveLength(31)
    expect(dates.toSorted()).toEqual(dates)
    expect(dates[0]).toBe('2026-01-01T23:00:00.000Z')
    const run = await db.one(sql`
      select data_interval_start, data_interval_end, trigger, params from engine.run order by id limit 1`)
    expect(run).toEqual({
      data_interval_start: new Date('2025-12-31T23:00:00Z'),
      data_interval_end: new Date('2026-01-01T23:00:00Z'),
      trigger: 'backfill',
      params: { a: 1 },
    })
    expect(await getBackfill(db, backfill.id)).toMatchObject({
      state: 'success',
      reason: null,
      progress: { total: 31, success: 31, failed: 0, cancelled: 0, active: 0, skipped: 0 },
    })
    expect(await inconsistencies(db)).toEqual([])
  })

  it('goes on after runs that fail, and is failed in the end', async () => {
    await using test = await engines.open()
    const { engine } = test
    await deploy(engine)
    const backfill = await createBackfill(engine, {
      workflow: 'flow',
      start: january.start,
      end: new Date('2026-01-04'),
    })
    for (let turn = 0; turn < 4; turn += 1) {
      await advanceBackfills(engine)
      await work(engine, () => (turn === 1 ? fatal : { kind: 'success', output: null }))
    }
    await advanceBackfills(engine)
    expect(await getBackfill(engine.db, backfill.id)).toMatchObject({
      state: 'failed',
      reason: '1 of its runs did not succeed',
      progress: { total: 3, success: 2, failed: 1 },
    })
  })

  it.each([
    { existing: 'skip' as const, made: 1, skipped: 2 },
    { existing: 'again' as const, made: 3, skipped: 0 },
  ])('$existing: makes $made runs where two of three ticks have one', async ({ existing, made, skipped }) => {
    await using test = await engines.open()
    const { engine } = test
    await deploy(engine)
    for (const day of ['01', '02']) {
      const logicalDate = new Date(`2026-01-${day}T23:00:00Z`)
      await createRun(engine, { workflow: 'flow', trigger: 'schedule', logicalDate })
    }
    const end = new Date('2026-01-04T00:00:00Z')
    const backfill = await createBackfill(engine, { workflow: 'flow', start: january.start, end, existing })
    await finish(engine, backfill)
    expect(await getBackfill(engine.db, backfill.id)).toMatchObject({
      state: 'success',
      progress: { total: 3, success: made, skipped },
    })
  })

  it('keeps its version when another is deployed, and runs while the workflow is paused', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await deploy(engine)
    const backfill = await createBackfill(engine, { workflow: 'flow', ...january, maxActiveRuns: 31 })
    await deployWorkflow(engine, manifestOf({ b: [] }, { version: '2' }))
    await pauseWorkflow(engine, 'flow', true)
    await finish(engine, backfill)
    const versions = await db.query(sql`
      select distinct v.version from engine.run r join engine.workflow_version v on v.id = r.version_id`)
    expect(versions).toEqual([{ version: '1' }])
  })

  it('is paused, resumed, and cancelled with its runs', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await deploy(engine)
    const backfill = await createBackfill(engine, { workflow: 'flow', ...january, maxActiveRuns: 2 })
    await advanceBackfills(engine)
    expect(await pauseBackfill(engine, backfill.id)).toMatchObject({ state: 'paused', progress: { active: 2 } })
    await work(engine)
    await advanceBackfills(engine)
    expect((await getBackfill(db, backfill.id)).progress).toMatchObject({ success: 2, active: 0 })
    await resumeBackfill(engine, backfill.id)
    await advanceBackfills(engine)
    const [held] = await claim(engine, 1)
    expect(held).toBeDefined()
    const cancelled = await cancelBackfill(engine, backfill.id)
    // One waited and is over; one runs and was asked to stop.
    expect(cancelled).toMatchObject({ state: 'cancelled', progress: { success: 2, cancelled: 1, active: 1 } })
    expect((await advanceBackfills(engine)).made).toBe(0)
    await expect(resumeBackfill(engine, backfill.id)).rejects.toMatchObject({ code: 'BACKFILL_OVER' })
    const { stopping } = await db.one<{ stopping: number }>(
      sql`select count(*) as stopping from engine.task_run where state = 'running' and stop_reason = 'cancelled'`,
    )
    expect(stopping).toBe(1)
    expect(await inconsistencies(db)).toEqual([])
  })

  it('of 10,000 ticks is made in small steps', async () => {
    await using test = await engines.open()
    const { engine } = test
    await deploy(engine, { cron: '*/5 * * * *' })
    const start = new Date('2026-01-01T00:00:00Z')
    const end = new Date(start.getTime() + 10_000 * 300_000)
    const startedAt = performance.now()
    const backfill = await createBackfill(engine, { workflow: 'flow', start, end, maxActiveRuns: 60 })
    expect(backfill.progress.total).toBe(10_000)
    expect(await advanceBackfills(engine)).toMatchObject({ made: 50, isMore: true })
    expect(await advanceBackfills(engine)).toMatchObject({ made: 10, isMore: false })
    expect(await advanceBackfills(engine)).toMatchObject({ made: 0, isMore: false })
    expect(performance.now() - startedAt).toBeLessThan(60_000)
    expect((await listBackfills(engine.db, { workflow: 'flow' }))[0]?.progress.active).toBe(60)
  })

  it('is advanced by one scheduler at a time, and no run is made twice', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const other = await test.another()
    await deploy(engine)
    const backfill = await createBackfill(engine, { workflow: 'flow', ...january, maxActiveRuns: 5 })
    for (let turn = 0; turn < 12; turn += 1) {
      await Promise.all([engine, other, engine, other].map((one) => advanceBackfills(one)))
      const { active } = (await getBackfill(db, backfill.id)).progress
      expect(active).toBeLessThanOrEqual(5)
      await work(engine, () => failure)
    }
    const dates = await logicalDates(engine, backfill)
    expect(dates).toHaveLength(31)
    expect(new Set(dates).size).toBe(31)
    expect(await getBackfill(db, backfill.id)).toMatchObject({ state: 'failed', progress: { failed: 31 } })
  })
})

describe('a backfill that cannot be', () => {
  it.each([
    ['without a schedule', undefined, january, {}, 'BACKFILL_WITHOUT_SCHEDULE'],
    [
      'with a range that ends before it starts',
      '@daily',
      { start: january.end, end: january.start },
      {},
      'BACKFILL_RANGE_INVALID',
    ],
    ['with a date that is none', '@daily', { start: new Date('x'), end: january.end }, {}, 'BACKFILL_RANGE_INVALID'],
    ['with no tick in its range', '@yearly', { start: new Date('2026-01-05'), end: january.end }, {}, 'BACKFILL_EMPTY'],
    [
      'that is all to come',
      '@daily',
      { start: new Date('2999-01-01'), end: new Date('2999-02-01') },
      {},
      'BACKFILL_EMPTY',
    ],
    [
      'with more ticks than anybody means',
      '* * * * *',
      { start: new Date('2020-01-01'), end: january.end },
      {},
      'BACKFILL_TOO_LARGE',
    ],
    ['with no active runs', '@daily', january, { maxActiveRuns: 0 }, 'BACKFILL_LIMIT_INVALID'],
    ['of a workflow that is not there', '@daily', january, { workflow: 'flo' }, 'WORKFLOW_MISSING'],
  ])('%s is refused by name', async (_, cron, range, more, code) => {
    await using test = await engines.open()
    await deployWorkflow(test.engine, manifestOf({ a: [] }, cron === undefined ? {} : { schedule: { cron } }))
    await expect(createBackfill(test.engine, { workflow: 'flow', ...range, ...more })).rejects.toMatchObject({ code })
    expect(await listBackfills(test.db)).toEqual([])
    expect(maxBackfillTicks).toBe(100_000)
  })
})
