import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger, readPlatformSettings } from '@millrace/core'
import { sql } from '@millrace/db'
import { signInternalToken } from '@millrace/http'
import { openInner } from '@millrace/secrets'
import { rotateSecrets, startSecretsServer } from '@millrace/secrets-server'
import { describe, expect, it } from 'vitest'
import { useServers } from '../test-server.fixture.ts'
import { type FakeKubernetes, startFakeKubernetes } from './fake-kubernetes.fixture.ts'
import { testKeys } from './secrets-service.fixture.ts'

const servers = useServers()
const owner = { apiVersion: 'amalthea.dev/v1alpha1', kind: 'AmaltheaSession', name: 'session', uid: 'uid-1' }
const place = { name: 'session-secret', namespace: 'sessions' }

describe('case 7: secrets of a session in the cluster', () => {
  it('are keyed by their file names or by the mapping, and open only with the key of the user', async () => {
    await using world = await start()
    const { kube, put, make, key } = world
    const [one, two] = [await make('alice', 'one', 'first value'), await make('alice', 'two', 'second value')]
    const body = { ...place, secret_ids: [one, two], owner_references: [owner] }
    expect(await put('alice', body)).toMatchObject({ status: 201, body: { name: place.name } })
    const stored = kube.secrets.get('sessions/session-secret')
    expect(Object.keys(stored?.data ?? {})).toEqual(['one', 'two'])
    expect(stored?.metadata.ownerReferences).toEqual([{ ...owner, controller: true }])
    const inner = Buffer.from(stored?.data.one ?? '', 'base64').toString()
    expect(JSON.stringify([...kube.secrets])).not.toContain('first value')
    expect(await openInner('user:alice', await key('alice'), inner)).toBe('first value')
    await expect(openInner('user:alice', await key('bob'), inner)).rejects.toThrow('cannot be opened')

    const mapping = { [one]: ['a', 'b'], [two]: 'c' }
    const mapped = { ...body, name: 'mapped', key_mapping: mapping }
    expect((await put('alice', mapped)).status).toBe(201)
    expect(Object.keys(kube.secrets.get('sessions/mapped')?.data ?? {}).sort()).toEqual(['a', 'b', 'c'])
  })

  it('a partial mapping and duplicate names are 422, ids of others and expired ones 404 with their ids', async () => {
    await using world = await start()
    const { put, make, kube } = world
    const [one, two] = [await make('alice', 'one', '1'), await make('alice', 'two', '2')]
    const foreign = await make('bob', 'three', '3')
    const body = { ...place, secret_ids: [one, two], owner_references: [] }
    const status = async (changes: object) => (await put('alice', { ...body, ...changes })).status
    expect(await status({ key_mapping: { [one]: 'a' } })).toBe(422)
    expect(await status({ key_mapping: { [one]: 'a', [two]: 'b', [foreign]: 'c' } })).toBe(422)
    expect(await status({ key_mapping: { [one]: 'a', [two]: 'a' } })).toBe(422)
    expect(await status({ key_mapping: { [one]: ['a', 'a'], [two]: 'b' } })).toBe(422)
    expect(await status({ key_mapping: { [one]: '../a', [two]: 'b' } })).toBe(422)
    expect(await status({ secret_ids: [] })).toBe(422)
    expect(await status({ namespace: '../../kube-system' })).toBe(422)
    expect(await status({ cluster_id: '01JD3Z6Q7N6YXQ0M2R4T8V9WAB' })).toBe(422)
    const missing = await put('alice', { ...body, secret_ids: [one, foreign] })
    expect(missing).toMatchObject({ status: 404, body: { error: { message: expect.stringContaining(foreign) } } })
    await world.db.execute(sql`update secrets.user_secret set expiration_timestamp = now() + interval '100 seconds'`)
    expect(await status({})).toBe(404)
    expect((await put(null, body)).status).toBe(401)
    expect(kube.calls).toEqual([])
  })

  it('a conflict becomes a patch, of one’s own secrets only', async () => {
    await using world = await start()
    const { kube, put, make } = world
    const body = { ...place, owner_references: [], secret_ids: [await make('alice', 'one', '1')] }
    await put('alice', body)
    const again = { ...body, secret_ids: [await make('alice', 'other', '2')] }
    expect((await put('alice', again)).status).toBe(201)
    expect(kube.calls).toEqual(['POST', 'POST', 'GET', 'PATCH'])
    expect(Object.keys(kube.secrets.get('sessions/session-secret')?.data ?? {})).toEqual(['other'])
    const others = { ...body, secret_ids: [await make('bob', 'one', '1')] }
    expect(await put('bob', others)).toMatchObject({ status: 500, body: { error: { code: 1511 } } })
  })

  it('failures hide their causes: 1511 of the cluster, 1510 of a value that does not open', async () => {
    await using world = await start()
    const { kube, put, make, db, lines } = world
    const body = { ...place, owner_references: [], secret_ids: [await make('alice', 'one', 'hush')] }
    kube.failWith = 403
    const refused = await put('alice', body)
    expect(refused).toMatchObject({ status: 500, body: { error: { code: 1511 } } })
    expect(JSON.stringify(refused.body)).not.toMatch(/403|gAAAA|refused:/)
    await db.execute(sql`update secrets.sealed set outer_text = 'rubbish'`)
    const unreadable = await put('alice', body)
    expect(unreadable).toMatchObject({ status: 500, body: { error: { code: 1510 } } })
    expect(JSON.stringify(unreadable.body)).not.toMatch(/RSA|Fernet|key/)
    expect(lines.join('')).not.toMatch(/gAAAA|hush/)
  })

  it('are put there through the address of the server too, by whoever signed in', async () => {
    await using world = await start()
    const { make, kube, throughServer } = world
    const body = { ...place, owner_references: [owner], secret_ids: [await make('alice', 'one', '1')] }
    expect(await throughServer('alice', body)).toMatchObject({ status: 201, body: { name: place.name } })
    expect(Object.keys(kube.secrets.get('sessions/session-secret')?.data ?? {})).toEqual(['one'])
    expect(await throughServer('bob', body)).toMatchObject({
      status: 404,
      body: { error: { detail: 'SECRET_MISSING' } },
    })
    expect((await throughServer('alice', { ...body, namespace: 'A/B' })).status).toBe(422)
    kube.failWith = 403
    expect(await throughServer('alice', body)).toMatchObject({ status: 500, body: { error: { code: 1511 } } })
    expect((await throughServer(null, body)).status).toBe(401)
  })

  it('rotation of 10 secrets in batches keeps all readable', async () => {
    await using world = await start()
    const { make, db, key, put, kube, options } = world
    const ids = await Promise.all(
      Array.from({ length: 10 }, (_, index) => make('alice', `f${index}`, `value ${index}`)),
    )
    const keys = await testKeys()
    const settings = {
      ...options.settings,
      secretsPrivateKeyPath: keys.secretsPrivateKeyPath,
      secretsPreviousPrivateKeyPath: options.settings.secretsPrivateKeyPath,
    }
    const rotated = await rotateSecrets({ ...options, settings, batchSize: 5 })
    expect(rotated).toMatchObject({ rotated: 10, failed: 0, remaining: 0 })
    await using service = await startSecretsServer({
      ...options,
      settings: { ...settings, secretsPreviousPrivateKeyPath: null },
    })
    world.useService(service.url)
    expect((await put('alice', { ...place, secret_ids: ids, owner_references: [] })).status).toBe(201)
    const data = Object.values(kube.secrets.get('sessions/session-secret')?.data ?? {})
    const ownKey = await key('alice')
    const texts = data.map((text) => openInner('user:alice', ownKey, Buffer.from(text, 'base64').toString()))
    expect((await Promise.all(texts)).sort()).toEqual(ids.map((_, index) => `value ${index}`))
    expect(await db.query(sql`select distinct key_id from secrets.sealed`)).toHaveLength(1)
    await keys.remove()
  })
})

async function start() {
  const server = await servers.start()
  const { db, settings, as } = server
  // Its service is in no cluster: the one that is replaces it.
  const replaced = settings as { secretsUrl: string }
  const folder = join(settings.secretsPublicKeyPath ?? '', '..')
  const token = 'token-of-the-service-account'
  const kubernetesTokenPath = join(folder, 'token')
  writeFileSync(kubernetesTokenPath, `${token}\n`)
  const kube: FakeKubernetes = await startFakeKubernetes(token)
  const lines: string[] = []
  const options = {
    db,
    log: await createLogger({ name: 'secrets', write: (line) => lines.push(line) }),
    settings: {
      ...readPlatformSettings({ env: {} }),
      ...{ secretsPrivateKeyPath: join(folder, 'secrets-private.pem'), secretsPort: 0 },
      ...{ secretsTokenKeyPath: settings.secretsTokenKeyPath, kubernetesUrl: kube.url, kubernetesTokenPath },
    },
  }
  const service = await startSecretsServer(options)
  let { url } = service
  replaced.secretsUrl = url
  return {
    ...{ db, kube, lines, options },
    useService: (other: string) => {
      url = other
    },
    make: async (user: string, filename: string, value: string): Promise<string> => {
      const body = { name: filename, default_filename: filename, value }
      return (await as(user)('POST', '/api/data/user/secrets', { body })).body.id
    },
    key: async (user: string): Promise<string> => (await as(user)('GET', '/api/data/user/secret_key')).body.secret_key,
    throughServer: async (user: string | null, body: object) =>
      await (user === null ? server.anonymous : as(user))('POST', '/api/secrets/kubernetes', { body }),
    put: async (user: string | null, body: object) => {
      const key = readFileSync(settings.secretsTokenKeyPath ?? '')
      const scope = 'secrets:kubernetes'
      const bearer = user === null ? '' : await signInternalToken({ key }, { subject: user, scope, lifeSeconds: 60 })
      const response = await fetch(`${url}/api/secrets/kubernetes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: response.status, body: await response.json() }
    },
    async [Symbol.asyncDispose]() {
      await service.close()
      await kube[Symbol.asyncDispose]()
    },
  }
}
