import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnector, type SqlConnector } from '@millrace/connectors'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failureOf, outputOf, runOperator } from '../run-operator.test.fixture.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('tasks that use one file of a database take turns', async () => {
  const values = { path: join(folder, 'shared.duckdb') }
  const connections = { db: { connector: 'duckdb', values } }
  const write = (state?: { readonly busySince: string; readonly busyLooks: number }) =>
    runOperator(
      'sql',
      { connection: 'db', sql: 'create table t as select 1 as n' },
      { connections, ...(state && { state }) },
    )
  await using other = (await createConnector('duckdb', values)) as SqlConnector
  await other.execute('create table held (n int)')
  const reading = await other.openSource()
  let state: { busySince: string; busyLooks: number }
  try {
    const { outcome } = await write()
    expect(outcome).toMatchObject({
      kind: 'defer',
      seconds: 1,
      reason: expect.stringContaining('waiting for what another task holds'),
    })
    state = (outcome as unknown as { state: typeof state }).state
    expect((await write(state)).outcome).toMatchObject({ kind: 'defer', seconds: 2 })
    const longAgo = { ...state, busySince: '2024-01-01T00:00:00Z' }
    expect(failureOf(await write(longAgo))).toMatchObject({ code: expect.stringMatching(/^DATABASE_/) })
  } finally {
    await reading[Symbol.asyncDispose]()
  }
  outputOf(await write(state))
})
