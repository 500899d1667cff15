import { expect, test } from 'vitest'
import { useServers } from './test-server.fixture.ts'

const servers = useServers()

test('the OpenAPI document in the repository is the one that the routes make; "vitest run -u" writes it anew', async () => {
  const { call } = await servers.start()
  const { status, body } = await call('GET', '/api/spec.json', { token: null })
  expect(status).toBe(200)
  await expect(`${JSON.stringify(body, null, 2)}\n`).toMatchFileSnapshot('../openapi.json')
})

test('every operation has an id of its own, a summary, and says who may call it', async () => {
  const { call } = await servers.start()
  const { body } = await call('GET', '/api/spec.json', { token: null })
  const operations = Object.values(body.paths as Record<string, Record<string, Record<string, unknown>>>).flatMap(
    (methods) => Object.values(methods),
  )
  const ids = operations.map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const operation of operations) {
    expect(operation).toMatchObject({ summary: expect.any(String), security: expect.any(Array) })
  }
})
