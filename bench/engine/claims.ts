import { randomUUID } from 'node:crypto'
import type { Db } from '@millrace/db'
import { type ArtifactStore, claimTasks, createEngine, returnLeases } from '@millrace/engine'

/** Ready tasks that are claimed one at a time, and given back after each round. */
const ready = 200
const history = 100_000

/**
 * What a claim costs when 100,000 task runs are finished, beside what it cost before there were any: the ratio of the
 * medians of each round. The queue is the same both times; claims ask for a queue that no worker serves.
 */
export async function measureClaims(db: Db, rounds: number, tell: (text: string) => void): Promise<number[]> {
  const artifacts = {} as ArtifactStore
  const engine = createEngine({ db, artifacts })
  const empty = await copyRuns(db, ready, 'ready')
  const before = await claimRounds()
  tell(`Making ${history.toLocaleString('en')} finished task runs...`)
  await copyRuns(db, history, 'success')
  const after = await claimRounds()
  await db.execute({ text: 'delete from engine.run where id = $1', values: [empty] })
  return after.map((ms, round) => ms / (before[round] ?? Number.NaN))

  async function claimRounds(): Promise<number[]> {
    const medians: number[] = []
    for (let round = 0; round <= rounds; round++) {
      const workerId = randomUUID()
      const times: number[] = []
      for (let index = 0; index < ready; index++) {
        const start = performance.now()
        const [task] = await claimTasks(engine, { workerId, queues: ['bench-claims'], limit: 1 })
        times.push(performance.now() - start)
        if (task === undefined) throw new Error('There was nothing to claim.')
      }
      await returnLeases(engine, workerId)
      await db.execute({ text: 'vacuum engine.task_run', values: [] })
      if (round > 0) medians.push(times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN)
    }
    return medians
  }
}

/** A run with so many items of its mapped node, in a queue of their own. */
async function copyRuns(db: Db, items: number, state: 'ready' | 'success'): Promise<number> {
  const { id } = await db.one<{ id: number }>({
    text: `insert into engine.run (
        workflow_id, version_id, state, key, trigger, params, logical_date, data_interval_end, open_tasks
      )
      select workflow_id, id, case when $2 = 'ready' then 'running' else 'success' end, gen_random_uuid()::text, 'test',
        '{}', now(), now(), case when $2 = 'ready' then $1::int else 0 end
      from engine.workflow_version where manifest->>'name' = 'bench_fan' limit 1
      returning id`,
    values: [items, state],
  })
  await db.execute({
    text: `insert into engine.task_run (run_id, node_index, map_index, state, queue, attempt, ready_at, first_ready_at, run_at, ended_at)
      select $1, 1, i, $3, 'bench-claims', case when $3 = 'ready' then 0 else 1 end, now(), now(), now(),
        case when $3 = 'ready' then null else now() end
      from generate_series(0, $2::int - 1) i`,
    values: [id, items, state],
  })
  await db.execute({ text: 'vacuum analyze engine.task_run', values: [] })
  return id
}
