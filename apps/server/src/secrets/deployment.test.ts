import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createLogger } from '@millrace/core'
import { openDatabase, sql } from '@millrace/db'
import { localArtifacts } from '@millrace/engine'
import { startSecretsServer } from '@millrace/secrets-server'
import { expect, it } from 'vitest'
import { startServer } from '../start-server.ts'
import { adminToken, type TestServer, useServers } from '../test-server.fixture.ts'
import { unseal } from './index.ts'

const servers = useServers()
const main = join(import.meta.dirname, '..', '..', '..', 'secrets', 'src', 'main.ts')

it('the service starts from its environment alone, and refuses keys that it must not have or that all can read', async () => {
  const server = await servers.start()
  const env = environment(server)
  const folder = dirname(server.settings.secretsPublicKeyPath ?? '')
  const open = join(folder, 'open.pem')
  copyFileSync(env.MILLRACE_SECRETS_PRIVATE_KEY_PATH, open)
  chmodSync(open, 0o644)
  const master = { ...env, MILLRACE_ENCRYPTION_KEY_PATH: server.settings.encryptionKeyPath ?? '' }
  const runs = await Promise.all([
    run({ ...env, MILLRACE_SECRETS_PRIVATE_KEY_PATH: open }),
    run(master),
    run({ ...env, MILLRACE_DATABASE_URL: '' }),
    run({ ...env, MILLRACE_SECRETS_TOKEN_KEY_PATH: '' }),
    run(env, 'rotat'),
    run({ PATH: env.PATH }),
  ])
  expect(runs.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1, 1])
  const [readable, both, database, token, command, none] = runs.map(({ errors }) => errors)
  expect(readable).toContain(`chmod 600 ${open}`)
  expect(both).toContain('must not have the master key')
  expect(database).toContain('MILLRACE_DATABASE_URL')
  expect(token).toContain('openssl rand')
  expect(none).toMatch(
    /needs MILLRACE_DATABASE_URL, MILLRACE_SECRETS_PRIVATE_KEY_PATH, and MILLRACE_SECRETS_TOKEN_KEY_PATH/,
  )
  expect(command).toContain('knows the command "rotate" only')
  for (const { errors } of runs) expect(errors).not.toMatch(/\n +at /)

  await using started = serviceProcess(env)
  const url = await started.url
  expect((await fetch(`${url}/api/secrets/ready`)).status).toBe(200)
  started.child.kill('SIGTERM')
  expect(await started.code).toBe(0)
})

it('the service needs no more rights in the database than its guide says', async () => {
  const server = await servers.start()
  const { db, settings, as } = server
  await as('alice')('POST', '/api/data/user/secrets', { body: { name: 'a', value: 'one' } })
  const role = `millrace_secrets_${process.pid}`
  for (const statement of [
    sql`create role ${sql.identifier(role)} login`,
    sql`grant usage on schema secrets to ${sql.identifier(role)}`,
    sql`grant select, update on secrets.sealed to ${sql.identifier(role)}`,
    sql`grant select on secrets.user_secret to ${sql.identifier(role)}`,
  ]) {
    await db.execute(statement)
  }
  const url = new URL(server.databaseUrl)
  url.username = role
  await using limited = await openDatabase({ url: url.href })
  const log = await createLogger({ name: 'test', level: 'silent' })
  const secretsPrivateKeyPath = environment(server).MILLRACE_SECRETS_PRIVATE_KEY_PATH
  const keys = { secretsPrivateKeyPath, secretsPreviousPrivateKeyPath: secretsPrivateKeyPath }
  await using service = await startSecretsServer({
    ...{ db: limited, log, kubernetes: null },
    settings: { ...settings, encryptionKeyPath: null, ...keys, secretsPort: 0 },
  })
  await service.rotated
  const { id } = await db.one<{ id: string }>(sql`select id from secrets.sealed`)
  expect(await unseal({ db, settings: { ...settings, secretsUrl: service.url } }, 'user:alice', [id])).toEqual(['one'])
  await expect(limited.query(sql`select from secrets.owner_key`)).rejects.toThrow('permission denied')
})

it('the server does not start with a key that all can read', async () => {
  const { settings, db, artifactFolder } = await servers.start()
  const open = `${settings.encryptionKeyPath}.open`
  copyFileSync(settings.encryptionKeyPath ?? '', open)
  chmodSync(open, 0o644)
  const log = await createLogger({ name: 'test', level: 'silent' })
  const starting = startServer({
    ...{ db, artifacts: localArtifacts(artifactFolder), log, adminToken, port: 0 },
    settings: { ...settings, encryptionKeyPath: open },
  })
  await expect(starting).rejects.toMatchObject({ code: 'KEY_FILE_READABLE_BY_ALL' })
})

function environment({ databaseUrl, settings }: TestServer) {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env
  return {
    ...{ PATH, HOME, NODE_COMPILE_CACHE, MILLRACE_SECRETS_PORT: '0', MILLRACE_DATABASE_URL: databaseUrl },
    MILLRACE_SECRETS_PRIVATE_KEY_PATH: (settings.secretsPublicKeyPath ?? '').replace('public', 'private'),
    MILLRACE_SECRETS_TOKEN_KEY_PATH: settings.secretsTokenKeyPath ?? '',
  }
}

function start(env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, ['--conditions=@millrace/source', main, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { child, code }
}

async function run(env: Record<string, string>, ...args: string[]) {
  const { child, code } = start(env, ...args)
  const errors = await text(child.stderr)
  return { code: await code, errors }
}

function serviceProcess(env: Record<string, string>) {
  const { child, code } = start(env)
  const url = new Promise<string>((resolve, reject) => {
    let output = ''
    child.stderr.on('data', (chunk) => {
      output += chunk
      const found = /"url":"([^"]+)"/.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('close', () => reject(new Error(`The service ended: ${output}`)))
  })
  return {
    ...{ child, code, url },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await code
    },
  }
}
