import { createPrivateKey, createPublicKey, privateDecrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger, readPlatformSettings } from '@millrace/core'
import { openDatabase, sql } from '@millrace/db'
import { signInternalToken } from '@millrace/http'
import { decryptWithPassword, fernetDecrypt, openInner, openOuter, type SealedValue } from '@millrace/secrets'
import { startSecretsServer } from '@millrace/secrets-server'
import { describe, expect, it } from 'vitest'
import { type TestServer, useServers } from '../test-server.fixture.ts'
import { unseal } from './index.ts'
import { testKeys } from './secrets-service.fixture.ts'

const servers = useServers()
const quiet = await createLogger({ name: 'test', level: 'silent' })
const value = 'a-password-that-nobody-may-find'

/** Somebody with everything that the API has: its database, its master key, its public key, the key of internal tokens. */
describe('with the database and the master key, without the private key', () => {
  it('the value stands nowhere in the dump', async () => {
    const { server } = await withSecret()
    expect(await dump(server)).not.toContain(value)
    for (const text of await allTexts(server)) {
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        expect(Buffer.from(text, encoding).includes(value)).toBe(false)
      }
    }
  })

  it('nothing opens: no key that can be had fits any text of the dump', async () => {
    const { server, owner } = await withSecret()
    const { settings, db } = server
    const master = readFileSync(settings.encryptionKeyPath ?? '')
    const { encrypted_key: wrapped } = await db.one<{ encrypted_key: string }>(sql`
      select encrypted_key from secrets.owner_key where owner = ${`user:${owner}`}`)
    // The key of the owner is had by the master key: it is the layer that this thief can open.
    const ownerKey = await decryptWithPassword(master, owner, wrapped)
    const shared = readFileSync(settings.secretsTokenKeyPath ?? '')
    const keys = [master, ownerKey, Buffer.from(ownerKey, 'base64url'), shared, shared.subarray(0, 32), owner, '']
    const found: string[] = []
    for (const text of await allTexts(server)) {
      if (!text.startsWith('gAAAA')) continue
      for (const key of keys) {
        for (const salt of [owner, `user:${owner}`]) await note(found, decryptWithPassword(key, salt, text))
        if (Buffer.from(key).length === 32) await note(found, async () => fernetDecrypt(Buffer.from(key), text))
      }
    }
    expect(found.length).toBeGreaterThan(0)
    expect(new Set(found)).toEqual(new Set([ownerKey]))
  })

  it('the key of the outer layer opens with no other private key, and not with the public one', async () => {
    const { server, sealed } = await withSecret()
    const other = await testKeys()
    try {
      const stranger = createPrivateKey(readFileSync(other.secretsPrivateKeyPath))
      await expect(openOuter('user:alice', [stranger], sealed)).rejects.toThrow('none of the private keys')
      const publicKey = createPublicKey(readFileSync(server.settings.secretsPublicKeyPath ?? ''))
      expect(() => privateDecrypt(publicKey, sealed.encryptedKey)).toThrow()
    } finally {
      await other.remove()
    }
  })

  it('a service with another private key opens nothing, and says nothing of why', async () => {
    const { server, id } = await withSecret()
    const { db, settings, lines } = server
    const other = await testKeys()
    const { secretsPrivateKeyPath } = other
    const { secretsTokenKeyPath } = settings
    const of = { ...readPlatformSettings({ env: {} }), secretsPrivateKeyPath, secretsTokenKeyPath, secretsPort: 0 }
    await using service = await startSecretsServer({ db, log: quiet, settings: of, kubernetes: null })
    const reading = unseal({ db, settings: { ...settings, secretsUrl: service.url } }, 'user:alice', [id])
    await expect(reading).rejects.toMatchObject({ number: 1510, code: 'SECRET_UNREADABLE' })
    expect(JSON.stringify(lines)).not.toContain(value)
    // With another key for tokens it is the operator who has something to put right.
    const stranger = { ...settings, secretsTokenKeyPath: other.secretsTokenKeyPath }
    await expect(unseal({ db, settings: stranger }, 'user:alice', [id])).rejects.toMatchObject({
      code: 'SECRETS_SERVICE_REFUSES',
    })
    await other.remove()
  })
})

/** Somebody with everything that the secrets service has: the database, the private key, the key of internal tokens. */
describe('with the database and the private key, without the master key', () => {
  it('the outer layer opens, the value does not', async () => {
    const { server, sealed, owner } = await withSecret()
    const folder = join(server.settings.secretsPublicKeyPath ?? '', '..')
    const privatePem = readFileSync(join(folder, 'secrets-private.pem'))
    const inner = await openOuter('user:alice', [createPrivateKey(privatePem)], sealed)
    expect(inner).not.toContain(value)
    const { encrypted_key: wrapped } = await server.db.one<{ encrypted_key: string }>(
      sql`select encrypted_key from secrets.owner_key`,
    )
    const shared = readFileSync(server.settings.secretsTokenKeyPath ?? '')
    for (const key of [privatePem, shared, wrapped, Buffer.from(wrapped, 'base64url'), owner, '']) {
      const text = Buffer.isBuffer(key) ? key.toString('latin1') : key
      await expect(openInner('user:alice', text, inner)).rejects.toThrow('cannot be opened')
      await expect(decryptWithPassword(key, owner, wrapped)).rejects.toThrow('cannot be opened')
    }
  })

  it('the service itself answers the inner text only', async () => {
    const { server, id } = await withSecret()
    const { status, body } = await openBy(server, { owner: 'user:alice', ids: [id] })
    expect(status).toBe(200)
    expect(JSON.stringify(body)).not.toContain(value)
    expect(body.secrets[0]?.inner).toMatch(/^gAAAA/)
  })
})

describe('the secrets service', () => {
  it('opens nothing without a token that names the owner and the values', async () => {
    const { server, id } = await withSecret()
    for (const [what, token, status] of refusedTokens) {
      const answer = await openBy(server, { owner: 'user:alice', ids: [id], token })
      expect(answer.status, what).toBe(status)
      expect(JSON.stringify(answer.body)).not.toContain('gAAAA')
    }
  })

  it('opens a value for its owner only', async () => {
    const { server, id } = await withSecret()
    expect(await openBy(server, { owner: 'user:bob', ids: [id] })).toMatchObject({
      status: 404,
      body: { error: { detail: 'SECRET_MISSING', message: expect.stringContaining(id) } },
    })
  })

  it('is ready, alive, and says its version, to everybody', async () => {
    const { server } = await withSecret()
    for (const path of ['version', 'health', 'ready']) {
      expect((await fetch(`${server.settings.secretsUrl}/api/secrets/${path}`)).status).toBe(200)
    }
  })
})

const refusedTokens: readonly (readonly [string, string | TokenParts | null, number])[] = [
  ['no token', null, 401],
  ['rubbish', 'rubbish', 401],
  ['a token that has expired', { lifeSeconds: -10 }, 401],
  ['a token signed with another key', { key: Buffer.alloc(64, 1) }, 401],
  ['a token of another issuer', { name: 'somebody' }, 401],
  ['a refresh token', { type: 'Refresh' }, 401],
  ['a token for something else', { scope: 'secrets:kubernetes' }, 403],
  ['a token that names other values', { secrets: ['01JD3Z6Q7N6YXQ0M2R4T8V9WAB'] }, 403],
  ['a token of another owner', { owner: 'user:bob' }, 403],
  ['a token without an owner', { owner: null }, 403],
]

async function withSecret(): Promise<{ server: TestServer; id: string; sealed: SealedValue; owner: string }> {
  const server = await servers.start()
  await server.as('alice')('POST', '/api/data/user/secrets', { body: { name: 'a', value } })
  const { id, ...sealed } = await server.db.one<SealedValue & { id: string }>(
    sql`select id, outer_text as "outer", encrypted_key as "encryptedKey" from secrets.sealed`,
  )
  return { server, id, sealed, owner: 'alice' }
}

type TokenParts = {
  key?: Buffer
  name?: string
  type?: 'Refresh'
  lifeSeconds?: number
  scope?: string
  secrets?: string[]
  owner?: string | null
}

async function openBy(
  { settings }: TestServer,
  { owner, ids, token = {} }: { owner: string; ids: string[]; token?: string | TokenParts | null },
) {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (token !== null) {
    const text = typeof token === 'string' ? token : await sign(settings.secretsTokenKeyPath ?? '', owner, ids, token)
    headers.authorization = `Bearer ${text}`
  }
  const body = JSON.stringify({ owner, secret_ids: ids })
  const response = await fetch(`${settings.secretsUrl}/api/secrets/open`, { method: 'POST', headers, body })
  return { status: response.status, body: (await response.json()) as { secrets: { inner: string }[] } }
}

async function sign(keyPath: string, owner: string, ids: string[], parts: TokenParts): Promise<string> {
  const { key = readFileSync(keyPath), name, type, lifeSeconds = 60, scope = 'secrets:open', secrets = ids } = parts
  return await signInternalToken(
    { key, ...(name === undefined ? {} : { name }) },
    {
      ...{ subject: 'millrace-server', scope, lifeSeconds, ...(type === undefined ? {} : { type }) },
      claims: { secrets, owner: parts.owner === undefined ? owner : parts.owner },
    },
  )
}

/** Every table that there is, as text. */
async function dump({ databaseUrl }: TestServer): Promise<string> {
  await using db = await openDatabase({ url: databaseUrl })
  const { text } = await db.one<{ text: string }>(sql`
    select string_agg(query_to_xml(format('select * from %I.%I', schemaname, tablename), true, true, '')::text, '') as text
    from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`)
  return text
}

async function allTexts(server: TestServer): Promise<Set<string>> {
  return new Set((await dump(server)).match(/[\w+/=-]{16,}/g))
}

async function note(found: string[], opening: Promise<string> | (() => Promise<string>)): Promise<void> {
  try {
    found.push(await (typeof opening === 'function' ? opening() : opening))
  } catch {
    // It does not fit.
  }
}
