import {
  type FakeRedshift,
  findRadosgw,
  startFakeRedshift,
  startPostgres,
  startRadosgw,
  type TestPostgres,
  type TestRadosgw,
} from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeBucketIngest } from '../ingest/bucket-ingest.contract.ts'
import { type BucketExportSamples, describeBucketExport } from '../kit/bucket-export.contract.ts'
import type { SqlConnector } from '../kit/connector.ts'
import type { ObjectStore, ObjectStoreConnector } from '../kit/object-store.ts'
import { createConnector } from '../kit/registry.ts'

describe.skipIf(findRadosgw() === null)('Redshift (fake) with a bucket on Ceph RGW', () => {
  let s3: TestRadosgw
  let postgres: TestPostgres
  let fake: FakeRedshift
  let objects: ObjectStoreConnector
  let store: ObjectStore
  const make = async (choices = {}) =>
    (await createConnector('redshift', {
      host: fake.host,
      port: fake.port,
      database: 'dev',
      user: postgres.user,
      sslmode: 'disable',
      bucket: store.bucket,
      folder: 'exports/nightly',
      region: s3.region,
      access_key_id: s3.accessKeyId,
      secret_access_key: s3.secretAccessKey,
      s3_endpoint: s3.endpoint,
      ...choices,
    })) as SqlConnector

  beforeAll(async () => {
    s3 = await startRadosgw()
    objects = (await createConnector('s3', {
      endpoint: s3.endpoint,
      region: s3.region,
      access_key_id: s3.accessKeyId,
      secret_access_key: s3.secretAccessKey,
    })) as ObjectStoreConnector
    store = objects.bucket(await s3.createBucket())
    postgres = await startPostgres()
    await postgres.createDatabase('dev')
    fake = await startFakeRedshift(postgres, 'dev', {
      write: async (uri, content) => void (await store.write(uri.slice(store.uri('').length), [content])),
    })
  })
  afterAll(async () => {
    await fake?.[Symbol.asyncDispose]()
    await objects?.[Symbol.asyncDispose]()
    await Promise.all([s3?.stop(), postgres?.stop()])
  })

  const samples = (): BucketExportSamples => ({
    make,
    bucket: () => store,
    folder: 'exports/nightly/',
    series: (rows) =>
      `select i as id, case when i % 2 = 0 then null else 'it''s "a\\b", $' end as label from generate_series(1, ${rows}) as i`,
    firstLine: '1,"it\'s ""a\\b"", $"',
    failAfter: (failAfterFiles = Number.POSITIVE_INFINITY) => fake.set({ failAfterFiles }),
    secrets: () => [s3.secretAccessKey],
  })
  describeBucketExport('Redshift', samples)
  describeBucketIngest('Redshift', samples)

  test('the statement names the role, or the keys when there is none', async () => {
    await using byRole = await make({ iam_role: 'arn:aws:iam::1:role/unload' })
    await using made = await byRole.export('select 1 as one', { format: 'csv' })
    expect(made.rows).toBe(1)
    expect(fake.unloads.at(-1)).toMatch(
      /^UNLOAD \(\$\$SELECT .*\$\$\) TO 's3:\/\/[^']+\/exports\/nightly\/[0-9a-f-]{36}\/part_' IAM_ROLE 'arn:aws:iam::1:role\/unload' FORMAT CSV MANIFEST VERBOSE MAXFILESIZE 1 GB REGION/s,
    )
    await using byKeys = await make()
    await using other = await byKeys.export('select 1 as one', { format: 'csv' })
    expect(other.kind).toBe('cloud-dir')
    expect(fake.unloads.at(-1)).toContain(`ACCESS_KEY_ID '${s3.accessKeyId}' SECRET_ACCESS_KEY '`)
  })
})
