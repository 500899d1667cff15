import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from '@millrace/db'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type CrashPlatform, type Killable, startCrashPlatform } from './crash-platform.fixture.ts'
import { packageJson } from './workflow-package.fixture.ts'

/*
 * Workers, servers with their schedulers, and PostgreSQL are killed with SIGKILL at random moments while work goes on, and
 * started again. Whatever the moment: every run ends with success, every task is completed once, and every tick has one run.
 * MILLRACE_CRASH_ROUNDS sets how often (default 8 workers, and parts of that for the others), MILLRACE_CRASH_SEED repeats
 * a sequence of pauses.
 */
const rounds = Number(process.env.MILLRACE_CRASH_ROUNDS ?? 8)
const serverRounds = rounds > 20 ? rounds : Math.ceil(rounds / 4)
const databaseRounds = rounds > 20 ? Math.max(10, Math.ceil(rounds / 10)) : Math.ceil(rounds / 8)
const seed = Number(process.env.MILLRACE_CRASH_SEED ?? Date.now() % 1_000_000)
const random = randomFrom(seed)
const items = 40

const load = `
import { Task, type TaskContext, Workflow, z } from '@millrace/workflow'

const params = z.object({ items: z.int().default(${items}), ms: z.int().default(60) })
type Params = z.infer<typeof params>

export class List extends Task<Params> {
  run({ params }: TaskContext<Params>) {
    return Array.from({ length: params.items }, (_, at) => at)
  }
}
// Longer than what workers fetch ahead of their room.
export class Item extends Task<Params, number> {
  async run({ item, params }: TaskContext<Params, number>) {
    await new Promise((resolve) => setTimeout(resolve, params.ms))
    return item + 1
  }
}
export class Sum extends Task<Params> {
  async run({ outputs }: TaskContext<Params>) {
    return (await outputs(Item)).reduce((sum, value) => sum + value, 0)
  }
}
export const fan = new Workflow({ category: 'crash', name: 'fan', version: '1', params })
  .addNode(List)
  .addNode(Item, { mapOver: List })
  .addNode(Sum, { upstreams: Item })
export const hourly = new Workflow({ category: 'crash', name: 'hourly', version: '1', schedule: '0 * * * *', params })
  .addNode(List)
`

describe(`kill -9 at random moments (seed ${seed})`, () => {
  let platform: CrashPlatform
  let server: Killable
  beforeAll(async () => {
    platform = await startCrashPlatform()
    server = await platform.server(1)
    await platform.deploy({ 'package.json': packageJson, 'workflows/load.ts': load })
  })
  afterEach(() => platform.killWorkers())
  afterAll(() => platform?.[Symbol.asyncDispose]())

  it('of workers: nothing is lost, nothing is done twice', { timeout: 180_000 + rounds * 15_000 }, async () => {
    const name = (round: number) => `victim-${round}`
    const workers = [platform.worker(name(0)), platform.worker(name(1))]
    await using work = startLoad(platform)
    for (let round = 0; round < rounds; round++) {
      // The other one works, and the one after this is on its way.
      workers.push(platform.worker(name(round + 2)))
      await untilDone(platform, 1 + random() * 15, name(round))
      await (await workers[round])?.kill()
    }
    await work.ended()
    tell(await expectAllDone(platform, work.keys), 'workers', rounds)
    await Promise.allSettled(workers)
  })

  it('of two servers with their schedulers: no tick has two runs, and nothing is lost', {
    timeout: 180_000 + serverRounds * 20_000,
  }, async () => {
    await platform.worker('one')
    let second = await platform.server(2)
    const ticks = 60
    const backfill = await platform.client.post('/api/workflows/{workflow}/backfills', {
      params: { path: { workflow: 'crash_hourly' } },
      body: { start: '2026-01-01T00:00:00Z', end: '2026-01-03T12:00:00Z', max_active_runs: 3, params: { items: 3 } },
    })
    await using work = startLoad(platform)
    for (let round = 0; round < serverRounds; round++) {
      await untilDone(platform, 1 + random() * 10)
      if (round % 2 === 0) {
        await server.kill()
        server = await platform.server(1)
      } else {
        await second.kill()
        second = await platform.server(2)
      }
    }
    await work.ended()
    tell(await expectAllDone(platform, work.keys), 'servers', serverRounds)
    await expect.poll(() => backfillState(platform, backfill.id), { interval: 200 }).toBe('success')
    const made = await platform.db.one(sql`
      select count(*)::integer as runs, count(distinct logical_date)::integer as ticks
      from engine.run where backfill_id = ${backfill.id} and state = 'success'`)
    expect(made).toEqual({ runs: ticks, ticks })
    await second.kill()
  })

  it('of PostgreSQL: server and worker go on when it is back', {
    timeout: 180_000 + databaseRounds * 30_000,
  }, async () => {
    await platform.worker('steady')
    await using work = startLoad(platform)
    for (let round = 0; round < databaseRounds; round++) {
      await untilDone(platform, 1 + random() * 10)
      const { pid } = platform.postgres
      process.kill(pid, 'SIGKILL')
      await expect.poll(() => platform.postgres.pid, { interval: 50 }).not.toBe(pid)
      await patiently(() => platform.db.query(sql`select 1`))
    }
    await work.ended()
    tell(await expectAllDone(platform, work.keys), 'databases', databaseRounds)
  })

  it('a worker that was stopped for longer than its lease completes nothing', async () => {
    const paused = await platform.worker('one')
    const id = await trigger(platform, { params: { items: 2, ms: 1500 } })
    const started = () =>
      count(
        platform,
        sql`select 1 from engine.task_run where run_id = ${id} and map_index is not null and state = 'running'`,
      )
    await expect.poll(started, { interval: 50 }).toBe(2)
    paused.signal('SIGSTOP')
    await expect.poll(started, { interval: 50 }).toBe(0)
    await platform.worker('two')
    await expect.poll(started, { interval: 50 }).toBe(2)
    paused.signal('SIGCONT')
    await untilOver(platform, [id])
    const attempts = await platform.db.query(sql`
      select t.map_index, a.attempt, a.outcome from engine.attempt a join engine.task_run t on t.id = a.task_run_id
      where t.run_id = ${id} and t.map_index is not null order by 1, 2`)
    expect(attempts).toEqual([
      { map_index: 0, attempt: 1, outcome: 'lost' },
      { map_index: 0, attempt: 2, outcome: 'success' },
      { map_index: 1, attempt: 1, outcome: 'lost' },
      { map_index: 1, attempt: 2, outcome: 'success' },
    ])
  })

  it('a worker that is asked to end lets its tasks end, and takes no more', async () => {
    const asked = await platform.worker('asked')
    const id = await trigger(platform, { params: { items: 10, ms: 1000 } })
    await untilDone(platform, 1, 'asked')
    asked.signal('SIGTERM')
    await expect.poll(() => asked.output()).toContain('The worker has ended.')
    const held = sql`select 1 from engine.task_run where run_id = ${id} and state = 'running'`
    expect(await count(platform, held)).toBe(0)
    expect(
      await count(
        platform,
        sql`select 1 from engine.attempt a join engine.task_run t on t.id = a.task_run_id
      where t.run_id = ${id} and a.outcome = 'lost'`,
      ),
    ).toBe(0)
    await platform.worker('two')
    await untilOver(platform, [id])
  })
})

interface Load extends AsyncDisposable {
  /** Keys of the runs whose start was confirmed. */
  readonly keys: readonly string[]
  /** Asks for no more runs, and waits for those there are. */
  ended(): Promise<void>
}

let loads = 0

/** Keeps two runs going. A request that failed is made again with its key, as a careful program does. */
function startLoad(platform: CrashPlatform): Load {
  const keys: string[] = []
  const name = `load-${++loads}`
  let isOver = false
  const feed = async () => {
    for (let number = 0; !isOver; number++) {
      const key = `${name}-${number}`
      await trigger(platform, { key })
      keys.push(key)
      while (!isOver && (await openRuns(platform, name)) >= 2) await sleep(100)
    }
  }
  const feeding = feed()
  feeding.catch(() => {})
  return {
    keys,
    async ended() {
      isOver = true
      await feeding
      await untilOver(platform, keys)
    },
    async [Symbol.asyncDispose]() {
      isOver = true
      await feeding
    },
  }
}

async function trigger({ client }: CrashPlatform, body: object): Promise<string> {
  return await patiently(async () => {
    const run = await client.post('/api/workflows/{workflow}/runs', {
      params: { path: { workflow: 'crash_fan' } },
      body,
    })
    return `${run.id}`
  })
}

/** Also while the database is away. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch {
      await sleep(100)
    }
  }
}

const openRuns = ({ db }: CrashPlatform, name: string) =>
  patiently(async () => {
    const { open } = await db.one<{ open: number }>(sql`
      select count(*)::integer as open from engine.run
      where key like ${`${name}-%`} and state in ('queued', 'running')`)
    return open
  })

async function untilOver({ db }: CrashPlatform, keysOrIds: readonly string[]): Promise<void> {
  const open = () =>
    patiently(async () => {
      const row = await db.one<{ open: number }>(sql`
        select count(*)::integer as open from engine.run
        where (key = any(${keysOrIds}) or id::text = any(${keysOrIds})) and state in ('queued', 'running')`)
      return row.open
    })
  await expect.poll(open, { interval: 100 }).toBe(0)
}

/** Waits for so many more attempts to succeed, of one worker or of all: whatever is killed then is in the midst of its work. */
async function untilDone({ db }: CrashPlatform, more: number, worker: string | null = null): Promise<void> {
  const succeeded = () =>
    patiently(async () => {
      const row = await db.one<{ done: number }>(sql`
        select count(*)::integer as done from engine.attempt a join engine.worker w on w.id = a.worker_id
        where a.outcome = 'success' and (${worker}::text is null or w.name = ${worker})`)
      return row.done
    })
  const before = await succeeded()
  await expect.poll(succeeded, { interval: 10 }).toBeGreaterThanOrEqual(before + Math.floor(more))
}

async function count({ db }: CrashPlatform, query: ReturnType<typeof sql>): Promise<number> {
  return (await db.query(query)).length
}

async function backfillState({ client }: CrashPlatform, backfill: number): Promise<string> {
  return (await client.get('/api/backfills/{backfill}', { params: { path: { backfill } } })).state
}

/** Every start that was confirmed has one run; every run and task ended well, and was completed once. */
async function expectAllDone({ db }: CrashPlatform, keys: readonly string[]) {
  const runs = await db.query<{ key: string; state: string; tasks: number; total: number | null }>(sql`
    select r.key, r.state,
      (select count(*)::integer from engine.task_run t where t.run_id = r.id and t.state = 'success') as tasks,
      (select (o.value #>> '{}')::integer from engine.task_run t join engine.task_output o on o.task_run_id = t.id
       where t.run_id = r.id and t.node_index = 2) as total
    from engine.run r where r.key = any(${keys}) order by r.id`)
  // The list, the items, the mapped node itself, the sum.
  const expected = { state: 'success', tasks: items + 3, total: (items * (items + 1)) / 2 }
  expect(runs.filter((run) => JSON.stringify(run) !== JSON.stringify({ key: run.key, ...expected }))).toEqual([])
  expect(runs.map(({ key }) => key)).toEqual([...keys].sort(byNumber))
  const twice = await db.query(sql`
    select task_run_id from engine.run_event e join engine.run r on r.id = e.run_id
    where e.kind = 'task.ended' and r.key = any(${keys}) group by task_run_id having count(*) > 1
    union all
    select task_run_id from engine.attempt where outcome = 'success' group by task_run_id having count(*) > 1`)
  expect(twice).toEqual([])
  return await db.one<{ runs: number; tasks: number; lost: number }>(sql`
    select count(distinct r.id)::integer as runs, count(*)::integer as tasks, sum(t.losses)::integer as lost
    from engine.run r join engine.task_run t on t.run_id = r.id where r.key = any(${keys})`)
}

function byNumber(a: string, b: string): number {
  return Number(a.split('-').at(-1)) - Number(b.split('-').at(-1))
}

function tell({ runs, tasks, lost }: { runs: number; tasks: number; lost: number }, what: string, kills: number): void {
  console.info(
    `${kills} ${what} killed: ${runs} runs with ${tasks} tasks ended well, ${lost} attempts were lost and made again, 0 tasks were lost, 0 completed twice.`,
  )
}

function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
