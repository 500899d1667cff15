import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { codeOf } from '../kit/sink-rows.contract.ts'
import type { StreamConnector, StreamMessage } from '../kit/stream.ts'
import { type LocalTinybird, openLocalTinybird } from '../tinybird/local-tinybird.contract.ts'
import { createBase } from './base.ts'
import { createCloudIngest } from './cloud-ingest.ts'
import { CSV } from './formats.ts'
import { createStreamIngest } from './stream-ingest.ts'

let local: LocalTinybird
const lines: string[] = []

beforeAll(async () => {
  local = await openLocalTinybird()
})
afterAll(() => local[Symbol.asyncDispose]())

const base = () =>
  createBase({
    name: 'fake',
    environment: { TB_CDK_TOKEN: local.server.token, TB_CDK_TAG: 'cloud', TB_CDK_ENDPOINT: local.server.url },
    secrets: [],
    write: (line) => lines.push(line),
  })
const rowsOf = (dataSource: string) => local.connector.query(`SELECT * FROM ${dataSource} ORDER BY 1`)

/** A bucket whose signed addresses a server on this machine answers. */
async function openBucket(objects: Readonly<Record<string, string>>) {
  const server = createServer((request, response) => response.end(objects[(request.url ?? '').slice(1)] ?? ''))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const store = {
    uri: (key: string) => `s3://bucket/${key}`,
    stat: async (key: string) => {
      const text = objects[key]
      return text === undefined ? null : { key, size: text.length, etag: null, modifiedAt: null }
    },
    publicUrl: async (key: string) => `http://127.0.0.1:${port}/${key}`,
  }
  const connector = { bucket: () => store, async [Symbol.asyncDispose]() {} } as unknown as ObjectStoreConnector
  return { connector, [Symbol.asyncDispose]: async () => void server.close() }
}

test('objects are fetched by Tinybird from their signed addresses', async () => {
  await using bucket = await openBucket({ 'a.csv': '1,"x, y"\n2,\n', 'b.csv': '3,z\n', 'empty.csv': '' })
  await using cloud = createCloudIngest(base(), bucket.connector)
  await local.client.createDataSource('objects', { schema: '`id` Int32, `note` Nullable(String)' })
  await cloud.append(null, 'a.csv', 'objects', { format: CSV })
  await cloud.append('bucket', 'b.csv', 'objects')
  expect(await rowsOf('objects')).toEqual([
    { id: 1, note: 'x, y' },
    { id: 2, note: null },
    { id: 3, note: 'z' },
  ])
  await cloud.replace(null, 'b.csv', 'objects')
  expect(await rowsOf('objects')).toHaveLength(1)
  expect(await cloud.append(null, 'empty.csv', 'objects')).toBeNull()
  expect(await codeOf(cloud.replace(null, 'empty.csv', 'objects'))).toBe('ConfigError EMPTY_REPLACE')
  expect(await codeOf(cloud.append(null, 'absent.csv', 'objects'))).toBe('ConfigError OBJECT_NOT_FOUND')
})

test('messages of a stream become events until nothing is left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const message = (value: string, index: number): StreamMessage => ({
    value: Buffer.from(value),
    key: null,
    headers: {},
    time: null,
    position: `orders@${index}`,
    redelivered: false,
  })
  const waiting = ['{"id":1,"note":"a"}', '{"id":2}', 'no object'].map(message)
  let committed = 0
  const connector = {
    definition: { name: 'fake', title: 'Fake', kind: 'stream' },
    label: 'fake:orders',
    stream: null,
    openConsumer: async () => ({
      maxUncommitted: 1000,
      pull: async () => waiting.splice(0),
      commit: async () => void committed++,
      lag: async () => waiting.length,
      async [Symbol.asyncDispose]() {},
    }),
    async [Symbol.asyncDispose]() {},
  } as unknown as StreamConnector
  await local.client.createDataSource('streamed', { schema: '`id` Int32, `note` Nullable(String)' })
  await using stream = createStreamIngest(base(), connector)
  const deadLetter = join(folder, 'dead.ndjson')
  const totals = await stream.stream('orders', 'streamed', { drain: true, deadLetter, flush: { ms: 10 } })
  expect(totals).toMatchObject({ rows: 2, deadLetters: 1 })
  expect(committed).toBeGreaterThan(0)
  expect(await rowsOf('streamed')).toEqual([
    { id: 1, note: 'a' },
    { id: 2, note: null },
  ])
  expect(lines.join('')).toMatch(/\[cloud\]\[INFO\] streamed: 2 rows written, 1 dead letters\./)
  await rm(folder, { recursive: true })
})
