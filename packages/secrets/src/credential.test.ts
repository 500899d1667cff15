import { ConfigError } from '@millrace/core'
import { startFakeSecretsManager } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { awsSecretsManager, type CredentialName, credential, credentialIds, taskSecrets } from './index.ts'
import { secretStoreContract } from './secret-store.contract.ts'

const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }

secretStoreContract('AWS Secrets Manager', async () => {
  const fake = await startFakeSecretsManager()
  const store = awsSecretsManager({ endpoint: fake.endpoint, region: 'us-east-1', credentials, prefix: 'millrace/' })
  return {
    store,
    write: store.write,
    remove: store.remove,
    async [Symbol.asyncDispose]() {
      store[Symbol.dispose]()
      await fake.stop()
    },
  }
})

secretStoreContract('secrets of a task', async () => {
  const values = new Map<string, string>()
  const context = {
    // As the context of a task answers.
    async get(name: string) {
      const value = values.get(name)
      if (value !== undefined) return value
      throw new ConfigError('SECRET_UNKNOWN', { message: `There is no secret "${name}".` })
    },
  }
  return {
    store: taskSecrets(context),
    write: async (id, value) => void values.set(id, value),
    remove: async (id) => void values.delete(id),
    [Symbol.asyncDispose]: async () => {},
  }
})

describe('AWS Secrets Manager', () => {
  it('says what is wrong without the value: refused, throttled, away, a name it cannot have', async () => {
    await using fake = await startFakeSecretsManager()
    using store = awsSecretsManager({ endpoint: fake.endpoint, region: 'us-east-1', credentials })
    const failing = async (work: Promise<unknown>) => {
      const error = await work.then(
        () => null,
        (error) => error,
      )
      expect(`${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toContain('hush-hush')
      return error
    }
    fake.failure = { status: 400, type: 'AccessDeniedException' }
    expect(await failing(store.write('a', 'hush-hush'))).toMatchObject({
      code: 'SECRET_STORE_REFUSED',
      recovery: 'config',
    })
    fake.failure = { status: 400, type: 'ThrottlingException' }
    expect(await failing(store.write('a', 'hush-hush'))).toMatchObject({
      code: 'SECRET_STORE_AWAY',
      recovery: 'transient',
    })
    fake.failure = null
    expect(await failing(store.read('a b'))).toMatchObject({ code: 'SECRET_NAME_INVALID' })
    await fake.stop()
    expect(await failing(store.write('a', 'hush-hush'))).toMatchObject({ code: 'SECRET_STORE_AWAY' })
  })

  it('takes two writers of one new secret at once', async () => {
    await using fake = await startFakeSecretsManager()
    using store = awsSecretsManager({ endpoint: fake.endpoint, region: 'us-east-1', credentials, prefix: 'p/' })
    await Promise.all(['one', 'two'].map((value) => store.write('a', value)))
    expect(['one', 'two']).toContain(fake.secrets.get('p/a'))
  })
})

describe('a credential', () => {
  const of = (values: unknown) => ({ read: async () => (typeof values === 'string' ? values : JSON.stringify(values)) })
  const name = (type: CredentialName['type']) => ({ type, name: 'x', mode: 'read', env: 'dev' }) as const

  it('has the fields of its type, numbers as numbers, and the mode of a connection under its own name', async () => {
    const ftp = { user: 'u', password: 'p', host: 'h', method: 'sftp', port: '22', mode: 'passive', other: 'x' }
    const found = await credential(of(ftp), { ...name('ftp'), type: 'ftp' })
    expect(found).toEqual({
      ...{ id: 'dev/ftp/x/read', user: 'u', password: 'p', host: 'h', method: 'sftp' },
      ...{ port: 22, connection_mode: 'passive' },
    })
    const database = {
      user: 'u',
      password: 'p',
      host: 'h',
      database: 'd',
      port: 5432,
      rdbms: 'postgres',
      schema: 's',
      role: 'r',
    }
    expect(await credential(of(database), { ...name('database'), type: 'database' })).toMatchObject(database)
  })

  it.each([
    ['no JSON', 'ftp', 'hush-hush'],
    ['a list', 'ftp', []],
    ['no password', 'ftp', { user: 'u', host: 'hush-hush' }],
    ['a port that is no number', 'database', { user: 'u', password: 'hush-hush', host: 'h', database: 'd', port: 'x' }],
    ['a host that is no text', 'email', { address: 'a', password: 'hush-hush', host: 1 }],
    ['no bucket', 's3', { access_key_id: 'hush-hush' }],
  ] as const)('with %s is refused without showing it', async (_, type, values) => {
    const error = await credential(of(values), name(type)).catch((error) => error)
    expect(error).toMatchObject({ code: 'CREDENTIAL_INVALID', recovery: 'data' })
    expect(error.message + JSON.stringify(error)).not.toContain('hush-hush')
  })

  it.each([
    ['type', { type: 'databse' }, 'did you mean "database"'],
    ['mode', { mode: 'admin' }, '"read" or "write"'],
    ['name', { name: 'a/b' }, 'cannot stand in the id'],
    ['env', { env: '' }, undefined],
    ['env', { env: '../prod' }, 'cannot stand in the id'],
  ])('with a bad %s is refused', (_, wrong, message) => {
    const ids = () => credentialIds({ type: 'ftp', name: 'x', mode: 'read', env: 'dev', ...wrong } as CredentialName)
    if (message === undefined) expect(ids).toThrow()
    else expect(ids).toThrow(message)
  })

  it('is looked for under ids that a task can declare', () => {
    expect(credentialIds(name('s3'))).toEqual(['dev/s3/x/read', 'all/s3/x/read'])
    expect(credentialIds({ ...name('s3'), forceEnv: true })).toEqual(['dev/s3/x/read'])
  })
})
