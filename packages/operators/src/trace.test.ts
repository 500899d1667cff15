import { recordSpans } from '@millrace/testing'
import { Workflow } from '@millrace/workflow'
import { expect, it } from 'vitest'
import { SqlOperator } from './index.ts'

it('joins the statements of a task to the trace of its run, without their values', async () => {
  const recorder = recordSpans()
  try {
    const workflow = new Workflow({ category: 'trace', name: 'sql' }).addNode(
      new SqlOperator({ connection: 'db', sql: "create table words as select 'hush' as word; select * from words" }),
      { id: 'ask' },
    )
    const run = await workflow.test({ connections: { db: { connector: 'sqlite', values: { path: ':memory:' } } } })
    expect(run.state).toBe('success')
  } finally {
    recorder.stop()
  }

  expect(recorder.spans.map(({ name, parent, ended }) => [name, parent, ended])).toEqual([
    ['trace_sql.ask', undefined, true],
    ['Pre Run', 'trace_sql.ask', true],
    ['Run', 'trace_sql.ask', true],
    ['sqlite begin', 'Run', true],
    ['sqlite create', 'Run', true],
    ['sqlite select', 'Run', true],
    ['sqlite commit', 'Run', true],
    ['Post Run', 'trace_sql.ask', true],
  ])
  expect(JSON.stringify(recorder.spans)).not.toContain('hush')
})
