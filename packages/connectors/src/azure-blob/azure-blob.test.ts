import { findAzurite, startAzurite, type TestAzurite } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConfigValues } from '../kit/config-schema.ts'
import { describeObjectStore } from '../kit/object-store.contract.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { connectContainer } from './client.ts'
import { azureConfig } from './config.ts'
import { definition } from './connector.ts'
import { azureStore } from './store.ts'

describe.skipIf(findAzurite() === null)('Azure Blob Storage on Azurite', () => {
  let server: TestAzurite
  let config: ConfigValues
  beforeAll(async () => {
    server = await startAzurite()
    config = { bucket: await server.createContainer(), connection_string: server.connectionString }
  })
  afterAll(async () => {
    await server.stop()
  })

  const changed = (from: string, to: string): ConfigValues => ({
    ...config,
    connection_string: server.connectionString.replace(from, to),
  })

  describeObjectStore('Azure Blob Storage', () => ({
    definition,
    config,
    network: { port: server.port, through: (port) => changed(`:${server.port}/`, `:${port}/`) },
    unreachable: [
      { name: 'wrong key', config: changed(server.accountKey, Buffer.alloc(64, 7).toString('base64')) },
      { name: 'nobody listens', config: changed(`:${server.port}/`, ':1/') },
      { name: 'no such container', config: { ...config, bucket: 'no-such-container' } },
    ],
    missingBucket: 'no-such-container',
    // Blocks that were never made a blob are dropped by the service; no listing shows them.
    unfinished: null,
    signed: true,
    checksSignatures: true,
    awkwardKeys: ['a//b'],
    sortsBytes: false,
    large: 300,
    many: 700,
    largeConditions: true,
  }))

  test('a listing goes on from page to page', async () => {
    const store = azureStore(
      String(config.bucket),
      () => connectContainer(azureConfig(config), String(config.bucket)),
      10,
    )
    const keys = Array.from({ length: 47 }, (_, index) => `page/${String(index).padStart(3, '0')}`)
    for (const key of keys) await store.write(key, [])
    expect(await store.ls('page')).toEqual(keys)
    await store.rmtree('page')
    expect(await store.ls('')).toEqual([])
  })

  test('a shared access signature is enough, but cannot sign', async () => {
    const { client, sdk } = await connectContainer(azureConfig(config), String(config.bucket))
    const url = await client.generateSasUrl({
      permissions: sdk.ContainerSASPermissions.parse('rwdl'),
      expiresOn: new Date(Date.now() + 60_000),
    })
    const sas = { bucket: String(config.bucket), account: server.account, endpoint: server.endpoint }
    await using connector = definition.create({ ...sas, sas_token: new URL(url).search }) as ObjectStoreConnector
    const store = connector.bucket()
    await store.write('a', [Buffer.from('x')])
    expect(await store.ls('')).toEqual(['a'])
    await expect(store.publicUrl('a')).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
    await store.rm('a')

    await using reader = definition.create({ ...sas, sas_token: 'sv=2021-12-02&sig=geheim' }) as ObjectStoreConnector
    const refused = await reader
      .bucket()
      .ls('')
      .then(String, (error: Error) => error)
    expect(refused).toMatchObject({ code: 'ACCESS_DENIED' })
    expect(JSON.stringify([refused, (refused as Error).message, String((refused as Error).cause)])).not.toMatch(
      /geheim/,
    )
  })
})

test('an address names container and key, and no secrets', () => {
  expect(definition.parseUri('az://lake/a/b.csv?account=acme')).toEqual({
    bucket: 'lake',
    path: 'a/b.csv',
    account: 'acme',
  })
  expect(azureConfig({ account: 'acme', account_key: 'a2V5' }).endpoint).toBe('https://acme.blob.core.windows.net')
  expect(() => azureConfig({ account: 'acme' })).toThrow(/no credentials/)
  expect(() => azureConfig({})).toThrow(/which storage account/)
})
