import { readText, type ScriptedServer, startScriptedServer } from '@millrace/connectors/contract'
import type { ConfigValues, Relation, TableConnector } from '@millrace/connectors/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { definition } from './connector.ts'

const token = 'very-secret'
const pages: Readonly<Record<string, string>> = {
  '/customers?page=1': '{"items": [{"id": 12345678901234567890, "name": "A \\"b\\""}], "next": 2}',
  '/customers?page=2': '{"items": [{"id": 2, "name": null}], "next": null}',
  '/orders?page=1': '{"items": []}',
}
let server: ScriptedServer

beforeAll(async () => {
  server = await startScriptedServer(({ path, headers }) => {
    if (headers.authorization !== `Bearer ${token}`) return { status: 401 }
    return pages[path] === undefined ? { status: 404 } : { body: pages[path] }
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const open = (config: ConfigValues = {}) => definition.create({ url: server.url, token, ...config }) as TableConnector
const customers: Relation = { kind: 'table', table: { scope: [], name: 'customers' } }

test('a resource is a table of all its pages, and numbers keep their digits', async () => {
  await using source = await open().openSource()
  expect(await source.listTables(['*'])).toMatchObject([{ name: 'customers' }, { name: 'orders' }])
  expect(await source.describe(customers)).toMatchObject({ primaryKey: ['id'] })
  expect(await readText(source, customers)).toMatchObject({
    text: expect.stringContaining('12345678901234567890'),
    rows: 2,
  })
})

test('what may pass is tried again', async () => {
  server.script({ status: 503 })
  await using source = await open().openSource()
  expect(await readText(source, customers)).toMatchObject({ rows: 2 })
})

test('a connection can be tried, and no message tells a secret', async () => {
  expect(await open().testConnection()).toMatchObject({ ok: true })
  const configs: readonly ConfigValues[] = [{ token: 'wrong-secret' }, { url: 'http://127.0.0.1:1' }]
  for (const config of configs) {
    const { ok, message } = await open(config).testConnection()
    expect(ok).toBe(false)
    expect(message).not.toContain('secret')
  }
})
