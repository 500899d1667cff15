import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeGcs, findFakeGcs, startFakeGcs } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { TableConnector } from '../kit/connector.ts'
import { describeObjectStore } from '../kit/object-store.contract.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { connectorForUri } from '../kit/registry.ts'
import { connectBucket } from './client.ts'
import { gcsConfig } from './config.ts'
import { definition } from './connector.ts'
import { gcsStore } from './store.ts'

describe.skipIf(findFakeGcs() === null)('Google Cloud Storage on fake-gcs-server', () => {
  let server: FakeGcs
  let config: ConfigValues
  // The server is built when it is used for the first time.
  beforeAll(async () => {
    server = await startFakeGcs()
    config = {
      bucket: await server.createBucket(),
      endpoint: server.endpoint,
      credentials_json: JSON.stringify(server.credentials),
    }
  }, 600_000)
  afterAll(async () => {
    await server.stop()
  })

  describeObjectStore('Google Cloud Storage', () => ({
    definition,
    config,
    network: {
      port: server.port,
      through: (port) => ({ ...config, endpoint: `http://127.0.0.1:${port}` }),
    },
    unreachable: [
      { name: 'nobody listens', config: { ...config, endpoint: 'http://127.0.0.1:1' } },
      { name: 'no such bucket', config: { ...config, bucket: 'no-such-bucket' } },
    ],
    missingBucket: 'no-such-bucket',
    // A resumable upload is cancelled by its own address; no request lists them.
    unfinished: null,
    signed: true,
    // It answers whoever asks.
    checksSignatures: false,
    awkwardKeys: [],
    sortsBytes: true,
    large: 200,
    many: 300,
    largeConditions: false,
  }))

  test('credentials come from a file or as they are, sign addresses, and nothing is said on stderr', async () => {
    const { credentials_json, ...others } = config
    const json = String(credentials_json)
    const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    try {
      const file = join(folder, 'key.json')
      await writeFile(file, json)
      const ways: ConfigValues[] = [{ credentials_json: json }, { credentials_file: file }]
      for (const given of ways) {
        await using connector = definition.create({ ...others, ...given }) as ObjectStoreConnector
        const url = new URL(await connector.bucket().publicUrl('a'))
        expect(url.searchParams.get('X-Goog-Credential')).toMatch(/^tests@millrace-test\.iam\.gserviceaccount\.com\//)
      }
      expect(warn).not.toHaveBeenCalled()
      await using missing = definition.create({ ...others, credentials_file: `${file}.gone` }) as ObjectStoreConnector
      await expect(missing.bucket().ls('')).rejects.toMatchObject({
        code: 'CREDENTIALS_REQUIRED',
        message: expect.stringContaining('key.json.gone'),
      })
    } finally {
      warn.mockRestore()
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('an emulator is found by its environment variable, with a scheme or without', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS_JSON', String(config.credentials_json))
    try {
      for (const host of [server.endpoint, `127.0.0.1:${server.port}`]) {
        vi.stubEnv('STORAGE_EMULATOR_HOST', host)
        await using connector = (await connectorForUri(`gs://${config.bucket}/a`)) as TableConnector &
          ObjectStoreConnector
        const store = connector.bucket()
        await store.write('found', [Buffer.from('here')])
        expect(await store.ls('')).toEqual(['found'])
        await store.rm('found')
      }
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('what a join of many objects makes on its way lies with its parts', async () => {
    const bucket = await connectBucket(gcsConfig(config), String(config.bucket))
    const store = gcsStore(bucket.name, async () => bucket)
    const keys = Array.from({ length: 40 }, (_, index) => `load/part-${index}`)
    await Promise.all(keys.map((key) => store.write(key, [Buffer.from(`${key}\n`)])))
    const combine = vi.spyOn(bucket, 'combine')
    await store.compose(keys, 'orders.csv')
    const made = combine.mock.calls.map(([, target]) => (target as { name: string }).name)
    expect(made.pop()).toBe('orders.csv')
    expect(made).toHaveLength(2)
    for (const step of made) expect(step).toMatch(/^load\//)
    expect(await store.ls('')).toEqual([...keys.toSorted(), 'orders.csv'])
    await store.rmtree('')
  })

  test('a conditional write whose first answer was lost is no conflict with itself', async () => {
    const bucket = await connectBucket(gcsConfig(config), String(config.bucket))
    const store = gcsStore(bucket.name, async () => bucket)
    const open = bucket.file.bind(bucket)
    const lost = vi.spyOn(bucket, 'file').mockImplementation((...of) => {
      const file = open(...of)
      const save = file.save.bind(file)
      file.save = (async (...given: Parameters<typeof save>) => {
        await save(...given)
        await save(...given)
      }) as typeof file.save
      return file
    })
    const written = await store.write('once', [Buffer.from('mine')], { ifAbsent: true })
    const { etag } = await store.write('once', [Buffer.from('more')], { ifEtag: written.etag as string })
    lost.mockRestore()
    expect(await store.stat('once')).toMatchObject({ size: 4, etag })
    await store.rmtree('')
  })

  test('a listing goes on from page to page', async () => {
    const store = gcsStore(String(config.bucket), () => connectBucket(gcsConfig(config), String(config.bucket)), 10)
    const keys = Array.from({ length: 47 }, (_, index) => `page/${String(index).padStart(3, '0')}`)
    for (const key of keys) await store.write(key, [])
    expect(await store.ls('page')).toEqual(keys)
    await store.rmtree('page')
    expect(await store.ls('')).toEqual([])
  })
})

test('an address names bucket and key, and credentials that cannot be read are not repeated', () => {
  expect(definition.parseUri('gs://lake/a/b.csv')).toEqual({ bucket: 'lake', path: 'a/b.csv' })
  expect(definition.parseUri('gcs://lake/')).toEqual({ bucket: 'lake', path: '' })
  expect(() => gcsConfig({ credentials_json: '{"private_key": "geheim' })).toThrow(/not the JSON/)
  expect(() => gcsConfig({ credentials_json: '{"private_key": "geheim' })).not.toThrow(/geheim/)
})
