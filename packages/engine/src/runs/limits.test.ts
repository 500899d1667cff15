import { sql } from '@millrace/db'
import type { Outcome } from '@millrace/workflow'
import { describe, expect, it, vi } from 'vitest'
import type { Engine } from '../engine.ts'
import { deployWorkflow } from '../workflows.ts'
import { cancelRun } from './cancel-run.ts'
import { completeAttempts } from './complete.ts'
import { createRun } from './create-run.ts'
import {
  claim,
  inconsistencies,
  manifestOf,
  type NodeSketch,
  startRun,
  success,
  useEngines,
  work,
} from './engine.fixture.ts'
import { reapLostAttempts } from './leases.ts'
import { readRun } from './run-row.ts'

const engines = useEngines()

async function pool(engine: Engine, slots: number, name = 'db'): Promise<void> {
  await engine.db.execute(sql`
    insert into engine.pool (name, slots) values (${name}, ${slots}) on conflict (name) do update set slots = excluded.slots`)
}

function many(count: number, sketch: NodeSketch): Record<string, NodeSketch> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, sketch]))
}

async function claimed(engine: Engine, limit = 100): Promise<string[]> {
  return (await claim(engine, limit)).map(({ node }) => node.id)
}

async function complete(engine: Engine, node: string): Promise<void> {
  const row = await engine.db.one<{ id: number; attempt: number }>(sql`
    select t.id, t.attempt from engine.task_run t join engine.run r on r.id = t.run_id
    join engine.workflow_version v on v.id = r.version_id
    where t.state = 'running' and v.manifest -> 'nodes' -> t.node_index ->> 'id' = ${node} limit 1`)
  await completeAttempts(engine, null, [{ taskRunId: row.id, attempt: row.attempt, outcome: success }])
}

describe('a pool', () => {
  it('is never over its slots, and its slots come free with the attempts', async () => {
    await using test = await engines.open()
    const { engine } = test
    await pool(engine, 3)
    await startRun(engine, many(5, { pool: 'db' }))
    expect(await claimed(engine)).toEqual(['n0', 'n1', 'n2'])
    expect(await claimed(engine)).toEqual([])
    await complete(engine, 'n1')
    expect(await claimed(engine)).toEqual(['n3'])
    // A lost worker frees its slots as well.
    await engine.db.execute(
      sql`update engine.task_run set state = 'cancelled', ended_at = now() where state = 'running'`,
    )
    expect(await claimed(engine)).toEqual(['n4'])
  })

  it('serves a large task in its turn, which smaller ones do not overtake', async () => {
    await using test = await engines.open()
    const { engine } = test
    await pool(engine, 4)
    await startRun(engine, {
      a: { pool: 'db', poolSlots: 3 },
      large: { pool: 'db', poolSlots: 4 },
      small: { pool: 'db' },
      other: [],
    })
    expect((await claimed(engine)).sort()).toEqual(['a', 'other'])
    await complete(engine, 'a')
    expect(await claimed(engine)).toEqual(['large'])
    await complete(engine, 'large')
    expect(await claimed(engine)).toEqual(['small'])
  })

  it('is not held up by a task that is larger than all of it', async () => {
    await using test = await engines.open()
    const { engine } = test
    await pool(engine, 2)
    await startRun(engine, { huge: { pool: 'db', poolSlots: 3, priority: 9 }, small: { pool: 'db' } })
    expect(await claimed(engine)).toEqual(['small'])
    await complete(engine, 'small')
    await pool(engine, 3)
    expect(await claimed(engine)).toEqual(['huge'])
  })

  it('that does not exist holds its tasks until somebody makes it, and nobody else', async () => {
    await using test = await engines.open()
    const { engine } = test
    await startRun(engine, { a: { pool: 'missing' }, b: [] })
    expect(await claimed(engine)).toEqual(['b'])
    await pool(engine, 1, 'missing')
    expect(await claimed(engine)).toEqual(['a'])
  })

  it('that is made smaller lets what runs end, and takes no more before it has room', async () => {
    await using test = await engines.open()
    const { engine } = test
    await pool(engine, 3)
    await startRun(engine, many(5, { pool: 'db' }))
    await claimed(engine)
    await pool(engine, 1)
    await complete(engine, 'n0')
    expect(await claimed(engine)).toEqual([])
    await complete(engine, 'n1')
    await complete(engine, 'n2')
    expect(await claimed(engine)).toEqual(['n3'])
    await pool(engine, 0)
    await complete(engine, 'n3')
    expect(await claimed(engine)).toEqual([])
  })

  it('is not over its slots when many claim at once', async () => {
    await using test = await engines.open()
    const { engine } = test
    const other = await test.another()
    await pool(engine, 7)
    await startRun(engine, many(60, { pool: 'db' }))
    const claims = await Promise.all(Array.from({ length: 20 }, (_, index) => claimed(index % 2 ? engine : other, 5)))
    expect(claims.flat()).toHaveLength(7)
    expect(new Set(claims.flat()).size).toBe(7)
  })
})

describe('a concurrency key', () => {
  it('holds over all runs and workflows, filled in from the parameters', async () => {
    await using test = await engines.open()
    const { engine } = test
    const sketch = { concurrencyKey: 'city-{{ params.city }}' }
    for (const name of ['x', 'y']) await deployWorkflow(engine, manifestOf({ [name]: sketch }, { name }))
    await createRun(engine, { workflow: 'x', trigger: 'manual', params: { city: 'Bonn' } })
    await createRun(engine, { workflow: 'y', trigger: 'manual', params: { city: 'Bonn' } })
    await createRun(engine, { workflow: 'y', trigger: 'manual', params: { city: 'Ulm' } })
    expect(await claimed(engine)).toEqual(['x', 'y'])
    expect(await claimed(engine)).toEqual([])
    await complete(engine, 'x')
    expect(await claimed(engine)).toEqual(['y'])
  })

  it('lets as many run as its limit says, and frees them with retries too', async () => {
    await using test = await engines.open()
    const { engine } = test
    await startRun(engine, many(5, { concurrencyKey: 'k', concurrencyLimit: 2 }))
    expect(await claimed(engine)).toEqual(['n0', 'n1'])
    await complete(engine, 'n0')
    expect(await claimed(engine)).toEqual(['n2'])
  })

  it('is free again, and so are slots of a pool, when the worker that held them is found lost', async () => {
    await using test = await engines.open()
    const { engine } = test
    await pool(engine, 1)
    await startRun(engine, { a: { concurrencyKey: 'k' }, b: { pool: 'db' } })
    await startRun(engine, { c: { concurrencyKey: 'k' }, d: { pool: 'db' } }, { name: 'later' })
    expect(await claimed(engine)).toEqual(['a', 'b'])
    expect(await claimed(engine)).toEqual([])
    await engine.db.execute(sql`update engine.task_run set lease_until = now() where state = 'running'`)
    expect(await reapLostAttempts(engine)).toBe(2)
    // Those that were lost stand behind those that waited all the while.
    expect(await claimed(engine)).toEqual(['c', 'd'])
    for (const node of ['c', 'd']) await complete(engine, node)
    expect(await claimed(engine)).toEqual(['a', 'b'])
    for (const node of ['a', 'b']) await complete(engine, node)
    expect(await inconsistencies(test.db)).toEqual([])
  })

  it('of mapped items is filled in from the item', async () => {
    await using test = await engines.open()
    const { engine } = test
    await startRun(engine, { list: [], each: { mapOver: 'list', concurrencyKey: 'k-{{ item }}' } })
    await work(engine, ({ node }) => (node.id === 'list' ? { kind: 'success', output: ['a', 'b', 'a'] } : undefined), {
      limit: 1,
    })
    const keys = await engine.db.query<{ concurrency_key: string }>(
      sql`select concurrency_key from engine.task_run where state = 'running' order by id`,
    )
    expect(keys.map((row) => row.concurrency_key)).toEqual(['k-a', 'k-b'])
  })

  it('goes together with a pool', async () => {
    await using test = await engines.open()
    const { engine } = test
    await pool(engine, 2)
    await startRun(engine, {
      a: { pool: 'db', concurrencyKey: 'k' },
      b: { pool: 'db', concurrencyKey: 'k' },
      c: { pool: 'db' },
      d: { pool: 'db' },
    })
    // What waits for its key takes no slot from those behind it.
    expect(await claimed(engine)).toEqual(['a', 'c'])
  })
})

describe('the queue', () => {
  it('gives the higher priority first, of the run and the task together, then the older', async () => {
    await using test = await engines.open()
    const { engine } = test
    await deployWorkflow(engine, manifestOf({ low: [], high: { priority: 5 } }))
    for (const priority of [0, 10]) await createRun(engine, { workflow: 'flow', trigger: 'manual', priority })
    const specs = await claim(engine)
    expect(specs.map(({ node, run }) => [run.id, node.id])).toEqual([
      ['2', 'high'],
      ['2', 'low'],
      ['1', 'high'],
      ['1', 'low'],
    ])
  })

  it('gives a worker only what its queues hold', async () => {
    await using test = await engines.open()
    await startRun(test.engine, { a: { queue: 'gpu' }, b: [] })
    expect(await claimed(test.engine)).toEqual(['b'])
  })

  it('gives each task to one of many that ask at once', async () => {
    await using test = await engines.open()
    const { engine } = test
    const other = await test.another()
    await startRun(engine, many(100, []))
    const claims = await Promise.all(Array.from({ length: 20 }, (_, index) => claimed(index % 2 ? engine : other, 7)))
    expect(claims.flat()).toHaveLength(100)
    expect(new Set(claims.flat()).size).toBe(100)
  })

  it('is found by its index, whatever the history', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, many(5, []))
    await db.execute(sql`
      insert into engine.task_run (run_id, node_index, map_index, state, queue, run_at, ended_at)
      select ${run.id}, 0, i, 'success', 'default', now(), now() from generate_series(1, 100000) i`)
    await db.execute(sql`analyze engine.task_run`)
    const rows = await db.query<{ 'QUERY PLAN': string }>(sql`
      explain (analyze, buffers) select id, priority, run_at from engine.task_run
      where state = 'ready' and pool is null and concurrency_key is null and queue = 'default' and run_at <= now()
      order by priority desc, run_at, id limit 10 for update skip locked`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain('Index Scan using task_run_ready on')
    expect(plan).not.toContain('Seq Scan')
    expect(plan).not.toContain('Sort')
    expect(await claimed(engine)).toHaveLength(5)
  })
})

describe('max active runs', () => {
  it('costs the same however many runs wait', async () => {
    await using test = await engines.open()
    const { engine } = test
    await startRun(engine, { a: [] }, { maxActiveRuns: 1 })
    const create = () => createRun(engine, { workflow: 'flow', trigger: 'manual' })
    const { run } = await create()
    await engine.db.execute(sql`
      with copies as (
        insert into engine.run (workflow_id, version_id, state, reason, key, trigger, params, logical_date,
          data_interval_end, open_tasks)
        select workflow_id, version_id, state, reason, 'copy-' || n, trigger, params, logical_date, data_interval_end, 1
        from engine.run, generate_series(1, 3000) n where id = ${run.id}
        returning id
      )
      insert into engine.task_run (run_id, node_index, state, queue) select id, 0, 'ready', 'default' from copies`)
    // Whoever locks a row leaves a mark on it.
    const marks = async () =>
      await engine.db.query<{ id: number; mark: string }>(
        sql`select id, xmax::text as mark from engine.run where state = 'queued'`,
      )
    const before = new Map((await marks()).map(({ id, mark }) => [id, mark]))
    await create()
    expect(await claimed(engine)).toEqual(['a'])
    await complete(engine, 'a')
    expect(await readRun(engine.db, run.id)).toMatchObject({ state: 'running' })
    expect((await marks()).filter(({ id, mark }) => before.get(id) !== mark).length).toBeLessThan(3)
    expect(await inconsistencies(test.db)).toEqual([])
  })

  it('holds further runs in the queue, and starts the most important and oldest as others end', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await deployWorkflow(engine, manifestOf({ a: [] }, { maxActiveRuns: 2 }))
    const runs: number[] = []
    for (const priority of [0, 0, 0, 7]) {
      runs.push((await createRun(engine, { workflow: 'flow', trigger: 'manual', priority })).run.id)
    }
    const stateOf = async () => await Promise.all(runs.map(async (id) => (await readRun(db, id)).state))
    expect(await stateOf()).toEqual(['running', 'running', 'queued', 'queued'])
    expect((await readRun(db, runs[2] ?? 0)).reason).toContain('max active runs')
    const specs = await claim(engine)
    expect(specs).toHaveLength(2)
    const [first] = specs
    await completeAttempts(engine, null, [{ taskRunId: first?.taskRunId ?? 0, attempt: 1, outcome: success }])
    expect(await stateOf()).toEqual(['success', 'running', 'queued', 'running'])
    await cancelRun(engine, runs[1] ?? 0)
    await cancelRun(engine, runs[2] ?? 0)
    expect((await stateOf())[2]).toBe('cancelled')
    expect(await inconsistencies(db)).toEqual([])
  })

  it('holds when many make and end runs at once, and leaves none behind', async () => {
    await using test = await engines.open({ maxConnections: 20 })
    const { engine, db } = test
    const other = await test.another()
    await deployWorkflow(engine, manifestOf({ a: [] }, { maxActiveRuns: 3 }))
    let made = 0
    const makers = Array.from({ length: 6 }, async (_, index) => {
      for (let run = 0; run < 10; run += 1) {
        await createRun(index % 2 ? engine : other, { workflow: 'flow', trigger: 'manual' })
        made += 1
      }
    })
    let isOver = false
    let most = 0
    const ends = [engine, other].map(async (one) => {
      while (!isOver) {
        await work(one)
        const { active } = await db.one<{ active: number }>(
          sql`select count(*) as active from engine.run where state = 'running'`,
        )
        most = Math.max(most, active)
        // Before the count: what is made after it is not in it.
        const areMade = made === 60
        const { open } = await db.one<{ open: number }>(
          sql`select count(*) as open from engine.run where state in ('queued', 'running')`,
        )
        isOver = areMade && open === 0
      }
    })
    await Promise.all([...makers, ...ends])
    expect(most).toBeLessThanOrEqual(3)
    expect(await db.query(sql`select state, count(*) from engine.run group by state`)).toEqual([
      { state: 'success', count: 60 },
    ])
  })
})

describe('a run', () => {
  it('is dated by the clock of the database, whatever the clock of the server says', async () => {
    await using test = await engines.open()
    const { engine } = test
    await deployWorkflow(engine, manifestOf({ a: [] }))
    const run = async () => (await createRun(engine, { workflow: 'flow', trigger: 'manual' })).run
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5 * 60_000 })
    try {
      const { logical_date, data_interval_end, created_at } = await run()
      expect(logical_date).toEqual(data_interval_end)
      expect(Math.abs(logical_date.getTime() - created_at.getTime())).toBeLessThan(60_000)
    } finally {
      vi.useRealTimers()
    }
  })

  it('with the key of another one is that one', async () => {
    await using test = await engines.open()
    const { engine } = test
    const other = await test.another()
    await deployWorkflow(engine, manifestOf({ a: [] }))
    const request = { workflow: 'flow', trigger: 'manual', key: 'k' } as const
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, index) => createRun(index % 2 ? engine : other, request)),
    )
    expect(new Set(made.map(({ run }) => run.id)).size).toBe(1)
    expect(made.filter(({ isNew }) => isNew)).toHaveLength(1)
  })

  it('with parameters that do not fit is refused, each by its name, and nothing is left of it', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const properties = { city: { type: 'string' }, count: { type: 'integer', default: 3 } }
    const params = { type: 'object', properties, required: ['city'], additionalProperties: false }
    await deployWorkflow(engine, manifestOf({ a: [] }, { params }))
    const request = { workflow: 'flow', trigger: 'manual' } as const
    const refused = createRun(engine, { ...request, params: { cuty: 'Bonn', count: 'x' } })
    await expect(refused).rejects.toMatchObject({ code: 'PARAMS_INVALID' })
    for (const param of ['cuty', 'city', 'count']) await expect(refused).rejects.toThrow(`"${param}"`)
    expect(await db.query(sql`select id from engine.run`)).toEqual([])
    const { run } = await createRun(engine, { ...request, params: { city: 'Bonn' } })
    expect(run.params).toEqual({ city: 'Bonn', count: 3 })
  })

  it('of a workflow that is not there names the closest one', async () => {
    await using test = await engines.open()
    await deployWorkflow(test.engine, manifestOf({ a: [] }, { name: 'orders' }))
    await expect(createRun(test.engine, { workflow: 'order', trigger: 'manual' })).rejects.toThrow(
      'Did you mean "orders"?',
    )
    await deployWorkflow(test.engine, manifestOf({ a: [] }, { name: 'shop_daily' }))
    await expect(createRun(test.engine, { workflow: 'daily', trigger: 'manual' })).rejects.toThrow(
      'Did you mean "shop_daily"?',
    )
  })
})

describe('a run under way', () => {
  it('keeps its version when another one is deployed while a task of it waits', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { watch: {}, after: ['watch'] })
    const wait: Outcome = { kind: 'defer', seconds: 0, reason: 'no file yet' }
    const seen: string[] = []
    const deployments: Promise<unknown>[] = []
    await work(
      engine,
      ({ node, attempt, run: { version } }) => {
        seen.push(`${node.id} ${attempt} of ${version}`)
        return node.id === 'watch' && attempt < 3 ? wait : success
      },
      {
        limit: 1,
        onBatch: () => void deployments.push(deployWorkflow(engine, manifestOf({ other: {} }, { version: '2' }))),
      },
    )
    await Promise.all(deployments)
    expect(seen).toEqual(['watch 1 of 1', 'watch 2 of 1', 'watch 3 of 1', 'after 1 of 1'])
    expect(await readRun(engine.db, run.id)).toMatchObject({ state: 'success' })
  })

  it('has no limit to its events, and they do not slow it down', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: [], b: ['a'] })
    await engine.db.execute(sql`
      insert into engine.run_event (run_id, kind, data)
      select ${run.id}, 'task.deferred', '{"reason": "no file yet"}' from generate_series(1, 100000)`)
    const startedAt = performance.now()
    await work(engine)
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect(await readRun(engine.db, run.id)).toMatchObject({ state: 'success' })
  })
})
