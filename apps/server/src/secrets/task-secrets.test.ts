import { sql } from '@millrace/db'
import { startFakeSecretsManager } from '@millrace/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { useServers } from '../test-server.fixture.ts'
import { findTaskSecret, readTaskSecret, removeAbandonedValues } from './index.ts'

const servers = useServers()

afterEach(() => vi.unstubAllEnvs())

describe('secrets for tasks', () => {
  it('of a project win over those of its namespace, and those over the platform’s', async () => {
    const { alice, root, project, namespace, read } = await start()
    const places = [
      [root, '/api/platform/secrets', 'of the platform'],
      [alice, `/api/namespaces/${namespace}/secrets`, 'of the namespace'],
      [alice, `/api/projects/${project}/secrets`, 'of the project'],
    ] as const
    for (const [who, path, value] of places) {
      const made = await who('POST', path, {
        body: { name: 'prod/database/dwh/read', value, description: 'The warehouse' },
      })
      expect(made).toMatchObject({
        status: 201,
        body: { name: 'prod/database/dwh/read', description: 'The warehouse' },
      })
      expect(JSON.stringify(made.body)).not.toContain(value)
      expect(await read(project, 'prod/database/dwh/read')).toBe(value)
    }
    expect(await read(null, 'prod/database/dwh/read')).toBe('of the platform')
    expect(await read(project, 'other')).toBeNull()
  })

  it('are changed and removed, and names are taken once in each place', async () => {
    const { alice, project, namespace, read, db } = await start()
    const path = `/api/projects/${project}/secrets`
    const { id } = (await alice('POST', path, { body: { name: 'a', value: 'one' } })).body
    expect((await alice('POST', path, { body: { name: 'a', value: 'one' } })).status).toBe(409)
    const soon = new Date(Date.now() + 60_000).toISOString()
    expect((await alice('PATCH', `${path}/${id}`, { body: { expires_at: soon } })).body.expires_at).toBe(soon)
    const renewed = await alice('PATCH', `${path}/${id}`, { body: { value: 'two' } })
    expect(renewed.status).toBe(200)
    expect(renewed.body.expires_at).toBeUndefined()
    expect(await read(project, 'a')).toBe('two')
    expect((await alice('GET', path)).body).toEqual([renewed.body])
    await db.execute(sql`update secrets.task_secret set expires_at = now() - interval '1 second'`)
    await expect(read(project, 'a')).rejects.toMatchObject({ code: 'SECRET_EXPIRED' })
    const elsewhere = `/api/namespaces/${namespace}/secrets/${id}`
    expect((await alice('DELETE', elsewhere)).status).toBe(404)
    expect((await alice('DELETE', `${path}/${id}`)).status).toBe(204)
    expect((await alice('DELETE', `${path}/${id}`)).status).toBe(404)
    expect(await db.query(sql`select from secrets.sealed`)).toEqual([])
  })

  it('are there for those who may write, and nobody else', async () => {
    const { alice, bob, root, anonymous, project, namespace } = await start()
    const body = { name: 'a', value: 'x' }
    for (const path of [`/api/projects/${project}/secrets`, `/api/namespaces/${namespace}/secrets`]) {
      await alice('POST', path, { body })
      expect((await bob('GET', path)).status).toBe(404)
      expect((await bob('POST', path, { body })).status).toBe(404)
      expect((await anonymous('GET', path)).status).toBe(401)
    }
    expect((await alice('GET', '/api/platform/secrets')).status).toBe(403)
    expect((await root('GET', '/api/platform/secrets')).status).toBe(200)
    await alice('PATCH', `/api/data/projects/${project}/members`, { body: [{ id: 'bob', role: 'viewer' }] })
    expect((await bob('GET', `/api/data/projects/${project}`)).status).toBe(200)
    expect((await bob('GET', `/api/projects/${project}/secrets`)).status).toBe(404)
    await alice('PATCH', `/api/data/projects/${project}/members`, { body: [{ id: 'bob', role: 'editor' }] })
    expect((await bob('GET', `/api/projects/${project}/secrets`)).status).toBe(200)
  })

  it('are gone with their project, key and all', async () => {
    const { alice, project, db } = await start()
    await alice('POST', `/api/projects/${project}/secrets`, { body: { name: 'a', value: 'x' } })
    expect((await alice('DELETE', `/api/data/projects/${project}`)).status).toBe(204)
    for (const table of ['task_secret', 'sealed', 'owner_key']) {
      expect(await db.query(sql`select from ${sql.identifier('secrets', table)}`)).toEqual([])
    }
  })

  it('can be kept in AWS Secrets Manager: written, read, changed, and removed when nothing names them', async () => {
    await using fake = await startFakeSecretsManager()
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', fake.endpoint)
    vi.stubEnv('AWS_REGION', 'us-east-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    const { alice, project, db, settings, read } = await start({ secretStore: 'aws-secrets-manager' })
    const path = `/api/projects/${project}/secrets`
    const { id } = (await alice('POST', path, { body: { name: 'a', value: 'one' } })).body
    expect([...fake.secrets]).toEqual([[expect.stringMatching(`^millrace/project/${project}/`), 'one']])
    expect(await read(project, 'a')).toBe('one')
    await alice('PATCH', `${path}/${id}`, { body: { value: 'two' } })
    expect(await read(project, 'a')).toBe('two')
    expect(await removeAbandonedValues({ db, settings })).toBe(1)
    expect([...fake.secrets.values()]).toEqual(['two'])
    // A change that fails after the value was written leaves it to the job.
    expect((await alice('POST', path, { body: { name: 'a', value: 'three' } })).status).toBe(409)
    await db.execute(sql`update secrets.external_removal set removed_at = now()`)
    expect(await removeAbandonedValues({ db, settings })).toBe(1)
    fake.failure = { status: 400, type: 'AccessDeniedException' }
    await expect(read(project, 'a')).rejects.toMatchObject({ code: 'SECRET_STORE_REFUSED' })
    fake.failure = null
    fake.secrets.clear()
    await expect(read(project, 'a')).rejects.toMatchObject({ code: 'SECRET_VALUE_MISSING' })
    expect((await alice('DELETE', `/api/data/projects/${project}`)).status).toBe(204)
    expect(await removeAbandonedValues({ db, settings })).toBe(1)
  })
})

async function start(settings: Readonly<Record<string, unknown>> = {}) {
  const server = await servers.start({ settings: settings as never })
  const { db } = server
  const [alice, bob, root] = [server.as('alice'), server.as('bob'), server.as('root', { is_admin: true })]
  for (const user of [alice, bob, root]) await user('GET', '/api/data/user')
  const namespace: string = (await alice('GET', '/api/data/user')).body.username
  const project = await alice('POST', '/api/data/projects', { body: { name: 'first', namespace } })
  const read = async (projectId: string | null, name: string) => {
    const secret = await findTaskSecret(db, projectId, name)
    return secret === null ? null : await readTaskSecret({ db, settings: server.settings }, secret)
  }
  return { ...server, alice, bob, root, namespace, project: project.body.id as string, read }
}
