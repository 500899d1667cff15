import { setTimeout as delay } from 'node:timers/promises'
import { findRadosgw, startRadosgw, type TestRadosgw } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConfigValues } from '../kit/config-schema.ts'
import { describeObjectStore } from '../kit/object-store.contract.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { connectS3 } from './client.ts'
import { s3Config } from './config.ts'
import { definition } from './connector.ts'

describe.skipIf(findRadosgw() === null)('S3 on Ceph RGW', () => {
  let server: TestRadosgw
  let config: ConfigValues
  beforeAll(async () => {
    server = await startRadosgw()
    config = {
      bucket: await server.createBucket(),
      endpoint: server.endpoint,
      region: server.region,
      access_key_id: server.accessKeyId,
      secret_access_key: server.secretAccessKey,
    }
  })
  afterAll(async () => {
    await server.stop()
  })

  async function unfinished(): Promise<string[]> {
    const { sdk, client } = await connectS3(s3Config(config))
    const { Uploads = [] } = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket: String(config.bucket) }))
    client.destroy()
    return Uploads.map(({ Key = '' }) => Key)
  }

  describeObjectStore('S3', () => ({
    definition,
    config,
    network: {
      port: server.port,
      through: (port) => ({ ...config, endpoint: `http://127.0.0.1:${port}` }),
    },
    unreachable: [
      { name: 'wrong secret', config: { ...config, secret_access_key: 'not-the-secret' } },
      { name: 'unknown key', config: { ...config, access_key_id: 'nobody' } },
      { name: 'nobody listens', config: { ...config, endpoint: 'http://127.0.0.1:1' } },
      { name: 'no such bucket', config: { ...config, bucket: 'no-such-bucket' } },
    ],
    missingBucket: 'no-such-bucket',
    unfinished,
    signed: true,
    checksSignatures: true,
    awkwardKeys: ['tab\tx', 'nl\nx', 'ctl\u0001', 'back\\slash', 'a//b'],
    sortsBytes: true,
    large: 300,
    // A listing's page and a removal hold 1000.
    many: 1100,
    // This server does not check conditions where an upload is completed; Amazon's does.
    largeConditions: false,
  }))

  test('another user is refused', async () => {
    const { accessKeyId, secretAccessKey } = await server.createUser()
    await using stranger = definition.create({
      ...config,
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
    }) as ObjectStoreConnector
    const store = stranger.bucket()
    await expect(store.ls('')).rejects.toMatchObject({ code: 'ACCESS_DENIED', recovery: 'config' })
    await expect(store.stat('a')).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    await expect(store.write('a', [Buffer.from('x')])).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  })

  test('a server that dies in the middle of a write leaves nothing once it is back', async () => {
    await using connector = definition.create(config) as ObjectStoreConnector
    const store = connector.bucket()
    let back: Promise<void> | undefined
    async function* content() {
      for (let index = 0; index < 40; index++) {
        if (index === 20) {
          await server.kill()
          back = delay(100).then(() => server.restart())
          throw new Error('the producer noticed')
        }
        yield Buffer.alloc(2 ** 20)
      }
    }
    await expect(store.write('dying', content())).rejects.toThrow('the producer noticed')
    await back
    expect(await unfinished()).toEqual([])
    expect(await store.ls('')).toEqual([])
  })

  test('rmtree takes the parts of a writer that was killed with it', async () => {
    await using connector = definition.create(config) as ObjectStoreConnector
    const { sdk, client } = await connectS3(s3Config(config))
    const Bucket = String(config.bucket)
    for (const Key of ['staging/a', 'staging/b', 'staging-not']) {
      await client.send(new sdk.CreateMultipartUploadCommand({ Bucket, Key }))
    }
    await connector.bucket().rmtree('staging')
    expect(await unfinished()).toEqual(['staging-not'])
    await connector.bucket().rmtree('')
    expect(await unfinished()).toEqual([])
    client.destroy()
  })
})

test('an address names bucket and key, and no secrets', () => {
  expect(definition.parseUri('s3://lake/a/b c.csv?region=eu-central-1&header=false')).toEqual({
    bucket: 'lake',
    path: 'a/b c.csv',
    region: 'eu-central-1',
    header: 'false',
  })
  expect(definition.parseUri('s3://lake')).toEqual({ bucket: 'lake', path: '' })
  expect(definition.parseUri('s3://lake/a/*.csv?')).toEqual({ bucket: 'lake', path: 'a/*.csv?' })
  for (const uri of ['s3://', 's3://AKIA:geheim@lake/a', 's3:///a']) {
    expect(() => definition.parseUri(uri)).toThrow(/names no bucket/)
    expect(() => definition.parseUri(uri)).not.toThrow(/geheim/)
  }
  expect(() => (definition.create({}) as ObjectStoreConnector).bucket()).toThrow(/Say which bucket/)
})

test('an endpoint that is no address is refused at once, and is not repeated', () => {
  for (const endpoint of ['s3.example.com', 'geheim', 'ftp://geheim']) {
    expect(() => definition.create({ bucket: 'lake', endpoint })).toThrow(/is not an address/)
    expect(() => definition.create({ bucket: 'lake', endpoint })).not.toThrow(/geheim/)
  }
})
