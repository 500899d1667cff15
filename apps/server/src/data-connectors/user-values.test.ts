import { readPlatformSettings } from '@millrace/core'
import { sql } from '@millrace/db'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testKeys } from '../secrets/secrets-service.fixture.ts'
import { type CallServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
let keys: Awaited<ReturnType<typeof testKeys>>
beforeAll(async () => {
  keys = await testKeys()
})
afterAll(async () => await keys.remove())

async function start() {
  const { encryptionKeyPath, secretsPublicKeyPath, secretsTokenKeyPath } = keys
  const settings = {
    ...readPlatformSettings({ env: {} }),
    ...{ encryptionKeyPath, secretsPublicKeyPath, secretsTokenKeyPath },
  }
  const server = await servers.start({ settings })
  const call = (id: string) => server.as(id, { email: `${id}@example.com` })
  const [alice, bob] = [call('alice'), call('bob')]
  for (const one of [alice, bob]) expect((await one('GET', '/api/data/user')).status).toBe(200)
  const { body, status } = await alice('POST', '/api/data/data_connectors', {
    body: {
      name: 'Flights',
      namespace: 'alice',
      visibility: 'public',
      storage: {
        configuration: { type: 's3', provider: 'AWS', access_key_id: '', secret_access_key: '' },
        source_path: 'flights',
        target_path: 'flights',
      },
    },
  })
  expect(status).toBe(201)
  return { server, alice, bob, path: `/api/data/data_connectors/${body.id}/secrets` }
}

const give = async (call: CallServer, path: string, body: unknown) => await call('PATCH', path, { body })

test('every user has own values, which become secrets of the kind storage and never come out', async () => {
  const { server, alice, bob, path } = await start()
  const given = await give(alice, path, [
    { name: 'access_key_id', value: 'AKIA-THE-KEY' },
    { name: 'secret_access_key', value: 'THE-SECRET-VALUE' },
  ])
  expect(given).toMatchObject({ status: 200, body: [{ name: 'access_key_id' }, { name: 'secret_access_key' }] })
  expect((await alice('GET', path)).body).toEqual(given.body)
  expect((await bob('GET', path)).body).toEqual([])
  const secrets = await alice('GET', '/api/data/user/secrets?kind=storage')
  expect(secrets.body.map(({ id }: { id: string }) => id).sort()).toEqual(
    given.body.map(({ secret_id }: { secret_id: string }) => secret_id).sort(),
  )
  const [row] = await server.db.query<{ text: string }>(sql`
    select (select string_agg(e::text, '') from audit.event e)
      || (select string_agg(s::text, '') from secrets.sealed s)
      || (select string_agg(d::text, '') from data_connectors.data_connector d) as text`)
  const all = `${row?.text}${JSON.stringify([server.lines, given.body, secrets.body])}`
  expect(all).not.toMatch(/THE-SECRET-VALUE|AKIA-THE-KEY/)
})

test('a new value keeps the secret, null takes it off, and removing takes off all', async () => {
  const { alice, path } = await start()
  const { body: first } = await give(alice, path, [{ name: 'access_key_id', value: 'one' }])
  const { body: second } = await give(alice, path, [{ name: 'access_key_id', value: 'two' }])
  expect(second).toEqual(first)
  await give(alice, path, [{ name: 'session_token', value: 'three' }])
  const { body: third } = await give(alice, path, [{ name: 'access_key_id', value: null }])
  expect(third).toMatchObject([{ name: 'session_token' }])
  expect((await alice('DELETE', path)).status).toBe(204)
  expect((await alice('GET', path)).body).toEqual([])
  expect((await alice('GET', '/api/data/user/secrets?kind=storage')).body).toHaveLength(2)
})

test('names that are given twice, or are no sensitive option, are refused', async () => {
  const { alice, path } = await start()
  const wrong = [
    [
      { name: 'access_key_id', value: 'a' },
      { name: 'access_key_id', value: 'b' },
    ],
    [{ name: 'region', value: 'a' }],
    [{ name: 'unknown', value: 'a' }],
    [{ name: 'key_pem', value: 'a' }],
    [{ name: 'constructor', value: 'a' }],
    [{ name: 'access_key_id', value: '' }],
    [{ name: 'access_key_id', value: 'x'.repeat(5001) }],
    [{ name: 'access_key_id' }],
    [{ name: 'access_key_id', value: 'a', secret_id: '01JD3Z6Q7N6YXQ0M2R4T8V9WAB' }],
  ]
  for (const body of wrong) expect((await give(alice, path, body)).status, JSON.stringify(body)).toBe(422)
  expect((await alice('GET', path)).body).toEqual([])
})

test('values given at once by the same user make one secret', async () => {
  const { alice, path } = await start()
  await Promise.all(['a', 'b', 'c'].map((value) => give(alice, path, [{ name: 'access_key_id', value }])))
  expect((await alice('GET', path)).body).toHaveLength(1)
  expect((await alice('GET', '/api/data/user/secrets?kind=storage')).body).toHaveLength(1)
})

test('who may not see the connector has no secrets for it', async () => {
  const { alice, bob, path } = await start()
  const one = path.replace('/secrets', '')
  const { body } = await alice('GET', one)
  await alice('PATCH', one, { headers: { 'if-match': body.etag }, body: { visibility: 'private' } })
  const answers = [await bob('GET', path), await give(bob, path, []), await bob('DELETE', path)]
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
})
