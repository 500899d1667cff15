import { randomUUID } from 'node:crypto'
import { isMillraceError } from '@millrace/core'
import { type Db, sql } from '@millrace/db'
import type { AttemptSpec, Outcome } from '@millrace/workflow'
import { expect, it } from 'vitest'
import type { Engine } from '../engine.ts'
import { deployWorkflow } from '../workflows.ts'
import { cancelRun } from './cancel-run.ts'
import { claimTasks } from './claim.ts'
import { completeAttempts } from './complete.ts'
import { createRun } from './create-run.ts'
import {
  choose,
  failure,
  inconsistencies,
  manifestOf,
  output,
  queues,
  skip,
  success,
  useEngines,
  work,
} from './engine.fixture.ts'
import { keepLeases, reapLostAttempts, returnLeases } from './leases.ts'
import { clearTasks, markTask } from './reopen.ts'
import { startForgottenRuns } from './start-and-end-runs.ts'
import { enforceTimeouts } from './timeouts.ts'
import { tryNow } from './try-now.ts'

const engines = useEngines()
const slots = 4

function chance(part: number): boolean {
  return Math.random() < part
}

function outcomeOf({ node, attempt }: AttemptSpec): Outcome {
  if (chance(0.08)) return failure
  if (chance(0.05)) return skip
  if (chance(0.05) && attempt < 4) return { kind: 'defer', seconds: 0, reason: 'not yet' }
  if (node.id === 'list') return output(Array.from({ length: Math.floor(Math.random() * 6) }, (_, index) => index))
  if (node.branch) return choose(...['left', 'right'].filter(() => chance(0.7)))
  return success
}

/** A worker that may be killed at any moment, between any two of its statements. */
async function unsteadyWorker(engine: Engine, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const workerId = randomUUID()
    for (let life = 1 + Math.floor(Math.random() * 12); life > 0 && !isOver(); life -= 1) {
      const specs = await claimTasks(engine, { workerId, queues, limit: 1 + Math.floor(Math.random() * 8) })
      if (specs.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        continue
      }
      const { lost } = chance(0.3) ? await keepLeases(engine, workerId, specs) : { lost: [] }
      const known = specs.filter((spec) => !lost.some((one) => one.taskRunId === spec.taskRunId))
      // Some are left behind: this worker is as good as dead for them.
      const done = known.filter(() => !chance(0.08))
      const results = done.map((spec) => ({
        taskRunId: spec.taskRunId,
        attempt: spec.attempt,
        outcome: outcomeOf(spec),
      }))
      await completeAttempts(engine, workerId, results)
      // The answer was lost, so it is sent again.
      if (chance(0.2)) await completeAttempts(engine, workerId, results)
    }
    if (chance(0.5)) await returnLeases(engine, workerId)
  }
}

async function meddler(engine: Engine, isOver: () => boolean): Promise<void> {
  const nodes = ['start', 'list', 'each', 'pick', 'left', 'join', 'last', 'missing']
  while (!isOver()) {
    const run = await engine.db.maybe<{ id: number }>(sql`select id from engine.run order by random() limit 1`)
    const node = nodes[Math.floor(Math.random() * nodes.length)] ?? 'start'
    const deed = Math.random()
    try {
      if (run === undefined) continue
      if (deed < 0.3) await cancelRun(engine, run.id)
      else if (deed < 0.5) await clearTasks(engine, run.id)
      else if (deed < 0.7) await clearTasks(engine, run.id, { nodes: [node], downstream: chance(0.5) })
      else if (deed < 0.8) await tryNow(engine, run.id)
      else await markTask(engine, run.id, { node, state: chance(0.5) ? 'success' : 'failed' })
    } catch (error) {
      // What cannot be done is refused in words.
      const refusals = ['TASK_RUN_ACTIVE', 'TASK_NOT_PAUSED', 'RUN_STOPPING', 'NODE_MISSING']
      if (!(isMillraceError(error) && refusals.includes(error.code))) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

async function usedSlots(db: Db): Promise<number> {
  const { used } = await db.one<{ used: number }>(sql`
    select coalesce(sum(pool_slots), 0)::integer as used from engine.task_run where pool = 'db' and state = 'running'`)
  return used
}

it('keeps its books while workers die, people meddle and two engines work on one database', {
  timeout: 180_000,
}, async () => {
  await using test = await engines.open({ leaseSeconds: 0.4, maxConnections: 12 })
  const { engine, db } = test
  const other = await test.another()
  await db.execute(sql`insert into engine.pool (name, slots) values ('db', ${slots})`)
  const nodes = {
    start: { retries: 2 },
    list: { after: ['start'], retries: 1 },
    each: { mapOver: 'list', retries: 1, pool: 'db' },
    pick: { after: ['start'], branch: true, retries: 1 },
    left: { after: ['pick'], pool: 'db', poolSlots: 2 },
    right: { after: ['pick'], concurrencyKey: 'k', concurrencyLimit: 2 },
    gate: { after: ['left', 'right'], spacer: true, triggerRule: 'none_failed_min_one_success' },
    join: { after: ['each', 'gate'], triggerRule: 'all_done' },
    last: ['join'],
  } as const
  await deployWorkflow(engine, manifestOf(nodes, { name: 'limited', maxActiveRuns: 4 }))
  await deployWorkflow(engine, manifestOf(nodes, { name: 'free' }))
  const problems: string[] = []
  let mostSlots = 0
  let isOver = false
  const end = () => isOver
  // So long, and on a busy machine until enough has happened.
  const until = performance.now() + 6000
  const enough = sql`
    select (select count(*) from engine.run) > 30 and (select count(*) from engine.attempt where outcome = 'lost') > 5 as ok`
  const makers = [engine, other].map(async (one) => {
    while (performance.now() < until || !(await one.db.one<{ ok: boolean }>(enough)).ok) {
      await createRun(one, {
        workflow: chance(0.5) ? 'limited' : 'free',
        trigger: 'manual',
        priority: Math.floor(Math.random() * 3),
      })
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    isOver = true
  })
  const keepers = [engine, other].map(async (one) => {
    while (!isOver) {
      await reapLostAttempts(one)
      await enforceTimeouts(one)
      await startForgottenRuns(one)
      mostSlots = Math.max(mostSlots, await usedSlots(one.db))
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
  })
  const auditor = (async () => {
    while (!isOver) {
      problems.push(...(await inconsistencies(db)))
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  })()
  await Promise.all([
    ...makers,
    ...keepers,
    auditor,
    ...[engine, other, engine, other, engine, other].map((one) => unsteadyWorker(one, end)),
    ...[engine, other].map((one) => meddler(one, end)),
  ])
  expect(problems).toEqual([])
  expect(mostSlots).toBeLessThanOrEqual(slots)

  // Peace: everything that is left comes to its end by itself.
  for (let round = 0; ; round += 1) {
    expect(round).toBeLessThan(200)
    await work(engine, (spec) => (spec.node.id === 'list' ? output([1, 2]) : success))
    await db.execute(
      sql`update engine.task_run set lease_until = least(lease_until, now() - interval '1 s') where state = 'running'`,
    )
    await reapLostAttempts(engine)
    const { open } = await db.one<{ open: number }>(
      sql`select count(*) as open from engine.run where state in ('queued', 'running')`,
    )
    if (open === 0) break
  }
  expect(await inconsistencies(db)).toEqual([])
  const stats = await db.one<{ runs: number; attempts: number; lost: number; cleared: number; states: unknown }>(sql`
    select (select count(*) from engine.run) as runs, (select count(*) from engine.attempt) as attempts,
      (select count(*) from engine.attempt where outcome = 'lost') as lost,
      (select count(*) from engine.run_event where kind = 'task.cleared') as cleared,
      (select jsonb_object_agg(state, n) from (select state, count(*) as n from engine.run group by state) s) as states`)
  // Done once, unless somebody had it done again.
  const twice = await db.query(sql`
    select a.task_run_id from engine.attempt a
    where a.outcome = 'success' and not exists (
      select from engine.run_event e where e.task_run_id = a.task_run_id and e.kind = 'task.cleared'
    )
    group by a.task_run_id having count(*) > 1`)
  expect(twice).toEqual([])
  const { deadlocks } = await db.one<{ deadlocks: number }>(
    sql`select deadlocks from pg_stat_database where datname = current_database()`,
  )
  if (process.env.MILLRACE_DEBUG) console.log({ ...stats, deadlocks, mostSlots })
  expect(deadlocks).toBe(0)
})
