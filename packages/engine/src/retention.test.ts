import { sql } from '@millrace/db'
import { expect, it } from 'vitest'
import type { Engine } from './engine.ts'
import { applyRetention } from './retention.ts'
import { runFolder } from './runs/attempt-log.ts'
import { createRun } from './runs/create-run.ts'
import { claim, manifestOf, memoryArtifacts, output, useEngines, work } from './runs/engine.fixture.ts'
import { deployWorkflow, packageKey } from './workflows.ts'

const engines = useEngines()

/** As if everything had happened so many days earlier. */
async function age(engine: Engine, days: number): Promise<void> {
  await engine.db.execute(sql`update engine.run set ended_at = ended_at - make_interval(days => ${days})`)
  await engine.db.execute(
    sql`update engine.workflow_version set created_at = created_at - make_interval(days => ${days})`,
  )
}

async function count(engine: Engine, table: string): Promise<number> {
  const { rows } = await engine.db.one<{ rows: number }>(
    sql`select count(*) as rows from ${sql.identifier('engine', table)}`,
  )
  return rows
}

it('removes old runs with their rows, logs and outputs, and keeps the newest of each workflow', async () => {
  const artifacts = memoryArtifacts()
  await using test = await engines.open({ artifacts })
  const { engine } = test
  for (const name of ['a', 'b']) {
    await deployWorkflow(engine, manifestOf({ list: [], each: { mapOver: 'list' } }, { name }))
    for (let index = 0; index < 25; index += 1) {
      const { run } = await createRun(engine, { workflow: name, trigger: 'manual' })
      await artifacts.put(`${runFolder(run.id)}/logs/1-1.ndjson`, Buffer.from('{}'))
    }
  }
  await work(engine, ({ node }) => (node.id === 'list' ? output([1, 2]) : output('x'.repeat(70_000))))
  await age(engine, 31)
  const { run: recent } = await createRun(engine, { workflow: 'a', trigger: 'manual' })
  await work(engine)

  expect(await applyRetention(engine, { keepRuns: 3 })).toEqual({ runs: 45, versions: 0, packages: 0 })
  const left = await engine.db.query<{ id: number }>(sql`select id from engine.run order by id`)
  expect(left).toHaveLength(6)
  expect(left.map(({ id }) => id)).toContain(recent.id)
  const folders = new Set(artifacts.keys().map((key) => key.split('/').slice(0, 2).join('/')))
  expect([...folders].sort()).toEqual(
    left
      .filter(({ id }) => id !== recent.id)
      .map(({ id }) => runFolder(id))
      .sort(),
  )
  const { orphans } = await engine.db.one<{ orphans: number }>(sql`
    select (select count(*) from engine.task_run where run_id <> all(${left.map(({ id }) => id)}))
      + (select count(*) from engine.run_event where run_id <> all(${left.map(({ id }) => id)})) as orphans`)
  expect(orphans).toBe(0)
  expect(await applyRetention(engine, { keepRuns: 3 })).toEqual({ runs: 0, versions: 0, packages: 0 })
})

it('leaves alone what is not over, however old', async () => {
  await using test = await engines.open()
  const { engine } = test
  await deployWorkflow(engine, manifestOf({ a: [] }))
  await createRun(engine, { workflow: 'flow', trigger: 'manual' })
  await claim(engine)
  await engine.db.execute(sql`update engine.run set created_at = now() - interval '1 year'`)
  expect(await applyRetention(engine, { keepRuns: 0 })).toMatchObject({ runs: 0 })
})

it('removes versions that neither are current nor have runs, and packages that no version needs', async () => {
  const artifacts = memoryArtifacts()
  await using test = await engines.open({ artifacts })
  const { engine } = test
  const [shared, own] = ['shared', 'own'].map((text) => text.padEnd(64, '0')) as [string, string]
  for (const sha256 of [shared, own]) await artifacts.put(packageKey(sha256), Buffer.from('zip'))
  const deploy = async (name: string, version: string, sha256: string) =>
    await deployWorkflow(engine, manifestOf({ a: [] }, { name, version, package: { name: 'p', version, sha256 } }))
  await deploy('a', '1', shared)
  await deploy('a', '2', own)
  await createRun(engine, { workflow: 'a', trigger: 'manual' })
  await deploy('a', '3', shared)
  await deploy('b', '1', shared)
  await work(engine)
  await age(engine, 31)

  expect(await applyRetention(engine, { keepRuns: 1 })).toEqual({ runs: 0, versions: 1, packages: 0 })
  expect(await applyRetention(engine, { keepRuns: 0 })).toEqual({ runs: 1, versions: 1, packages: 1 })
  expect(artifacts.keys()).toEqual([packageKey(shared)])
  expect(await count(engine, 'workflow_version')).toBe(2)
})

it('may be applied by two at once, and each run is removed once', async () => {
  await using test = await engines.open()
  const { engine } = test
  const other = await test.another()
  await deployWorkflow(engine, manifestOf({ a: [] }))
  for (let index = 0; index < 60; index += 1) await createRun(engine, { workflow: 'flow', trigger: 'manual' })
  await work(engine)
  await age(engine, 31)
  const removed = await Promise.all([engine, other].map((one) => applyRetention(one, { keepRuns: 0 })))
  expect(removed.reduce((sum, { runs }) => sum + runs, 0)).toBe(60)
})

it('keeps nothing of a workflow that was removed, once the last of its runs is old', async () => {
  const artifacts = memoryArtifacts()
  await using test = await engines.open({ artifacts })
  const { engine } = test
  for (const name of ['gone', 'kept']) {
    await deployWorkflow(engine, manifestOf({ a: [] }, { name }))
    await createRun(engine, { workflow: name, trigger: 'manual' })
  }
  await work(engine, () => output(null))
  await engine.db.execute(
    sql`update engine.workflow set removed_at = now(), current_version_id = null where name = 'gone'`,
  )
  expect(await applyRetention(engine)).toEqual({ runs: 0, versions: 0, packages: 0 })
  await age(engine, 31)
  expect(await applyRetention(engine)).toEqual({ runs: 1, versions: 1, packages: 0 })
  expect(await engine.db.query(sql`select name from engine.workflow`)).toEqual([{ name: 'kept' }])
})
