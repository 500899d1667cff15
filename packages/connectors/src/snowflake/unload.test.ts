import { type FakeSnowflake, findRadosgw, startFakeSnowflake, startRadosgw, type TestRadosgw } from '@millrace/testing'
import { afterAll, beforeAll, describe, vi } from 'vitest'
import { describeBucketIngest } from '../ingest/bucket-ingest.contract.ts'
import { type BucketExportSamples, describeBucketExport } from '../kit/bucket-export.contract.ts'
import type { SqlConnector } from '../kit/connector.ts'
import type { ObjectStore, ObjectStoreConnector } from '../kit/object-store.ts'
import { createConnector } from '../kit/registry.ts'

describe.skipIf(findRadosgw() === null)('Snowflake (fake) with a stage on Ceph RGW', () => {
  let s3: TestRadosgw
  let fake: FakeSnowflake
  let objects: ObjectStoreConnector
  let store: ObjectStore
  let removalFails = false

  beforeAll(async () => {
    s3 = await startRadosgw()
    // What a stage stands for is known to Snowflake alone, so the bucket's credentials come from the environment.
    vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.endpoint)
    vi.stubEnv('AWS_REGION', s3.region)
    vi.stubEnv('AWS_ACCESS_KEY_ID', s3.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.secretAccessKey)
    objects = (await createConnector('s3')) as ObjectStoreConnector
    store = objects.bucket(await s3.createBucket())
    const key = (uri: string) => uri.slice(store.uri('').length)
    fake = await startFakeSnowflake({
      stageUrl: store.uri('lake/in/'),
      write: async (uri, content) => void (await store.write(key(uri), [content])),
      remove: async (uri) => {
        if (removalFails) throw new Error('no privilege on the stage')
        await store.rmtree(key(uri))
      },
    })
  })
  afterAll(async () => {
    await fake?.[Symbol.asyncDispose]()
    await objects?.[Symbol.asyncDispose]()
    vi.unstubAllEnvs()
    await s3?.stop()
  })

  const samples = (): BucketExportSamples => ({
    make: async () => {
      const { account, user, password, database, url: endpoint } = fake
      const config = { account, user, password, database, schema: 'PUBLIC', endpoint, stage: 'BUCKET_STAGE' }
      return (await createConnector('snowflake', config)) as SqlConnector
    },
    bucket: () => store,
    folder: 'lake/in/tinybird/',
    series: (rows) =>
      `select i as id, case when i % 2 = 0 then null else 'it''s "a"' end as label from range(1, ${rows + 1}) as t(i)`,
    firstLine: '"1","it\'s ""a"""',
    failAfter: (failAfterFiles = Number.POSITIVE_INFINITY) => fake.set({ failAfterFiles }),
    secrets: () => [fake.password, s3.secretAccessKey],
  })
  describeBucketExport('Snowflake', samples)
  describeBucketIngest('Snowflake', samples, (failing) => {
    removalFails = failing
  })
})
