import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeBigquery, type FakeGcs, findFakeGcs, startFakeBigquery, startFakeGcs } from '@millrace/testing'
import { afterAll, beforeAll, describe } from 'vitest'
import { describeBucketIngest } from '../ingest/bucket-ingest.contract.ts'
import { type BucketExportSamples, describeBucketExport } from '../kit/bucket-export.contract.ts'
import type { SqlConnector } from '../kit/connector.ts'
import type { ObjectStore, ObjectStoreConnector } from '../kit/object-store.ts'
import { createConnector } from '../kit/registry.ts'

describe.skipIf(findFakeGcs() === null)('BigQuery (fake) with a bucket on fake-gcs-server', () => {
  let folder: string
  let gcs: FakeGcs
  let fake: FakeBigquery
  let objects: ObjectStoreConnector
  let store: ObjectStore
  let credentials: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    await writeFile(join(folder, 'subject'), 'subject-token')
    gcs = await startFakeGcs()
    objects = (await createConnector('gcs', {
      endpoint: gcs.endpoint,
      credentials_json: JSON.stringify(gcs.credentials),
    })) as ObjectStoreConnector
    store = objects.bucket(await gcs.createBucket())
    fake = await startFakeBigquery({
      write: async (uri, content) => void (await store.write(uri.slice(store.uri('').length), [content])),
    })
    credentials = fake.credentials(join(folder, 'subject'))
  }, 600_000)
  afterAll(async () => {
    await fake?.[Symbol.asyncDispose]()
    await objects?.[Symbol.asyncDispose]()
    await gcs?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const samples = (): BucketExportSamples => ({
    make: async () =>
      (await createConnector('bigquery', {
        project: fake.project,
        endpoint: fake.url,
        credentials_json: credentials,
        bucket: store.bucket,
        folder: 'exports/nightly',
        storage_endpoint: gcs.endpoint,
      })) as SqlConnector,
    bucket: () => store,
    folder: 'exports/nightly/',
    series: (rows) =>
      `select i as id, case when mod(i, 2) = 0 then null else 'it\\'s "a"' end as label from range(1, ${rows + 1}) as t(i)`,
    firstLine: '1,"it\'s ""a"""',
    failAfter: (failAfterFiles = Number.POSITIVE_INFINITY) => fake.set({ failAfterFiles }),
    secrets: () => [credentials],
  })
  describeBucketExport('BigQuery', samples)
  // The fake hands out tokens, and a token signs no address: the bucket's own key does.
  describeBucketIngest('BigQuery', () => ({
    ...samples(),
    make: async () => {
      const connector = await samples().make()
      return {
        ...connector,
        async export(query, options) {
          const made = await connector.export(query, options)
          return made.kind === 'cloud-dir' ? { ...made, store } : made
        },
      }
    },
  }))
})
