import { type ChildProcess, spawn } from 'node:child_process'
import { createPrivateKey, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger, type PlatformSettings, readPlatformSettings } from '@millrace/core'
import { type Db, sql, transaction } from '@millrace/db'
import { keyId } from '@millrace/secrets'
import { rotateSecrets, startSecretsServer } from '@millrace/secrets-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, useServers } from '../test-server.fixture.ts'
import { decryptAtRest, encryptAtRest, rotateMasterKey, seal, unseal } from './index.ts'
import { testKeys } from './secrets-service.fixture.ts'

const servers = useServers()
const main = join(import.meta.dirname, '..', '..', '..', 'secrets', 'src', 'main.ts')
const kills = Number(process.env.ROTATION_KILLS ?? 3)
const values = Array.from({ length: Number(process.env.ROTATION_VALUES ?? 12) }, (_, index) => `value ${index}`)
const quiet = await createLogger({ name: 'test', level: 'silent' })

let newKeys: Awaited<ReturnType<typeof testKeys>>
beforeAll(async () => {
  newKeys = await testKeys()
})
afterAll(async () => await newKeys.remove())

describe('rotation of the private key', () => {
  it('killed at random moments ends right: every value opens with the new key alone, and nothing is lost', async () => {
    const server = await servers.start()
    const ids = await sealAll(server)
    const oldKey = privateKeyBeside(server)
    let interrupted = 0
    for (let turn = 0; turn < kills; turn++) {
      await server.db.session(async (session) => {
        // The first one cannot come to its end, however late it is killed.
        if (turn === 0) await session.script('begin; select from secrets.sealed order by id desc limit 1 for update')
        const left = await countOthers(server.db)
        const rotating = startRotation(server, oldKey)
        const over = ended(rotating)
        const isUnderWay = async () => rotating.exitCode !== null || (await countOthers(server.db)) < left
        await expect.poll(isUnderWay, { interval: 10 }).toBe(true)
        await new Promise((done) => setTimeout(done, randomInt(0, 300)))
        rotating.kill('SIGKILL')
        await over
        if ((await countOthers(server.db)) > 0) interrupted += 1
        if (turn === 0) await session.script('rollback')
      })
      expect(await readAll(server, ids, { previous: oldKey })).toEqual(values)
    }
    expect(interrupted).toBeGreaterThan(0)
    expect(await ended(startRotation(server, oldKey))).toBe(0)
    expect(await readAll(server, ids, { previous: null })).toEqual(values)
    expect(await countOthers(server.db)).toBe(0)
    expect(await server.db.query(sql`select from secrets.sealed`)).toHaveLength(values.length)
  })

  it('by two processes at once is done by one of them', async () => {
    const server = await servers.start()
    const ids = await sealAll(server, 6)
    const oldKey = privateKeyBeside(server)
    const both = await server.db.session(async (session) => {
      // Nobody comes to an end before the other one has begun.
      await session.script('begin; select from secrets.sealed for update')
      const rotations = [0, 1].map(() => rotateSecrets(rotationOptions(server, oldKey)))
      await Promise.race(rotations)
      await session.script('rollback')
      return await Promise.all(rotations)
    })
    expect(both.map(({ rotated }) => rotated).sort()).toEqual([0, 6])
    expect(both.filter(({ isElsewhere }) => isElsewhere)).toHaveLength(1)
    expect((await rotateSecrets(rotationOptions(server, oldKey))).rotated).toBe(0)
    expect(await readAll(server, ids, { previous: null })).toEqual(values.slice(0, 6))
  })

  it('leaves a damaged value as it is, goes on with the others, and says so in its metrics', async () => {
    const server = await servers.start()
    const ids = await sealAll(server, 4)
    const [damaged = '', ...rest] = ids
    await server.db.execute(sql`update secrets.sealed set encrypted_key = '\\x00' where id = ${damaged}`)
    const options = rotationOptions(server, privateKeyBeside(server))
    await using service = await startSecretsServer({ ...options, kubernetes: null })
    await service.rotated
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toContain('secrets_rotation_state{state="failed"} 1')
    expect(metrics).toContain('secrets_rotation_count{result="rotated"} 3')
    expect(metrics).toContain('secrets_rotation_remaining 1')
    expect(await readAll(server, rest, { previous: null })).toEqual(values.slice(1, 4))
  })
})

describe('rotation of the master key', () => {
  it('encrypts the keys of all owners anew, and values read before, during and after it', async () => {
    const server = await servers.start()
    const { db } = server
    const ids = await sealAll(server, 3)
    const { settings: old } = server
    const atRest = await encryptAtRest(old, 'user:alice', 'a token')
    const during: PlatformSettings = {
      ...old,
      encryptionKeyPath: newKeys.encryptionKeyPath,
      previousEncryptionKeyPath: old.encryptionKeyPath,
    }
    expect(await unseal({ db, settings: during }, 'user:alice', ids)).toEqual(values.slice(0, 3))
    expect(await rotateMasterKey({ db, settings: during, log: quiet })).toMatchObject({ rotated: 1, failed: 0 })
    expect(await rotateMasterKey({ db, settings: during, log: quiet })).toMatchObject({ rotated: 0, failed: 0 })
    const after: PlatformSettings = { ...during, previousEncryptionKeyPath: null }
    expect(await unseal({ db, settings: after }, 'user:alice', ids)).toEqual(values.slice(0, 3))
    await expect(unseal({ db, settings: { ...old } }, 'user:alice', ids)).rejects.toThrow('cannot be opened')
    expect(await decryptAtRest(during, 'user:alice', atRest)).toBe('a token')
  })
})

async function sealAll({ db, settings }: TestServer, number = values.length): Promise<string[]> {
  const some = values.slice(0, number)
  return await transaction(db, async (trx) => {
    const ids: string[] = []
    for (const value of some) ids.push(await seal({ settings }, trx, 'user:alice', value))
    return ids
  })
}

function privateKeyBeside({ settings }: TestServer): string {
  return (settings.secretsPublicKeyPath ?? '').replace('public', 'private')
}

function rotationOptions({ db, settings }: TestServer, previous: string | null) {
  const { secretsTokenKeyPath } = settings
  const keys = { secretsPrivateKeyPath: newKeys.secretsPrivateKeyPath, secretsPreviousPrivateKeyPath: previous }
  return {
    db,
    log: quiet,
    settings: { ...readPlatformSettings({ env: {} }), secretsTokenKeyPath, ...keys, secretsPort: 0 },
  }
}

/** As the API reads them, from a service that has the new key. */
async function readAll(server: TestServer, ids: readonly string[], { previous }: { readonly previous: string | null }) {
  // Without the key of before it has nothing to rotate; with it, it must not while the test looks.
  const { settings, db } = server
  await using service = await startSecretsServer({
    ...rotationOptions(server, previous),
    db: unrotated(db),
    kubernetes: null,
  })
  return await unseal({ db, settings: { ...settings, secretsUrl: service.url } }, 'user:alice', ids)
}

/** A database in which somebody else holds the lock of the rotation. */
function unrotated(db: Db): Db {
  return new Proxy(db, {
    get: (target, name) => (name === 'session' ? async () => ({ isElsewhere: true }) : bound(target, name)),
  })
}

function bound(target: Db, name: string | symbol): unknown {
  const value = Reflect.get(target, name)
  return typeof value === 'function' ? value.bind(target) : value
}

function startRotation({ databaseUrl, settings }: TestServer, previous: string): ChildProcess {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  const env = {
    ...{ PATH, HOME, NODE_COMPILE_CACHE, MILLRACE_DATABASE_URL: databaseUrl },
    MILLRACE_SECRETS_PRIVATE_KEY_PATH: newKeys.secretsPrivateKeyPath,
    MILLRACE_SECRETS_PREVIOUS_PRIVATE_KEY_PATH: previous,
    MILLRACE_SECRETS_TOKEN_KEY_PATH: settings.secretsTokenKeyPath ?? '',
  }
  return spawn(process.execPath, ['--conditions=@millrace/source', main, 'rotate'], { env, stdio: 'ignore' })
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

/** Values that are not sealed with the new key. */
async function countOthers(db: Db): Promise<number> {
  const id = keyId(createPrivateKey(readFileSync(newKeys.secretsPrivateKeyPath)))
  const { count } = await db.one<{ count: number }>(
    sql`select count(*) as count from secrets.sealed where key_id <> ${id}`,
  )
  return count
}
