import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Json, Workflow } from '@millrace/workflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  BranchOperator,
  createOperator,
  DataTestOperator,
  EmptyOperator,
  LinkOperator,
  ObjectSensor,
  PythonOperator,
  SqlOperator,
  TransferOperator,
  TypescriptOperator,
} from './index.ts'

let folder: string
const home = process.env.MILLRACE_HOME

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  process.env.MILLRACE_HOME = join(folder, 'home')
})
afterAll(async () => {
  if (home === undefined) delete process.env.MILLRACE_HOME
  else process.env.MILLRACE_HOME = home
  await rm(folder, { recursive: true, force: true })
})

test('a workflow of operators alone loads, tests, branches and reports, and its manifest is enough to run each', async () => {
  const report = new Workflow({ category: 'test', name: 'report' }).addNode(
    new TypescriptOperator({ code: 'export const run = (context) => context.params.total' }),
    { id: 'print' },
  )
  const columns = { connection: 'db', table: 'sales' }
  const workflow = new Workflow({ category: 'test', name: 'operators' })
    .addNode(new ObjectSensor({ connection: 'landing', path: 'sales.csv' }), { id: 'wait' })
    .addNode(
      new TransferOperator({
        from: { connection: 'landing', path: 'sales.csv' },
        to: { connection: 'db', table: 'sales' },
      }),
      { id: 'load', upstreams: 'wait' },
    )
    .addNode(new DataTestOperator({ ...columns, checks: [{ check: 'row_count', min: 3, max: 3 }] }), {
      id: 'check',
      upstreams: 'load',
    })
    .addNode(new SqlOperator({ connection: 'db', sql: 'select sum(amount) as total from sales' }), {
      id: 'total',
      upstreams: 'check',
    })
    .addNode(
      new BranchOperator({
        cases: [{ when: 'outputs.total.rows[0].total > params.least', to: 'celebrate' }],
        otherwise: 'mourn',
        outputs: ['total'],
      }),
      { id: 'choose', upstreams: 'total' },
    )
    .addNode(new PythonOperator({ code: 'result = context["outputs"]["total"]["rows"][0]', outputs: ['total'] }), {
      id: 'celebrate',
      upstreams: 'choose',
    })
    .addNode(new EmptyOperator(), { id: 'mourn', upstreams: 'choose' })
    .addNode(new LinkOperator({ workflow: report.name, params: { total: '{{ params.least }}' } }), {
      id: 'report',
      upstreams: ['celebrate', 'mourn'],
      triggerRule: 'none_failed',
    })
  for (const node of workflow.toManifest().nodes) {
    const { name, config } = node.operator ?? { name: '', config: null }
    const again = createOperator(name, JSON.parse(JSON.stringify(config)) as Json)
    expect([again.connections, 'choose' in again]).toEqual([node.connections, node.branch])
  }
  await writeFile(join(folder, 'sales.csv'), 'id,amount\n1,5\n2,7\n3,8\n')
  const result = await workflow.test({
    params: { least: 10 },
    workflows: [report],
    connections: {
      db: { connector: 'sqlite', values: { path: join(folder, 'sales.sqlite') } },
      landing: { connector: 'files', values: { path: `${folder}/` } },
    },
  })
  expect(result.state, JSON.stringify(result)).toBe('success')
  expect(Object.fromEntries(result.tasks.map(({ id, state }) => [id, state]))).toMatchObject({
    celebrate: 'success',
    mourn: 'skipped',
    report: 'success',
  })
})

test('a sensor that never finds anything ends in a test of its workflow as well', async () => {
  const workflow = new Workflow({ category: 'test', name: 'never' }).addNode(
    new ObjectSensor({ connection: 'landing', path: 'never.csv' }),
    { id: 'wait' },
  )
  const connections = { landing: { connector: 'files', values: { path: `${folder}/` } } }
  const result = await workflow.test({ connections })
  expect(result.task('wait')).toMatchObject({ state: 'failed', failure: { code: 'SENSOR_TIMEOUT' } })
})
