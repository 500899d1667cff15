import { findAzurite, findFakeGcs, startAzurite, startFakeGcs } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { definition as azure } from '../azure-blob/connector.ts'
import type { FileTarget } from '../files/place.ts'
import { definition as gcs } from '../gcs/connector.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition } from '../kit/connector.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import type { LoadSpec } from '../kit/sink.ts'
import { type Cells, codeOf, hashOf, people } from '../kit/sink-rows.contract.ts'
import { csvTo, loadRows, parquetTo, specOf, writeRows } from './load-rows.test.fixture.ts'

const ada: Cells = ['1', 'Ada', null]
const bob: Cells = ['2', 'Bob "B", the\nbuilder', '']
const cyd: Cells = ['3', 'Cyd', 'éß🦆 100% a/b']

interface Given {
  readonly config: ConfigValues
  readonly stop: () => Promise<void>
}

/** What S3 is tested with at length, in short for the other stores. */
function describeEnds(name: string, definition: ConnectorDefinition, start: () => Promise<Given>): void {
  describe(name, () => {
    let given: Given
    beforeAll(async () => {
      given = await start()
    }, 600_000)
    afterAll(() => given?.stop())

    const open = (path: string) => definition.create({ ...given.config, path }) as ObjectStoreConnector

    const layouts: [string, FileTarget][] = [
      ['one object', csvTo('lake/people.csv.gz', { compression: 'gzip' })],
      ['one object of Parquet', parquetTo('lake/people.parquet')],
      ['a folder', csvTo('lake/people/', { format: 'ndjson', compression: 'zstd' })],
      ['a folder of partitions', parquetTo('lake/people/', { partitionBy: ['note'] })],
    ]
    test.each(layouts)('takes and gives %s', async (_layout, target) => {
      await using connector = open(target.path)
      await using sink = await connector.openSink()
      const spec = specOf(target)
      {
        await using load = await sink.openLoad(spec, null)
        await writeRows(load, spec, '0001', [cyd])
      }
      await using load = await sink.openLoad(spec, await sink.interrupted(spec.key, target))
      await writeRows(load, spec, '0000', [ada, bob])
      expect(await load.stagedHash(people)).toEqual(hashOf([ada, bob, cyd]))
      await load.publish()
      await load.complete()
      expect(await sink.contentHash(target, people)).toEqual(hashOf([ada, bob, cyd]))
      await using source = await connector.openSource()
      const [table] = await source.listTables(['*'])
      const relation = { kind: 'table', table: table ?? { scope: [], name: '' } } as const
      expect(await source.count(relation)).toBe(3)
      const left = (await connector.bucket().ls('lake')).filter((key) => key.includes('_millrace'))
      expect(left).toEqual(target.path.endsWith('/') ? ['lake/people/_millrace/manifest.json'] : [])
      await connector.bucket().rmtree('lake')
    })

    test('of two replaces at once one is refused, and two appends both arrive', async () => {
      await using connector = open('race/')
      await using sink = await connector.openSink()
      const race = async (mode: 'append' | 'replace') => {
        const specs = [1, 2].map(() => specOf(csvTo('race/'), { mode }))
        const loads = await Promise.all(specs.map((spec) => sink.openLoad(spec, null)))
        for (const [n, load] of loads.entries()) await writeRows(load, specs[n] as LoadSpec, '0000', [ada])
        const codes = await Promise.all(loads.map((load) => codeOf(load.publish())))
        for (const load of loads) await load.complete()
        return codes.sort()
      }
      expect(await race('replace')).toEqual(['ConfigError TARGET_CHANGED', 'nothing thrown'])
      expect(await race('append')).toEqual(['nothing thrown', 'nothing thrown'])
      expect(await sink.count(csvTo('race/'))).toBe(3)
      await loadRows(sink, csvTo('race/'), [bob])
      expect(await connector.bucket().ls('race')).toHaveLength(2)
    })
  })
}

describe.skipIf(findAzurite() === null)('ends of a copy in Azure', () => {
  describeEnds('Azure Blob Storage on Azurite', azure, async () => {
    const server = await startAzurite()
    const config = { bucket: await server.createContainer(), connection_string: server.connectionString }
    return { config, stop: () => server.stop() }
  })
})

describe.skipIf(findFakeGcs() === null)('ends of a copy in GCS', () => {
  describeEnds('Google Cloud Storage on fake-gcs-server', gcs, async () => {
    const server = await startFakeGcs()
    const config = {
      bucket: await server.createBucket(),
      endpoint: server.endpoint,
      credentials_json: JSON.stringify(server.credentials),
    }
    return { config, stop: () => server.stop() }
  })
})
