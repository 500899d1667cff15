import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BucketExportSamples } from '../kit/bucket-export.contract.ts'
import { errorOf } from '../kit/sink-rows.contract.ts'
import { type LocalTinybird, openLocalTinybird } from '../tinybird/local-tinybird.contract.ts'
import { createBase } from './base.ts'
import { createSqlIngest } from './sql-ingest.ts'

/**
 * Exports in a bucket on their way into Tinybird, which fetches them itself: every row arrives, and no object stays.
 *
 * @param failRemoval makes the removal of exports fail, or work again, where the system can be made to
 */
export function describeBucketIngest(
  name: string,
  samples: () => BucketExportSamples,
  failRemoval?: (failing: boolean) => void,
): void {
  describe(`${name} into Tinybird by way of a bucket`, () => {
    let local: LocalTinybird
    const lines: string[] = []
    beforeAll(async () => {
      local = await openLocalTinybird()
    })
    afterAll(() => local?.[Symbol.asyncDispose]())

    const open = async () => {
      const environment = {
        TB_CDK_TOKEN: local.server.token,
        TB_CDK_TAG: 'bucket',
        TB_CDK_ENDPOINT: local.server.url,
      }
      lines.length = 0
      const base = createBase({ name: 'bucket', environment, secrets: [], write: (line) => lines.push(line) })
      return createSqlIngest(base, await samples().make())
    }
    const make = (dataSource: string) =>
      local.client.createDataSource(dataSource, { schema: '`id` Int32, `label` Nullable(String)' })
    const seen = async (dataSource: string) => {
      const [row] = await local.connector.query(
        `SELECT toInt32(count()) AS n, toInt32(sum(id)) AS ids, toInt32(countIf(label IS NULL)) AS none, min(label) AS first FROM ${dataSource}`,
      )
      return row
    }
    const everything = () => samples().bucket().ls('')

    test('is appended and replaced whole', async () => {
      const { series } = samples()
      await make('whole')
      await using warehouse = await open()
      await warehouse.append(series(2500), 'whole')
      const first = expect.stringContaining('"a')
      expect(await seen('whole')).toEqual({ n: 2500, ids: 3126250, none: 1250, first })
      await warehouse.replace(series(2500), 'whole', { rowLimit: 7 })
      expect(await seen('whole')).toMatchObject({ n: 7 })
      await warehouse.replace(series(1100), 'whole', { replaceCondition: 'id > 0' })
      expect(await seen('whole')).toEqual({ n: 1100, ids: 605550, none: 550, first })
      expect(await everything()).toEqual([])
    })

    test('says when there are no rows, and clears only what may be cleared', async () => {
      const { series } = samples()
      await make('cleared')
      await using warehouse = await open()
      await warehouse.append(series(10), 'cleared')
      const nothing = `select * from (${series(10)}) as s where id < 0`
      expect(await warehouse.append(nothing, 'cleared')).toBeNull()
      expect(await errorOf(warehouse.replace(nothing, 'cleared'))).toMatchObject({ code: 'EMPTY_REPLACE' })
      expect(await seen('cleared')).toMatchObject({ n: 10 })
      await warehouse.replace(nothing, 'cleared', { allowEmpty: true })
      expect(await seen('cleared')).toMatchObject({ n: 0 })
      expect(await everything()).toEqual([])
    })

    test('leaves no object when Tinybird refuses the import, or its job fails', async () => {
      const { series } = samples()
      await make('refused')
      await using warehouse = await open()
      local.server.fault({ method: 'POST', path: '/v0/datasources', status: 403, body: '{"error":"not here"}' })
      expect(await errorOf(warehouse.append(series(2500), 'refused'))).toMatchObject({ code: expect.any(String) })
      expect(await everything()).toEqual([])
      local.server.fault({ method: 'GET', path: '/v0/jobs', status: 403, body: '{"error":"not here"}' })
      expect(await errorOf(warehouse.replace(series(2500), 'refused'))).toMatchObject({ code: expect.any(String) })
      expect(await everything()).toEqual([])
      for (const secret of samples().secrets()) expect(lines.join('')).not.toContain(secret)
    })

    if (!failRemoval) return
    test('tells that an export could not be removed, and how the load went all the same', async () => {
      const { series } = samples()
      await make('kept')
      await using warehouse = await open()
      failRemoval(true)
      try {
        await warehouse.append(series(10), 'kept')
        expect(lines.join('')).toMatch(/\[WARNING\] What the export left behind/)
        local.server.fault({ method: 'POST', path: '/v0/datasources', status: 403, body: '{"error":"not here"}' })
        expect(String(await errorOf(warehouse.append(series(10), 'kept')))).toContain('not here')
      } finally {
        failRemoval(false)
      }
      expect(await seen('kept')).toMatchObject({ n: 10 })
      await samples().bucket().rmtree('')
    })
  })
}
