import { createTinybirdClient } from '@millrace/tinybird'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quoteClickhouseName } from '../kit/clickhouse-type.ts'
import { loadSpec } from '../kit/load-spec.test.fixture.ts'
import { describeSink } from '../kit/sink.contract.ts'
import { codeOf, column, csvPieces, people } from '../kit/sink-rows.contract.ts'
import { type LocalTinybird, openLocalTinybird } from './local-tinybird.contract.ts'
import { openTinybirdSink } from './sink.ts'

let local: LocalTinybird

beforeAll(async () => {
  local = await openLocalTinybird()
})
afterAll(() => local[Symbol.asyncDispose]())

const target = (name: string) => ({ kind: 'table', table: { scope: [], name } }) as const

describeSink('tinybird', () => ({
  openSink: () => local.connector.openSink(),
  target,
  table: quoteClickhouseName,
  quote: quoteClickhouseName,
  modes: ['replace', 'append'],
  widens: false,
  refusesName: (name) => !/^\w+$/.test(name),
  async execute(sql) {
    const name = /^DROP TABLE `(.*)`$/.exec(sql)?.[1] ?? ''
    await local.client.dropDataSource(name)
  },
  async query(sql) {
    const rows = await local.connector.query(sql)
    return rows.map((row) => Object.values(row).map((value) => (value === null ? null : String(value))))
  },
  leftovers: () => local.leftovers(),
}))

describe('a load into Tinybird', () => {
  const ada = ['1', 'Ada', null] as const

  test('sends a replace while chunks still come, and shows nothing before the publish', async () => {
    await using sink = await local.connector.openSink()
    const plan = await sink.plan(target('live'), people, 'files', 'replace')
    const spec = loadSpec({
      key: 'live1',
      target: target('live'),
      columns: people,
      mode: 'replace',
      changes: plan.changes,
    })
    await using load = await sink.openLoad(spec, null)
    await load.writeChunk({ id: '0000', bounds: null }, csvPieces([ada]), () => [])
    await load.writeChunk({ id: '0001', bounds: null }, csvPieces([['2', 'Bob', '']]), () => [])
    expect(await sink.count(target('live'))).toBe(0)
    expect(await load.publish()).toMatchObject({ inserted: 2 })
    await load.complete()
    expect(await local.connector.query('SELECT * FROM live ORDER BY id')).toEqual([
      { id: 1, name: 'Ada', note: null },
      { id: 2, name: 'Bob', note: '' },
    ])
  })

  test('an append whose end nobody saw is not sent twice', async () => {
    const { appendLine } = await import('./journal.ts')
    await using sink = await local.connector.openSink()
    const at = target('uncertain')
    const plan = await sink.plan(at, people, 'files', 'append')
    const spec = loadSpec({ key: 'uncertain1', target: at, columns: people, changes: plan.changes })
    const load = await sink.openLoad(spec, null)
    await load.writeChunk({ id: '0000', bounds: null }, csvPieces([ada]), () => [])
    // What a process leaves that was killed between the end of its request and the answer.
    await appendLine(local.loadFolder('uncertain1'), { type: 'publishing', before: 0 })
    await load[Symbol.asyncDispose]()
    await local.client.appendData('uncertain', '1,"Ada",\n', { format: 'csv' })
    const again = await sink.openLoad(spec, await sink.interrupted('uncertain1', at))
    expect(await again.publish()).toMatchObject({ inserted: 1 })
    await again.complete()
    expect(await sink.count(at)).toBe(1)

    const third = await sink.openLoad({ ...spec, key: 'uncertain2' }, null)
    await third.writeChunk({ id: '0000', bounds: null }, csvPieces([ada, ada]), () => [])
    await appendLine(local.loadFolder('uncertain2'), { type: 'publishing', before: 0 })
    await third[Symbol.asyncDispose]()
    await using fourth = await sink.openLoad({ ...spec, key: 'uncertain2' }, await sink.interrupted('uncertain2', at))
    expect(await codeOf(fourth.publish())).toBe('FatalError PUBLISH_UNCERTAIN')
    await fourth.abandon()
  })

  test('notices rows that an attempt wrote although it was answered with 408', async () => {
    const at = target('doubled')
    let late = async () => {}
    const clock = { now: Date.now, random: Math.random, sleep: () => late() }
    const { url: endpoint, token } = local.server
    const client = createTinybirdClient({ endpoint, token, clock })
    await using sink = openTinybirdSink({ client, folder: local.loadFolder('.'), maxRejectedRows: 0 })
    const publish = async (key: string) => {
      const { changes } = await sink.plan(at, people, 'files', 'append')
      const load = await sink.openLoad(loadSpec({ key, target: at, columns: people, changes }), null)
      await load.writeChunk({ id: '0000', bounds: null }, csvPieces([ada]), () => [])
      local.server.fault({ path: '/v0/datasources', method: 'POST', status: 408 })
      return { load, code: await codeOf(load.publish()) }
    }
    const fine = await publish('doubled1')
    expect(fine.code).toBe('nothing thrown')
    await fine.load.complete()
    late = async () => void (await local.client.appendData('doubled', '1,Ada,\n', { format: 'csv' }))
    const doubled = await publish('doubled2')
    expect(doubled.code).toBe('DataError ROWS_DUPLICATED')
    await doubled.load.abandon()
    expect(await sink.count(at)).toBe(3)
    expect(await local.leftovers()).toEqual([])
  })

  test('refuses modes that Tinybird does not have, and names that it does not take, in the plan', async () => {
    await using sink = await local.connector.openSink()
    const merge = await sink.plan(target('fine'), people, 'files', 'merge')
    expect(merge.conflicts).toEqual([expect.stringMatching(/no merge.*append or replace/)])
    const odd = await sink.plan(target('odd name'), people, 'files', 'append')
    expect(odd.conflicts).toEqual([expect.stringMatching(/"odd name" cannot be a data source/)])
  })

  test('refuses values that ClickHouse would clamp in silence, or nulls and counts them', async () => {
    await using sink = await local.connector.openSink()
    const columns = [column('day', { kind: 'date' })]
    const { changes } = await sink.plan(target('days'), columns, 'postgres', 'append')
    const spec = loadSpec({ key: 'days1', target: target('days'), columns, changes })
    await using load = await sink.openLoad(spec, null)
    const chunk = { id: '0000', bounds: null }
    for (const day of ['1899-12-31', '2300-01-01', 'infinity', '0044-03-15 BC']) {
      expect(await codeOf(load.writeChunk(chunk, csvPieces([[day]]), () => []))).toBe(
        'UnrepresentableValueError UNREPRESENTABLE_VALUE',
      )
    }
    await load.abandon()
  })
})
