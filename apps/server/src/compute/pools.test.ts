import { createLogger } from '@millrace/core'
import { sql } from '@millrace/db'
import { localArtifacts } from '@millrace/engine'
import { describe, expect, test } from 'vitest'
import { startServer } from '../start-server.ts'
import { adminToken, type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const pools = '/api/data/resource_pools'
const aClass = { cpu: 1, memory: 2, gpu: 0, max_storage: 100, default_storage: 10, default: false }
const standard = { ...aClass, name: 'standard', default: true }
const aPool = { name: 'a pool', public: false, default: false, classes: [standard] }

async function started() {
  const server = await servers.start()
  const root = server.as('root', { is_admin: true })
  await user(server, 'root')
  return { server, root }
}

async function user(server: TestServer, id: string) {
  const call = server.as(id)
  await call('GET', '/api/data/user')
  return call
}

test('a server starts with one public default pool', async () => {
  const { server } = await started()
  const { body } = await server.anonymous('GET', pools)
  expect(body).toHaveLength(1)
  expect(body[0]).toMatchObject({ name: 'default', public: true, default: true, platform: 'linux/amd64' })
  expect(body[0].classes.map(({ name }: { name: string }) => name)).toEqual(['small', 'large'])
  expect(body[0]).not.toHaveProperty('quota')
})

test('servers that start at once on an empty database make one default pool and six environments', async () => {
  const { server } = await started()
  const { db, artifactFolder } = server
  await db.execute(sql`delete from compute.pool`)
  await db.execute(sql`delete from sessions.environment`)
  const log = await createLogger({ name: 'server', write: () => {} })
  const options = { db, artifacts: localArtifacts(artifactFolder), log, adminToken, port: 0, scheduler: false } as const
  const others = await Promise.all([startServer(options), startServer(options), startServer(options)])
  for (const other of others) await other.close()
  expect((await server.anonymous('GET', pools)).body).toHaveLength(1)
  expect((await server.anonymous('GET', '/api/data/environments')).body).toHaveLength(6)
})

describe('case 9', () => {
  test('the default pool is visible to anonymous callers; a user removed from it finds nothing, others do; added again, it is back', async () => {
    const { server, root } = await started()
    const [alice, bob] = [await user(server, 'alice'), await user(server, 'bob')]
    const { id } = (await server.anonymous('GET', pools)).body[0]
    const one = `${pools}/${id}`
    expect((await server.anonymous('GET', one)).status).toBe(200)
    expect((await root('DELETE', `${one}/users/alice`)).status).toBe(204)
    expect((await alice('GET', one)).status).toBe(404)
    expect((await alice('GET', pools)).body).toEqual([])
    expect((await alice('GET', `${one}/users/alice`)).status).toBe(404)
    expect((await bob('GET', one)).status).toBe(200)
    expect((await server.anonymous('GET', one)).status).toBe(200)
    expect((await root('GET', `${one}/users`)).body).toEqual([{ id: 'alice', no_default_access: true }])
    const added = await root('POST', `${one}/users`, { body: [{ id: 'alice' }] })
    expect(added).toMatchObject({ status: 201, body: [] })
    expect((await alice('GET', one)).status).toBe(200)
    expect((await alice('GET', `${one}/users/alice`)).body).toEqual({ id: 'alice', no_default_access: false })
  })

  test('a private pool is for its members only, and for administrators', async () => {
    const { server, root } = await started()
    const [alice, bob] = [await user(server, 'alice'), await user(server, 'bob')]
    const { id } = (await root('POST', pools, { body: aPool })).body
    const one = `${pools}/${id}`
    for (const call of [server.anonymous, alice, bob]) expect((await call('GET', one)).status).toBe(404)
    expect((await root('POST', `${one}/users`, { body: [{ id: 'alice' }] })).body).toEqual([
      { id: 'alice', no_default_access: false },
    ])
    expect((await alice('GET', one)).status).toBe(200)
    expect((await alice('GET', `${one}/classes`)).status).toBe(200)
    expect((await bob('GET', `${one}/classes`)).status).toBe(404)
    expect((await bob('GET', pools)).body).toHaveLength(1)
    expect((await alice('GET', pools)).body).toHaveLength(2)
    expect((await root('PUT', `${one}/users`, { body: [{ id: 'bob' }] })).status).toBe(200)
    expect((await alice('GET', one)).status).toBe(404)
    expect((await bob('GET', one)).status).toBe(200)
    expect((await root('DELETE', `${one}/users/bob`)).status).toBe(204)
    expect((await bob('GET', one)).status).toBe(404)
    expect((await root('GET', one)).status).toBe(200)
  })

  test('cpu=1&gpu=1 flags exactly the class with a GPU', async () => {
    const { server, root } = await started()
    const withGpu = { ...aClass, name: 'with gpu', cpu: 2, gpu: 1 }
    await root('POST', pools, { body: { ...aPool, public: true, classes: [withGpu, standard] } })
    const flags = async (query: string) => {
      const { body } = await server.anonymous('GET', `${pools}?${query}`)
      const classes = body.flatMap((pool: { classes: { name: string; matching: boolean }[] }) => pool.classes)
      return classes.filter((one: { matching: boolean }) => one.matching).map(({ name }: { name: string }) => name)
    }
    expect(await flags('cpu=1&gpu=1')).toEqual(['with gpu'])
    expect(await flags('cpu=0.75')).toEqual(['large', 'standard', 'with gpu'])
    expect(await flags('')).toHaveLength(4)
    expect(await flags('memory=3')).toEqual([])
    expect((await server.anonymous('GET', `${pools}?cpu=-1`)).status).toBe(422)
    expect((await server.anonymous('GET', `${pools}?ram=1`)).status).toBe(422)
  })

  test('a class above the quota and a second default pool are refused', async () => {
    const { root } = await started()
    const quota = { cpu: 1, memory: 1, gpu: 0 }
    const above = await root('POST', pools, { body: { ...aPool, quota } })
    expect(above.status).toBe(422)
    expect(above.body.error.message).toContain('class "standard": memory (2) is more than the quota of the pool (1)')
    const second = await root('POST', pools, { body: { ...aPool, public: true, default: true } })
    expect(second).toMatchObject({ status: 422, body: { error: { detail: 'DEFAULT_POOL_EXISTS' } } })
  })
})

test('groups and projects let their direct members in, and who is prohibited stays out whatever else holds', async () => {
  const { server, root } = await started()
  const [alice, bob, carol] = [await user(server, 'alice'), await user(server, 'bob'), await user(server, 'carol')]
  const { id } = (await root('POST', pools, { body: aPool })).body
  const one = `${pools}/${id}`
  const group = (await alice('POST', '/api/data/groups', { body: { name: 'Ours', slug: 'ours' } })).body
  await alice('PATCH', '/api/data/groups/ours/members', { body: [{ id: 'bob', role: 'viewer' }] })
  const project = (await carol('POST', '/api/data/projects', { body: { name: 'Mine', namespace: 'user_carol' } })).body
  const body = [
    { member_type: 'group', id: group.id, role: 'group_viewer' },
    { member_type: 'project', id: project.id, role: 'project_viewer' },
  ]
  const added = await root('POST', `${one}/members`, { body })
  expect(added).toMatchObject({
    status: 201,
    body: [
      { member_type: 'group', slug: 'ours', name: 'Ours' },
      { member_type: 'project', namespace: 'user_carol/mine', name: 'Mine' },
    ],
  })
  for (const call of [alice, bob, carol]) expect((await call('GET', one)).status).toBe(200)
  const prohibited = { member_type: 'user', id: 'bob', role: 'prohibited' }
  expect((await root('POST', `${one}/members`, { body: [prohibited] })).status).toBe(201)
  expect((await bob('GET', one)).status).toBe(404)
  expect((await root('GET', `${one}/members/user/bob`)).body).toMatchObject(prohibited)
  // To be let in no longer lets nobody in.
  expect((await root('DELETE', `${one}/users/bob`)).status).toBe(204)
  expect((await bob('GET', one)).status).toBe(404)
  expect((await root('DELETE', `${one}/members/user/bob`)).status).toBe(204)
  expect((await root('GET', `${one}/members/user/bob`)).status).toBe(404)
  expect((await bob('GET', one)).status).toBe(200)
  expect((await root('PUT', `${one}/members`, { body: body.slice(1) })).status).toBe(200)
  expect((await alice('GET', one)).status).toBe(404)
  expect((await carol('GET', one)).status).toBe(200)

  const unknown = { member_type: 'group', id: '01JD3Z6Q7N6YXQ0M2R4T8V9WAB', role: 'group_viewer' }
  expect((await root('POST', `${one}/members`, { body: [unknown] })).status).toBe(404)
  expect((await root('POST', `${one}/members`, { body: [prohibited, prohibited] })).status).toBe(422)
  expect((await root('POST', `${one}/members`, { body: [{ ...unknown, role: 'viewer' }] })).status).toBe(422)
  expect((await root('POST', `${one}/users`, { body: [{ id: 'nobody' }] })).status).toBe(404)
  expect((await alice('GET', `${one}/members`)).status).toBe(403)
})

test('the pools of a user are listed and set from the side of the user', async () => {
  const { server, root } = await started()
  const alice = await user(server, 'alice')
  const ids = []
  for (const name of ['pool one', 'pool two'])
    ids.push((await root('POST', pools, { body: { ...aPool, name } })).body.id)
  const [first, second] = ids
  const ofAlice = '/api/data/users/alice/resource_pools'
  const named = (body: { name: string }[]) => body.map(({ name }) => name)
  expect(named((await root('GET', ofAlice)).body)).toEqual(['default'])
  const added = await root('POST', ofAlice, { body: [first] })
  expect(added.status).toBe(201)
  expect(named(added.body)).toEqual(['default', 'pool one'])
  expect(named((await root('PUT', ofAlice, { body: [second] })).body)).toEqual(['default', 'pool two'])
  expect(named((await root('GET', `${ofAlice}?name=pool`)).body)).toEqual(['pool two'])
  expect((await alice('GET', `${pools}/${first}`)).status).toBe(404)
  expect((await root('POST', ofAlice, { body: [4711] })).status).toBe(404)
  expect((await root('GET', '/api/data/users/nobody/resource_pools')).status).toBe(404)
  expect((await alice('GET', ofAlice)).status).toBe(403)
})

describe('rules of pools', () => {
  test('a pool is changed as a whole and in parts, by the classes that it has', async () => {
    const { root } = await started()
    const extra = { ...aClass, name: 'extra', cpu: 0.5 }
    const made = (await root('POST', pools, { body: { ...aPool, classes: [standard, extra] } })).body
    const one = `${pools}/${made.id}`
    expect(made.classes.map(({ name }: { name: string }) => name)).toEqual(['extra', 'standard'])
    const [small, large] = made.classes
    const patched = await root('PATCH', one, {
      body: {
        classes: [{ id: small.id, memory: 3, tolerations: ['b-label', 'a-label'] }],
        quota: { cpu: 10, memory: 10, gpu: 0 },
        idle_threshold: 60,
        hibernation_threshold: 3600,
        hibernation_warning_period: 600,
        cpu_limit_factor: 2,
      },
    })
    expect(patched).toMatchObject({
      status: 200,
      body: { idle_threshold: 60, hibernation_warning_period: 600, cpu_limit_factor: 2, quota: { cpu: 10 } },
    })
    expect(patched.body.classes).toEqual([{ ...small, memory: 3, tolerations: ['a-label', 'b-label'] }, large])
    const reset = await root('PATCH', one, {
      body: { idle_threshold: 0, hibernation_threshold: 0, cpu_limit_factor: 0 },
    })
    for (const field of ['idle_threshold', 'hibernation_threshold', 'hibernation_warning_period', 'cpu_limit_factor']) {
      expect(reset.body).not.toHaveProperty(field)
    }
    const { quota, classes } = reset.body
    const whole = { name: 'renamed', public: true, default: false, platform: 'linux/arm64', classes }
    expect((await root('PUT', one, { body: { ...whole, classes: [small] } })).status).toBe(422)
    expect((await root('PUT', one, { body: { ...whole, quota: { ...quota, id: 'another' } } })).status).toBe(422)
    const put = await root('PUT', one, { body: whole })
    expect(put).toMatchObject({ status: 200, body: { name: 'renamed', public: true, platform: 'linux/arm64' } })
    expect(put.body).not.toHaveProperty('quota')
    expect((await root('GET', `${one}/quota`)).status).toBe(404)
    expect((await root('PATCH', one, { body: { classes: [{ id: 4711, memory: 1 }] } })).status).toBe(422)
  })

  test('what breaks a rule is refused', async () => {
    const { root } = await started()
    const refused = [
      ['no default class', { classes: [{ ...standard, default: false }] }],
      ['two default classes', { classes: [standard, { ...standard, name: 'other' }] }],
      ['no class', { classes: [] }],
      ['more default storage than there can be', { classes: [{ ...standard, default_storage: 101 }] }],
      ['a public remote pool', { public: true, remote: { kind: 'runai', base_url: 'https://runai.example' } }],
      ['a warning after the end', { hibernation_threshold: 60, hibernation_warning_period: 60 }],
      ['a short name', { name: 'pool' }],
      ['a long name', { name: 'p'.repeat(41) }],
      ['no cpu', { classes: [{ ...standard, cpu: 0 }] }],
      ['half a gigabyte', { classes: [{ ...standard, memory: 0.5 }] }],
      ['a factor below one', { cpu_limit_factor: 0.5 }],
      ['an unknown field', { colour: 'red' }],
      ['a remote of no kind', { remote: { base_url: 'https://runai.example' } }],
      ['a label that is none', { classes: [{ ...standard, tolerations: ['-no-'] }] }],
      ['a label twice', { classes: [{ ...standard, tolerations: ['label', 'label'] }] }],
    ] as const
    for (const [what, part] of refused) {
      const { status } = await root('POST', pools, { body: { ...aPool, ...part } })
      expect({ what, status }).toEqual({ what, status: 422 })
    }
  })

  test('the default pool stays public, local, without quota, the default, and there', async () => {
    const { server, root } = await started()
    const pool = (await server.anonymous('GET', pools)).body[0]
    const one = `${pools}/${pool.id}`
    for (const body of [
      { public: false },
      { default: false },
      { quota: { cpu: 100, memory: 100, gpu: 10 } },
      { remote: { kind: 'runai', base_url: 'https://runai.example' } },
    ]) {
      expect((await root('PATCH', one, { body })).status).toBe(422)
    }
    expect((await root('DELETE', one)).status).toBe(422)
    const other = (await root('POST', pools, { body: { ...aPool, public: true } })).body
    expect((await root('PATCH', `${pools}/${other.id}`, { body: { default: true } })).status).toBe(422)
    expect((await root('DELETE', `${pools}/${other.id}`)).status).toBe(204)
    expect((await root('DELETE', `${pools}/${other.id}`)).status).toBe(204)
  })

  test('classes are added, changed and removed within the rules of their pool', async () => {
    const { server, root } = await started()
    const quota = { cpu: 4, memory: 8, gpu: 1 }
    const { id, classes } = (await root('POST', pools, { body: { ...aPool, quota } })).body
    const one = `${pools}/${id}/classes`
    const body = { ...aClass, name: 'bigger', cpu: 4, node_affinities: [{ key: 'zone-a' }] }
    const added = await root('POST', one, { body })
    expect(added).toMatchObject({
      status: 201,
      body: { ...body, node_affinities: [{ key: 'zone-a', required_during_scheduling: false }] },
    })
    const place = `${one}/${added.body.id}`
    expect((await root('POST', one, { body: { ...body, gpu: 2 } })).status).toBe(422)
    expect((await root('POST', one, { body: { ...body, default: true } })).status).toBe(422)
    expect((await root('PATCH', place, { body: { default: true } })).status).toBe(422)
    expect((await root('PATCH', place, { body: { cpu: 5 } })).status).toBe(422)
    expect((await root('PATCH', place, { body: { tolerations: ['night'] } })).body.tolerations).toEqual(['night'])
    expect((await root('GET', `${place}/tolerations`)).body).toEqual(['night'])
    expect((await root('DELETE', `${place}/tolerations`)).status).toBe(204)
    expect((await root('GET', `${place}/tolerations`)).body).toEqual([])
    expect((await root('DELETE', `${place}/node_affinities`)).status).toBe(204)
    expect((await root('GET', `${place}/node_affinities`)).body).toEqual([])
    expect((await root('PUT', place, { body: { ...body, cpu: 3 } })).body).toMatchObject({ cpu: 3, tolerations: [] })
    expect((await server.anonymous('GET', `/api/data/classes/${added.body.id}`)).body).toMatchObject({ name: 'bigger' })
    expect((await server.anonymous('GET', place)).status).toBe(404)
    expect((await root('PATCH', `${pools}/${id}/quota`, { body: { cpu: 2 } })).status).toBe(422)
    expect((await root('DELETE', place)).status).toBe(204)
    expect((await root('DELETE', place)).status).toBe(204)
    expect((await root('DELETE', `${one}/${classes[0].id}`)).status).toBe(422)
    expect((await root('PATCH', `${pools}/${id}/quota`, { body: { cpu: 2 } })).body).toMatchObject({
      cpu: 2,
      memory: 8,
    })
    const { body: now } = await root('GET', `${pools}/${id}/quota`)
    expect((await root('PUT', `${pools}/${id}/quota`, { body: { ...now, id: 'another' } })).status).toBe(422)
    expect((await root('PUT', `${pools}/${id}/quota`, { body: { ...now, cpu: 3 } })).body).toEqual({ ...now, cpu: 3 })
  })

  test('a remote pool keeps its kind, is completed, and becomes local by an empty remote', async () => {
    const { root } = await started()
    const { id } = (await root('POST', pools, { body: aPool })).body
    const patch = async (remote: unknown) => await root('PATCH', `${pools}/${id}`, { body: { remote } })
    expect((await patch({ kind: 'firecrest', api_url: 'https://hpc.example' })).status).toBe(422)
    const remote = { kind: 'firecrest', api_url: 'https://hpc.example', system_name: 'alps' }
    expect((await patch(remote)).body.remote).toEqual(remote)
    expect((await patch({ partition: 'normal' })).body.remote).toEqual({ ...remote, partition: 'normal' })
    expect((await patch({ kind: 'runai', base_url: 'https://runai.example' })).status).toBe(422)
    expect((await root('PATCH', `${pools}/${id}`, { body: { public: true } })).status).toBe(422)
    expect((await patch({})).body).not.toHaveProperty('remote')
  })

  test('nobody but administrators changes anything', async () => {
    const { server } = await started()
    const alice = await user(server, 'alice')
    const { id, classes } = (await server.anonymous('GET', pools)).body[0]
    for (const [method, path, body] of [
      ['POST', pools, aPool],
      ['PATCH', `${pools}/${id}`, {}],
      ['PUT', `${pools}/${id}`, {}],
      ['DELETE', `${pools}/${id}`],
      ['POST', `${pools}/${id}/classes`, {}],
      ['PATCH', `${pools}/${id}/classes/${classes[0].id}`, {}],
      ['DELETE', `${pools}/${id}/classes/${classes[0].id}`],
      ['PATCH', `${pools}/${id}/quota`, {}],
      ['GET', `${pools}/${id}/users`],
      ['POST', `${pools}/${id}/users`, []],
      ['PUT', `${pools}/${id}/members`, []],
    ] as const) {
      expect((await alice(method, path, { body })).status).toBe(403)
      expect((await server.anonymous(method, path, { body })).status).toBe(401)
    }
    for (const wrong of ['0', '2147483648', 'one']) {
      expect((await server.anonymous('GET', `${pools}/${wrong}`)).status).toBe(422)
    }
    expect((await server.anonymous('GET', `${pools}/2147483647`)).status).toBe(404)
  })

  test('of changes at once none is lost', async () => {
    const { root } = await started()
    const { id, classes } = (await root('POST', pools, { body: aPool })).body
    const one = `${pools}/${id}`
    const answers = await Promise.all([
      root('PATCH', one, { body: { idle_threshold: 60 } }),
      root('PATCH', `${one}/classes/${classes[0].id}`, { body: { cpu: 3 } }),
      root('PATCH', one, { body: { cpu_limit_factor: 4 } }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const { body } = await root('GET', one)
    expect(body).toMatchObject({ idle_threshold: 60, cpu_limit_factor: 4, classes: [{ cpu: 3 }] })
  })

  test('of two pools that are made at once for the same quota one is refused', async () => {
    const { root } = await started()
    const body = { ...aPool, quota: { id: 'the-quota', cpu: 9, memory: 9, gpu: 0 } }
    const answers = await Promise.all([root('POST', pools, { body }), root('POST', pools, { body })])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422])
  })

  test('what is added to a pool while it is removed is refused or gone with it, and nothing else', async () => {
    const { server, root } = await started()
    await user(server, 'alice')
    for (let round = 0; round < 3; round++) {
      const one = `${pools}/${(await root('POST', pools, { body: aPool })).body.id}`
      const [removed, ...others] = await Promise.all([
        root('DELETE', one),
        root('POST', `${one}/users`, { body: [{ id: 'alice' }] }),
        root('POST', `${one}/classes`, { body: { ...aClass, name: 'another' } }),
        root('DELETE', `${one}/users/alice`),
      ])
      expect(removed?.status).toBe(204)
      for (const { status } of others) expect([201, 204, 404]).toContain(status)
    }
    const left = await server.db.query(
      sql`select from authz.relation where object_type = 'resource_pool' and relation = 'viewer'`,
    )
    expect(left).toEqual([])
  })
})
