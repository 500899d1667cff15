import { type Clock, ConfigError, parseSchedule } from '@millrace/core'
import { type Db, sql } from '@millrace/db'
import type { ManifestSchedule } from '@millrace/workflow'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../engine.ts'
import { createRun } from '../runs/create-run.ts'
import { inconsistencies, manifestOf, useEngines } from '../runs/engine.fixture.ts'
import { deployWorkflow, pauseWorkflow } from '../workflows.ts'
import { tickSchedules } from './tick.ts'

const engines = useEngines()
const dayMs = 86_400_000

function at(time: string): Clock {
  return { now: () => new Date(time) }
}

async function deploy(
  engine: Engine,
  schedule: Partial<ManifestSchedule> | undefined,
  { name = 'flow', version = '1', deployedAt }: { name?: string; version?: string; deployedAt?: string } = {},
): Promise<void> {
  await deployWorkflow(engine, manifestOf({ a: [] }, { name, version, ...(schedule && { schedule }) }))
  if (deployedAt !== undefined) await changedAt(engine, name, deployedAt)
}

/** Tests live in other years than the database. */
async function changedAt(engine: Engine, name: string, time: string): Promise<void> {
  await engine.db.execute(sql`update engine.workflow set schedule_changed_at = ${new Date(time)} where name = ${name}`)
}

async function runsOf(db: Db, workflow = 'flow'): Promise<string[]> {
  const rows = await db.query<{ logical_date: Date }>(sql`
    select r.logical_date from engine.run r join engine.workflow w on w.id = r.workflow_id
    where w.name = ${workflow} order by r.logical_date, r.id`)
  return rows.map((row) => row.logical_date.toISOString())
}

async function workflowRow(db: Db, name = 'flow') {
  return await db.one<{ next_tick_at: Date | null; last_tick_at: Date | null; schedule_problem: string | null }>(
    sql`select next_tick_at, last_tick_at, schedule_problem from engine.workflow where name = ${name}`,
  )
}

/** Looks again and again while the time passes. */
async function live(engine: Engine, from: string, to: string, stepMs: number): Promise<void> {
  for (let time = Date.parse(from); time <= Date.parse(to); time += stepMs) {
    await tickSchedules(engine, { clock: { now: () => new Date(time) } })
  }
}

describe('a year of a daily schedule at 02:30', () => {
  it.each([
    {
      timezone: 'Europe/Berlin',
      // On 29 March 02:30 does not exist, on 25 October it comes twice.
      around: ['2026-03-28', '2026-03-31', '2026-10-24', '2026-10-27'],
      ticks: [
        '2026-03-28T01:30:00.000Z',
        '2026-03-29T01:00:00.000Z',
        '2026-03-30T00:30:00.000Z',
        '2026-10-24T00:30:00.000Z',
        '2026-10-25T00:30:00.000Z',
        '2026-10-26T01:30:00.000Z',
      ],
    },
    {
      timezone: 'America/New_York',
      around: ['2026-03-07', '2026-03-10', '2026-10-31', '2026-11-03'],
      ticks: [
        '2026-03-07T07:30:00.000Z',
        '2026-03-08T07:00:00.000Z',
        '2026-03-09T06:30:00.000Z',
        '2026-10-31T06:30:00.000Z',
        '2026-11-01T07:30:00.000Z',
        '2026-11-02T07:30:00.000Z',
      ],
    },
  ])('$timezone: runs once a day over both clock changes', async ({ timezone, around, ticks }) => {
    await using test = await engines.open()
    const { engine, db } = test
    const [spring = '', springEnd = '', autumn = '', autumnEnd = ''] = around
    await deploy(engine, { cron: '30 2 * * *', timezone }, { deployedAt: `${spring}T00:00:00Z` })
    await live(engine, `${spring}T00:00:00Z`, `${springEnd}T00:00:00Z`, 10 * 60_000)
    await pauseWorkflow(engine, 'flow', true)
    await pauseWorkflow(engine, 'flow', false, { clock: at(`${autumn}T00:00:00Z`) })
    await live(engine, `${autumn}T00:00:00Z`, `${autumnEnd}T00:00:00Z`, 10 * 60_000)
    expect(await runsOf(db)).toEqual(ticks)
  })

  it('runs 366 times in a leap year, each with the interval since the run before', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const catchup = { policy: 'all' as const, limit: 30 }
    const schedule = { cron: '30 2 * * *', timezone: 'Europe/Berlin', catchup }
    await deploy(engine, schedule, { deployedAt: '2027-12-31T23:00:00Z' })
    await live(engine, '2028-01-01T02:00:00Z', '2028-12-31T02:00:00Z', 5 * dayMs)
    const runs = await db.query<{ logical_date: Date; data_interval_start: Date; data_interval_end: Date }>(
      sql`select logical_date, data_interval_start, data_interval_end from engine.run order by logical_date`,
    )
    expect(runs).toHaveLength(366)
    expect(runs.map(({ logical_date }) => logical_date.toISOString())).toContain('2028-02-29T01:30:00.000Z')
    runs.forEach((run, index) => {
      const before = runs[index - 1]
      expect(run.data_interval_end).toEqual(run.logical_date)
      if (before !== undefined) expect(run.data_interval_start).toEqual(before.logical_date)
    })
  })
})

describe('after three days down', () => {
  const missed = ['2026-03-28T01:30:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']

  it.each([
    { policy: 'none' as const, limit: 100, made: [], dropped: 3 },
    { policy: 'latest' as const, limit: 100, made: missed.slice(-1), dropped: 2 },
    { policy: 'all' as const, limit: 100, made: missed, dropped: 0 },
    { policy: 'all' as const, limit: 2, made: missed.slice(-2), dropped: 1 },
  ])('$policy (limit $limit) makes $made.length runs and says what it leaves out', async (example) => {
    const { policy, limit, made, dropped } = example
    await using test = await engines.open()
    const { engine, db } = test
    const schedule = { cron: '30 2 * * *', timezone: 'Europe/Berlin', catchup: { policy, limit } }
    await deploy(engine, schedule, { deployedAt: '2026-03-26T12:00:00Z' })
    await tickSchedules(engine, { clock: at('2026-03-27T01:30:01Z') })
    const first = '2026-03-27T01:30:00.000Z'
    expect(await runsOf(db)).toEqual([first])

    const report = await tickSchedules(engine, { clock: at('2026-03-30T10:00:00Z') })
    expect(await runsOf(db)).toEqual([first, ...made])
    expect(report.dropped).toEqual(dropped === 0 ? [] : [{ workflow: 'flow', ticks: dropped }])
    expect(await tickSchedules(engine, { clock: at('2026-03-30T10:00:01Z') })).toMatchObject({ made: [], dropped: [] })

    await tickSchedules(engine, { clock: at('2026-03-31T00:30:00Z') })
    expect((await runsOf(db)).at(-1)).toBe('2026-03-31T00:30:00.000Z')
    expect(await inconsistencies(db)).toEqual([])
  })

  it('makes more runs than fit into one transaction, oldest first', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await deploy(engine, { cron: '0 * * * *', catchup: { policy: 'all', limit: 120 } })
    await changedAt(engine, 'flow', '2026-01-01T00:30:00Z')
    const report = await tickSchedules(engine, { clock: at('2026-01-08T00:30:00Z') })
    expect(report.made).toHaveLength(120)
    expect(report.dropped).toEqual([{ workflow: 'flow', ticks: 48 }])
    expect(await runsOf(db)).toEqual(report.made.map(({ tick }) => tick.toISOString()))
  })
})

describe('a tick that nobody looked at in time', () => {
  it.each([
    ['minutes late, for the database was restarted', '2026-01-02T06:08:00Z', 1],
    ['an hour late', '2026-01-02T07:00:00Z', 0],
  ])('is run with the policy none when it is %s', async (_, time, runs) => {
    await using test = await engines.open()
    await deploy(test.engine, { cron: '0 6 * * *' }, { deployedAt: '2026-01-01T12:00:00Z' })
    await tickSchedules(test.engine, { clock: at('2026-01-02T05:59:59Z') })
    await tickSchedules(test.engine, { clock: at(time) })
    expect(await runsOf(test.db)).toHaveLength(runs)
  })
})

describe('a deployment', () => {
  it('counts from then on, and leaves what its schedule has missed before', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await deploy(
      engine,
      { cron: '0 6 * * *', catchup: { policy: 'all', limit: 100 } },
      { deployedAt: '2026-01-05T07:00:00Z' },
    )
    await tickSchedules(engine, { clock: at('2026-01-05T07:00:01Z') })
    expect(await runsOf(db)).toEqual([])
    expect((await workflowRow(db)).next_tick_at).toEqual(new Date('2026-01-06T06:00:00Z'))

    await tickSchedules(engine, { clock: at('2026-01-06T06:00:00Z') })
    await deploy(
      engine,
      { cron: '0 9 * * *', catchup: { policy: 'all', limit: 100 } },
      { version: '2', deployedAt: '2026-01-08T08:00:00Z' },
    )
    await tickSchedules(engine, { clock: at('2026-01-08T08:00:01Z') })
    expect(await runsOf(db)).toEqual(['2026-01-06T06:00:00.000Z'])
    expect((await workflowRow(db)).next_tick_at).toEqual(new Date('2026-01-08T09:00:00Z'))
  })

  it('of a new version with the same schedule loses no tick, even of that very moment', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await deploy(engine, { cron: '0 6 * * *' }, { deployedAt: '2026-01-05T07:00:00Z' })
    await tickSchedules(engine, { clock: at('2026-01-05T07:00:01Z') })
    await deploy(engine, { cron: '0 6 * * *' }, { version: '2' })
    await tickSchedules(engine, { clock: at('2026-01-06T06:00:01Z') })
    expect(await runsOf(db)).toEqual(['2026-01-06T06:00:00.000Z'])
  })

  it('without a schedule ends the ticks, and a later one with a schedule begins them again', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await deploy(engine, undefined)
    await tickSchedules(engine, { clock: at('2026-01-05T00:00:00Z') })
    await deploy(engine, { cron: '@daily' }, { version: '2', deployedAt: '2026-01-05T12:00:00Z' })
    await tickSchedules(engine, { clock: at('2026-01-06T00:00:00Z') })
    await deploy(engine, undefined, { version: '3' })
    await tickSchedules(engine, { clock: at('2026-01-07T00:00:00Z') })
    expect(await runsOf(db)).toEqual(['2026-01-06T00:00:00.000Z'])
    expect((await workflowRow(db)).next_tick_at).toBeNull()
  })

  it.each([
    { policy: 'all' as const, made: ['2025-12-30', '2025-12-31', '2026-01-01'] },
    { policy: 'latest' as const, made: ['2026-01-01'] },
    { policy: 'none' as const, made: [] },
  ])('with a start in the past begins there, as far as $policy says', async ({ policy, made }) => {
    await using test = await engines.open()
    const schedule = { cron: '@daily', start: '2025-12-30T00:00:00Z', catchup: { policy, limit: 100 } }
    await deploy(test.engine, schedule, { deployedAt: '2026-01-01T12:00:00Z' })
    await tickSchedules(test.engine, { clock: at('2026-01-01T12:00:01Z') })
    expect(await runsOf(test.db)).toEqual(made.map((day) => `${day}T00:00:00.000Z`))
  })
})

describe('the ends of a schedule', () => {
  it('are both part of it', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const schedule = { cron: '@daily', start: '2026-01-03T00:00:00Z', end: '2026-01-05T00:00:00Z' }
    await deploy(engine, schedule, { deployedAt: '2026-01-01T00:00:00Z' })
    await tickSchedules(engine, { clock: at('2026-01-01T00:00:00Z') })
    expect((await workflowRow(db)).next_tick_at).toEqual(new Date('2026-01-03T00:00:00Z'))
    await live(engine, '2026-01-01T00:00:05Z', '2026-01-08T00:00:05Z', dayMs)
    expect(await runsOf(db)).toEqual(['03', '04', '05'].map((day) => `2026-01-${day}T00:00:00.000Z`))
    expect((await workflowRow(db)).next_tick_at).toBeNull()
  })

  it('@once runs once, whatever is deployed after', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await deploy(engine, { cron: '@once' }, { deployedAt: '2026-01-01T00:00:00Z' })
    await tickSchedules(engine, { clock: at('2026-01-01T00:00:01Z') })
    await deploy(engine, { cron: '@once', timezone: 'Europe/Berlin' }, { version: '2' })
    await tickSchedules(engine, { clock: at('2027-01-01T00:00:01Z') })
    const runs = await db.query(sql`select data_interval_start, key from engine.run`)
    expect(runs).toEqual([{ data_interval_start: null, key: 'schedule:once' }])
  })
})

describe('a paused workflow', () => {
  it.each([
    { policy: 'none' as const, made: [] },
    { policy: 'latest' as const, made: ['2026-01-04'] },
    { policy: 'all' as const, made: ['2026-01-02', '2026-01-03', '2026-01-04'] },
  ])('has no runs, and when it goes on $policy decides about the ticks that passed', async ({ policy, made }) => {
    await using test = await engines.open()
    const { engine, db } = test
    await deploy(engine, { cron: '@daily', catchup: { policy, limit: 100 } }, { deployedAt: '2026-01-01T12:00:00Z' })
    await tickSchedules(engine, { clock: at('2026-01-01T12:00:01Z') })
    await pauseWorkflow(engine, 'flow', true)
    await live(engine, '2026-01-01T13:00:00Z', '2026-01-04T00:02:00Z', dayMs / 4)
    expect(await runsOf(db)).toEqual([])
    await pauseWorkflow(engine, 'flow', false, { clock: at('2026-01-04T00:03:00Z') })
    await tickSchedules(engine, { clock: at('2026-01-04T00:03:01Z') })
    expect(await runsOf(db)).toEqual(made.map((day) => `${day}T00:00:00.000Z`))
    await tickSchedules(engine, { clock: at('2026-01-05T00:00:00Z') })
    expect((await runsOf(db)).at(-1)).toBe('2026-01-05T00:00:00.000Z')
  })
})

describe('a workflow that cannot be used', () => {
  it('is reported by its name and does not stop the others (R7)', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const deployedAt = '2026-01-01T12:00:00Z'
    await deploy(engine, { cron: 'every day' }, { name: 'a-broken', deployedAt })
    await deployWorkflow(
      engine,
      manifestOf(
        { a: [] },
        {
          name: 'b-needs-params',
          schedule: { cron: '@daily' },
          params: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      ),
    )
    await changedAt(engine, 'b-needs-params', deployedAt)
    await deploy(engine, { cron: '@daily' }, { name: 'c-good', deployedAt })

    await tickSchedules(engine, { clock: at('2026-01-01T12:00:01Z') })
    const { problems } = await tickSchedules(engine, { clock: at('2026-01-02T00:00:05Z') })
    expect(problems.map(({ workflow }) => workflow).sort()).toEqual(['a-broken', 'b-needs-params'])
    expect(problems.every(({ error }) => error instanceof ConfigError)).toBe(true)
    expect(await runsOf(db, 'c-good')).toEqual(['2026-01-02T00:00:00.000Z'])
    expect((await workflowRow(db, 'a-broken')).schedule_problem).toContain('every day')
    expect((await workflowRow(db, 'b-needs-params')).schedule_problem).toContain('city')
    // Left alone for a minute, and then looked at again.
    expect((await tickSchedules(engine, { clock: at('2026-01-02T00:00:06Z') })).problems).toEqual([])
    expect((await tickSchedules(engine, { clock: at('2026-01-02T00:01:06Z') })).problems).toHaveLength(2)

    await deploy(engine, { cron: '@daily' }, { name: 'b-needs-params', version: '2' })
    await tickSchedules(engine, { clock: at('2026-01-02T00:02:00Z') })
    expect(await runsOf(db, 'b-needs-params')).toEqual(['2026-01-02T00:00:00.000Z'])
    expect((await workflowRow(db, 'b-needs-params')).schedule_problem).toBeNull()
  })
})

describe('several schedulers', () => {
  it('make each run once, with clocks five minutes apart in both directions', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const other = await test.another()
    await deploy(engine, { cron: '*/7 * * * *' }, { deployedAt: '2026-01-01T00:00:00Z' })
    for (let time = Date.parse('2026-01-01T00:00:00Z'); time <= Date.parse('2026-01-01T04:00:00Z'); time += 60_000) {
      const skewed = (ms: number) => ({ clock: { now: () => new Date(time + ms) } })
      await Promise.all([tickSchedules(engine, skewed(5 * 60_000)), tickSchedules(other, skewed(-5 * 60_000))])
    }
    const ticks = parseSchedule({ cron: '*/7 * * * *' }).between(
      new Date('2026-01-01T00:01:00Z'),
      new Date('2026-01-01T04:06:00Z'),
      1000,
    )
    expect(await runsOf(db)).toEqual(ticks.map((tick) => tick.toISOString()))
  })

  it('make each run once when they look at the very same moment', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const other = await test.another()
    for (let index = 0; index < 20; index += 1) {
      await deploy(engine, { cron: '@daily' }, { name: `flow-${index}`, deployedAt: '2026-01-01T12:00:00Z' })
    }
    const clock = at('2026-01-02T00:00:00Z')
    const reports = await Promise.all([engine, other, engine, other].map((one) => tickSchedules(one, { clock })))
    expect(reports.flatMap(({ problems }) => problems)).toEqual([])
    expect(reports.flatMap(({ made }) => made)).toHaveLength(20)
    const { count } = await db.one<{ count: number }>(sql`select count(*) as count from engine.run`)
    expect(count).toBe(20)
  })

  it('may be ended at any statement of a tick: another one makes its run', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const doomed = await test.another()
    await deploy(engine, { cron: '@hourly' }, { deployedAt: '2026-01-01T00:30:00Z' })
    for (let hour = 1; hour <= 20; hour += 1) {
      const clock = at(`2026-01-01T${String(hour).padStart(2, '0')}:00:00Z`)
      const dying = tickSchedules(doomed, { clock }).catch(() => {})
      // Somewhere between its first statement and its last.
      for (let spin = 0; spin < hour; spin += 1) await db.query(sql`select 1`)
      await db.execute(sql`
        select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and query like '%engine.%' and state <> 'idle'`)
      await dying
      await tickSchedules(engine, { clock })
    }
    const runs = await runsOf(db)
    expect(runs).toEqual(
      Array.from({ length: 20 }, (_, hour) => `2026-01-01T${String(hour + 1).padStart(2, '0')}:00:00.000Z`),
    )
    expect(await inconsistencies(db)).toEqual([])
  })

  it('wait for a workflow that somebody holds, and do the others meanwhile', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    for (const name of ['a', 'b'])
      await deploy(engine, { cron: '@daily' }, { name, deployedAt: '2026-01-01T12:00:00Z' })
    const clock = at('2026-01-02T00:00:00Z')
    await db.session(async (session) => {
      await session.script(`begin; select from engine.workflow where name = 'a' for update`)
      const { made, problems } = await tickSchedules(engine, { clock })
      await session.script('rollback')
      expect(made.map(({ workflow }) => workflow)).toEqual(['b'])
      expect(problems).toMatchObject([{ workflow: 'a', error: { code: 'DATABASE_LOCK_TIMEOUT' } }])
    })
    expect((await tickSchedules(engine, { clock })).made.map(({ workflow }) => workflow)).toEqual(['a'])
  })
})

it('leaves a run alone that somebody made by hand with the key of the tick', async () => {
  await using test = await engines.open()
  const { engine, db } = test
  await deploy(engine, { cron: '@daily' }, { deployedAt: '2026-01-01T12:00:00Z' })
  await createRun(engine, { workflow: 'flow', trigger: 'manual', key: 'schedule:2026-01-02T00:00:00.000Z' })
  expect((await tickSchedules(engine, { clock: at('2026-01-02T00:00:00Z') })).made).toEqual([])
  expect((await workflowRow(db)).next_tick_at).toEqual(new Date('2026-01-03T00:00:00Z'))
})
