import { sql } from '@millrace/db'
import { describe, expect, test } from 'vitest'
import { type CallServer, type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const environments = '/api/data/environments'
const launchers = '/api/data/session_launchers'
const unknown = '01JD3Z6Q7N6YXQ0M2R4T8V9WAB'
const image = { name: 'an environment', container_image: 'some/image:1', environment_image_source: 'image' }
const custom = { ...image, environment_kind: 'CUSTOM' }

async function started() {
  const server = await servers.start()
  const root = server.as('root', { is_admin: true })
  const alice = await user(server, 'alice')
  const project = (await alice('POST', '/api/data/projects', { body: { name: 'Flights', namespace: 'user_alice' } }))
    .body
  const first = (await server.anonymous('GET', environments)).body[0]
  const launcher = { name: 'a launcher', project_id: project.id, environment: { id: first.id } }
  return { server, root, alice, project, first, launcher }
}

async function user(server: TestServer, id: string): Promise<CallServer> {
  const call = server.as(id)
  await call('GET', '/api/data/user')
  return call
}

async function countEnvironments({ db }: TestServer): Promise<number> {
  const { total } = await db.one<{ total: number }>(
    sql`select count(*) as total from sessions.environment where kind = 'CUSTOM'`,
  )
  return total
}

describe('environments for every project', () => {
  test('there are six from the start', async () => {
    const server = await servers.start()
    const { body } = await server.anonymous('GET', environments)
    expect(body).toHaveLength(6)
    for (const one of body) {
      expect(one.container_image).toMatch(/^[a-z]+\/[a-z-]+$/)
      expect(one).toMatchObject({ environment_kind: 'GLOBAL', environment_image_source: 'image' })
    }
  })

  test('administrators make, change, archive and remove them; everybody else is refused with 403, anonymous callers with 401', async () => {
    const { server, root, alice } = await started()
    const made = await root('POST', environments, { body: { ...image, working_directory: '/work', command: ['sh'] } })
    expect(made).toMatchObject({
      status: 201,
      body: { default_url: '/lab', uid: 1000, gid: 1000, port: 8080, working_directory: '/work', is_archived: false },
    })
    const one = `${environments}/${made.body.id}`
    for (const [method, path] of [
      ['POST', environments],
      ['PATCH', one],
      ['DELETE', one],
    ] as const) {
      expect((await alice(method, path, { body: image })).status).toBe(403)
      expect((await server.anonymous(method, path, { body: image })).status).toBe(401)
    }
    const body = { working_directory: '', command: null, args: ['-v'], is_archived: true }
    const patched = await root('PATCH', one, { body })
    expect(patched).toMatchObject({ status: 200, body: { name: 'an environment', args: ['-v'], is_archived: true } })
    expect(patched.body).not.toHaveProperty('working_directory')
    expect(patched.body).not.toHaveProperty('command')
    const listed = async (query: string) => (await server.anonymous('GET', `${environments}${query}`)).body.length
    expect([await listed(''), await listed('?include_archived=true')]).toEqual([6, 7])
    expect((await root('DELETE', one)).status).toBe(204)
    expect((await root('DELETE', one)).status).toBe(204)
    expect((await root('PATCH', one, { body })).status).toBe(404)
    expect((await server.anonymous('GET', one)).status).toBe(404)
  })

  test('what does not fit is refused with the name of the field', async () => {
    const { root } = await started()
    const refused = [
      { name: '' },
      { name: 'n'.repeat(100) },
      { container_image: 'ab' },
      { uid: 0 },
      { gid: 65_536 },
      { port: 65_401 },
      { default_url: '/'.repeat(201) },
      { description: 'd'.repeat(501) },
      { working_directory: 'relative' },
      { mount_directory: '../up' },
      { command: [] },
      { environment_image_source: 'build' },
      { colour: 'red' },
    ]
    for (const part of refused) {
      const { status, body } = await root('POST', environments, { body: { ...image, ...part } })
      expect(status).toBe(422)
      expect(body.error.message).toContain(Object.keys(part)[0])
    }
  })

  test('one that launchers use stays, and can be archived', async () => {
    const { root, alice, first, launcher } = await started()
    const made = (await alice('POST', launchers, { body: launcher })).body
    expect((await root('DELETE', `${environments}/${first.id}`)).status).toBe(409)
    expect((await root('PATCH', `${environments}/${first.id}`, { body: { is_archived: true } })).status).toBe(200)
    expect((await alice('POST', launchers, { body: launcher })).status).toBe(422)
    expect((await alice('PATCH', `${launchers}/${made.id}`, { body: { name: 'still' } })).status).toBe(200)
  })
})

describe('launchers', () => {
  test('are made with an environment that there is or one of their own, and read by who reads the project', async () => {
    const { server, alice, project, first, launcher } = await started()
    const bob = await user(server, 'bob')
    const made = await alice('POST', launchers, {
      body: { ...launcher, disk_storage: 8, env_variables: [{ name: 'A', value: 'b' }] },
    })
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...launcher,
        disk_storage: 8,
        env_variables: [{ name: 'A', value: 'b' }],
        launcher_type: 'interactive',
        environment: { id: first.id, environment_kind: 'GLOBAL', environment_image_source: 'image' },
      },
    })
    const own = await alice('POST', launchers, {
      body: { ...launcher, name: 'own', environment: custom, launcher_type: 'non-interactive' },
    })
    expect(own).toMatchObject({ status: 201, body: { environment: { ...custom, port: 8080 } } })
    expect((await server.anonymous('GET', `${environments}/${own.body.environment.id}`)).status).toBe(404)

    const ofProject = `/api/data/projects/${project.id}/session_launchers`
    for (const path of [launchers, ofProject]) {
      const names = (await alice('GET', path)).body.map(({ name }: { name: string }) => name)
      expect(names).toEqual(['own', 'a launcher'])
    }
    for (const call of [bob, server.anonymous]) {
      expect((await call('GET', launchers)).body).toEqual([])
      expect((await call('GET', ofProject)).status).toBe(404)
      expect((await call('GET', `${launchers}/${own.body.id}`)).status).toBe(404)
    }
    await alice('PATCH', `/api/data/projects/${project.id}/members`, { body: [{ id: 'bob', role: 'viewer' }] })
    expect((await bob('GET', ofProject)).body).toHaveLength(2)
    const page = await alice('GET', `${launchers}?per_page=1&page=2`)
    expect(page.body).toHaveLength(1)
    expect(page.headers.get('total')).toBe('2')
  })

  test('are made by who may write the project, else it is 404; changed by others it is 403; unknown things are 404', async () => {
    const { server, root, alice, project, first, launcher } = await started()
    const bob = await user(server, 'bob')
    expect((await server.anonymous('POST', launchers, { body: launcher })).status).toBe(401)
    expect((await bob('POST', launchers, { body: launcher })).status).toBe(404)
    const made = (await alice('POST', launchers, { body: launcher })).body
    const one = `${launchers}/${made.id}`
    expect((await bob('PATCH', one, { body: { name: 'mine' } })).status).toBe(404)
    await alice('PATCH', `/api/data/projects/${project.id}/members`, { body: [{ id: 'bob', role: 'viewer' }] })
    expect((await bob('POST', launchers, { body: launcher })).status).toBe(404)
    expect((await bob('PATCH', one, { body: { name: 'mine' } })).status).toBe(403)
    expect((await bob('DELETE', one)).status).toBe(403)
    await alice('PATCH', `/api/data/projects/${project.id}/members`, { body: [{ id: 'bob', role: 'editor' }] })
    expect((await bob('PATCH', one, { body: { name: 'ours', description: 'of both' } })).body).toMatchObject({
      name: 'ours',
      description: 'of both',
      environment: { id: first.id },
    })
    expect((await alice('POST', launchers, { body: { ...launcher, project_id: unknown } })).status).toBe(404)
    expect((await alice('POST', launchers, { body: { ...launcher, environment: { id: unknown } } })).status).toBe(404)
    expect((await root('GET', `/api/data/projects/${unknown}/session_launchers`)).status).toBe(404)
    expect((await bob('DELETE', one)).status).toBe(204)
    expect((await alice('GET', one)).status).toBe(404)
    expect((await alice('DELETE', one)).status).toBe(404)
  })

  test('name a resource class that there is (else 404) and that the caller may use (else 403); null resets it', async () => {
    const { root, alice, launcher } = await started()
    const standard = { name: 'standard', cpu: 1, memory: 1, gpu: 0, max_storage: 9, default_storage: 1, default: true }
    const pool = { name: 'private', public: false, default: false, classes: [standard] }
    const { classes } = (await root('POST', '/api/data/resource_pools', { body: pool })).body
    const usable = (await alice('GET', '/api/data/resource_pools')).body[0].classes[0].id
    const withClass = (id: number | null) => ({ ...launcher, resource_class_id: id })
    expect((await alice('POST', launchers, { body: withClass(4711) })).status).toBe(404)
    expect((await alice('POST', launchers, { body: withClass(classes[0].id) })).status).toBe(403)
    const made = await alice('POST', launchers, { body: { ...withClass(usable), disk_storage: 2 } })
    expect(made.body.resource_class_id).toBe(usable)
    const one = `${launchers}/${made.body.id}`
    expect((await alice('PATCH', one, { body: { resource_class_id: classes[0].id } })).status).toBe(403)
    expect((await alice('PATCH', one, { body: { name: 'kept' } })).body).toMatchObject({
      resource_class_id: usable,
      disk_storage: 2,
    })
    const reset = (await alice('PATCH', one, { body: { resource_class_id: null, disk_storage: null } })).body
    expect(reset).not.toHaveProperty('resource_class_id')
    expect(reset).not.toHaveProperty('disk_storage')
  })

  test('go from a global environment to one of their own and back, and leave no orphan', async () => {
    const { server, alice, first, launcher } = await started()
    const made = (await alice('POST', launchers, { body: launcher })).body
    const one = `${launchers}/${made.id}`
    const patch = async (environment: unknown) => await alice('PATCH', one, { body: { environment } })
    expect((await patch({ name: 'renamed' })).status).toBe(422)
    const incomplete = await patch({ environment_kind: 'CUSTOM', name: 'own' })
    expect(incomplete.status).toBe(422)
    expect(incomplete.body.error.message).toContain('environment.container_image is missing')
    const own = await patch(custom)
    expect(own).toMatchObject({ status: 200, body: { environment: { ...custom, port: 8080, default_url: '/lab' } } })
    const inPlace = await patch({ port: 9000, working_directory: '/here', command: ['run'] })
    expect(inPlace.body.environment).toEqual({
      ...own.body.environment,
      port: 9000,
      working_directory: '/here',
      command: ['run'],
    })
    const { environment } = (await patch({ working_directory: '', command: null })).body
    expect(environment).toEqual({ ...own.body.environment, port: 9000 })
    expect((await patch({ environment_kind: 'GLOBAL', name: 'no id' })).status).toBe(422)
    expect((await patch({ id: first.id, name: 'both' })).status).toBe(422)
    const build = await patch({ environment_image_source: 'build' })
    expect(build.status).toBe(422)
    expect(build.body.error.message).toContain('does not build images')
    expect(await countEnvironments(server)).toBe(1)
    expect((await patch({ id: unknown })).status).toBe(404)
    expect((await patch({ id: first.id })).body.environment).toMatchObject({ id: first.id, environment_kind: 'GLOBAL' })
    expect(await countEnvironments(server)).toBe(0)
    await patch(custom)
    expect((await alice('DELETE', one)).status).toBe(204)
    expect(await countEnvironments(server)).toBe(0)
  })

  test('go with their project, and their own environments with them', async () => {
    const { server, alice, project, launcher } = await started()
    await alice('POST', launchers, { body: { ...launcher, environment: custom } })
    expect(await countEnvironments(server)).toBe(1)
    expect((await alice('DELETE', `/api/data/projects/${project.id}`)).status).toBe(204)
    expect(await countEnvironments(server)).toBe(0)
    expect((await alice('GET', launchers)).body).toEqual([])
  })

  test('what does not fit is refused', async () => {
    const { alice, launcher } = await started()
    const refused = [
      { name: '' },
      { disk_storage: 0 },
      { launcher_type: 'app' },
      { env_variables: [{ name: '1A' }] },
      { env_variables: [{ name: 'A', value: 'v'.repeat(501) }] },
      { env_variables: [{ name: 'A' }, { name: 'A' }] },
      { env_variables: Array.from({ length: 33 }, (_, place) => ({ name: `A${place}` })) },
      { environment: {} },
      { environment: { ...custom, environment_kind: 'GLOBAL' } },
      { environment: { ...custom, port: 65_401 } },
      { environment: { ...custom, environment_image_source: 'build' } },
      { environment: { ...custom, id: unknown } },
      { environment: { ...custom, colour: 'red' } },
      { created_by: 'bob' },
      { id: unknown },
    ]
    for (const part of refused) {
      const { status } = await alice('POST', launchers, { body: { ...launcher, ...part } })
      expect({ part, status }).toEqual({ part, status: 422 })
    }
  })

  test('are copied with their own environments; resource classes that the caller may not use are left out', async () => {
    const { server, root, alice, project, launcher } = await started()
    const bob = await user(server, 'bob')
    const standard = { name: 'standard', cpu: 1, memory: 1, gpu: 0, max_storage: 9, default_storage: 1, default: true }
    const pool = { name: 'private', public: false, default: false, classes: [standard] }
    const { id, classes } = (await root('POST', '/api/data/resource_pools', { body: pool })).body
    await root('POST', `/api/data/resource_pools/${id}/users`, { body: [{ id: 'alice' }] })
    const body = { ...launcher, environment: custom, resource_class_id: classes[0].id, disk_storage: 3 }
    const made = (await alice('POST', launchers, { body })).body
    await alice('PATCH', `/api/data/projects/${project.id}/members`, { body: [{ id: 'bob', role: 'viewer' }] })
    const copy = await bob('POST', `/api/data/projects/${project.id}/copies`, {
      body: { name: 'Copy', namespace: 'user_bob' },
    })
    expect(copy.status).toBe(201)
    const { body: copies } = await bob('GET', `/api/data/projects/${copy.body.id}/session_launchers`)
    expect(copies).toMatchObject([{ name: 'a launcher', disk_storage: 3, environment: custom }])
    expect(copies[0].environment.id).not.toBe(made.environment.id)
    expect(copies[0]).not.toHaveProperty('resource_class_id')
  })
})
