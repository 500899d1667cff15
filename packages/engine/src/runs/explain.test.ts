import { randomUUID } from 'node:crypto'
import { sql } from '@millrace/db'
import { expect, it } from 'vitest'
import type { Engine } from '../engine.ts'
import { cancelRun } from './cancel-run.ts'
import { claimTasks } from './claim.ts'
import { createRun } from './create-run.ts'
import {
  failure,
  fatal,
  type NodeSketch,
  outcomes,
  output,
  queues,
  skip,
  startRun,
  taskRow,
  useEngines,
  work,
} from './engine.fixture.ts'
import { explainTaskRuns } from './explain.ts'
import { noteWorker } from './workers.ts'

const engines = useEngines()
const since = 'since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z'

async function explain(engine: Engine, runId: number, node: string, item: number | null = null): Promise<string> {
  const { id } = await taskRow(engine, runId, node, item)
  return (await explainTaskRuns(engine, [id])).get(id) ?? ''
}

const worker = { id: randomUUID(), name: 'alpha', host: 'box', pid: 1, version: '1', queues, slots: 1 }

it('says of every state why it is so, and who will change it', async () => {
  await using test = await engines.open()
  const { engine, db } = test
  await db.execute(sql`insert into engine.pool (name, slots) values ('db', 1)`)
  const nodes: Record<string, NodeSketch> = {
    first: { pool: 'db', concurrencyKey: 'k', priority: 9 },
    second: ['first'],
    full: { pool: 'db' },
    missing: { pool: 'lake' },
    large: { pool: 'db', poolSlots: 5 },
    keyed: { concurrencyKey: 'k' },
    elsewhere: { queue: 'gpu' },
    retried: { retries: 2, retryDelaySeconds: 600, priority: 8 },
    deferred: { priority: 8 },
    plain: [],
  }
  const run = await startRun(engine, nodes)
  expect(await explain(engine, run.id, 'plain')).toMatch(
    new RegExp(`^waiting for a worker: none serves queue \`default\` ${since}$`),
  )
  await work(
    engine,
    outcomes({
      retried: failure,
      deferred: { kind: 'defer', seconds: 600, reason: 'no file yet' },
      first: () => undefined,
      plain: () => undefined,
    }),
    { limit: 3 },
  )
  const held = await db.query<{ id: number }>(sql`select id from engine.task_run where state = 'running'`)
  expect(held.length).toBeGreaterThan(0)
  await noteWorker(db, worker)
  await db.execute(sql`update engine.task_run set worker_id = ${worker.id} where state = 'running'`)
  expect(await explain(engine, run.id, 'first')).toMatch(new RegExp(`^running on alpha on box ${since}$`))
  expect(await explain(engine, run.id, 'second')).toBe('waiting for first (running)')
  expect(await explain(engine, run.id, 'full')).toMatch(new RegExp(`^waiting for pool \`db\` 1/1 ${since}$`))
  expect(await explain(engine, run.id, 'missing')).toBe(
    'waiting for pool `lake`, which does not exist: create it, or deploy without it',
  )
  expect(await explain(engine, run.id, 'large')).toBe(
    'waiting for pool `db`, which has 1 slots in all, and it needs 5: enlarge the pool',
  )
  expect(await explain(engine, run.id, 'keyed')).toMatch(new RegExp(`^waiting for key \`k\` 1/1 ${since}$`))
  expect(await explain(engine, run.id, 'elsewhere')).toContain('none serves queue `gpu`')
  expect(await explain(engine, run.id, 'retried')).toMatch(/^waiting until .*Z: retry 1 of 2 after: it did not work$/)
  expect(await explain(engine, run.id, 'deferred')).toMatch(/^waiting until .*Z: no file yet$/)
  await cancelRun(engine, run.id, 'wrong day')
  expect(await explain(engine, run.id, 'first')).toMatch(new RegExp(`^stopping on alpha on box ${since}$`))
  expect(await explain(engine, run.id, 'second')).toBe('wrong day')
})

it('says what a free or a busy worker is about to do', async () => {
  await using test = await engines.open()
  const { engine, db } = test
  const run = await startRun(engine, { a: [], b: [] })
  await noteWorker(db, worker)
  expect(await explain(engine, run.id, 'a')).toMatch(new RegExp(`^about to be taken by a worker ${since}$`))
  await claimTasks(engine, { workerId: worker.id, queues, limit: 1 })
  expect(await explain(engine, run.id, 'b')).toMatch(
    new RegExp(`^waiting for a worker: all 1 slots of queue \`default\` are taken ${since}$`),
  )
})

it('says how far a mapped node is, and how tasks ended', async () => {
  await using test = await engines.open()
  const { engine } = test
  const run = await startRun(engine, { list: [], each: { mapOver: 'list' }, bad: [], after: ['bad'], lazy: [] })
  await work(
    engine,
    outcomes({
      list: output([1, 2, 3]),
      each: ({ item }) => (item === 3 ? undefined : { kind: 'success', output: null }),
      bad: fatal,
      lazy: skip,
    }),
  )
  expect(await explain(engine, run.id, 'each')).toBe('2 of 3 items have ended')
  expect(await explain(engine, run.id, 'each', 0)).toBe('success')
  expect(await explain(engine, run.id, 'bad')).toBe('it cannot work')
  expect(await explain(engine, run.id, 'after')).toBe('it needs bad, which failed')
  expect(await explain(engine, run.id, 'lazy')).toBe('nothing to do')
})

it('says that a run waits for others of its workflow', async () => {
  await using test = await engines.open()
  await startRun(test.engine, { a: [] }, { maxActiveRuns: 1 })
  const { run } = await createRun(test.engine, { workflow: 'flow', trigger: 'manual' })
  expect(await explain(test.engine, run.id, 'a')).toBe(
    'its run is queued: waiting for other runs of its workflow: max active runs reached',
  )
})
