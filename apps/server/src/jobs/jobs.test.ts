import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { sql, transaction } from '@millrace/db'
import { describe, expect, it } from 'vitest'
import { dropUnwantedEvents } from '../events/index.ts'
import { someoneWaits, type TestServer, useServers } from '../test-server.fixture.ts'
import { allJobs } from './all-jobs.ts'
import { type Job, requestJob, startJobs } from './index.ts'

const servers = useServers()
const quick = { pollIntervalMs: 30, leaseMs: 30_000 }

function job(run: Job['run'], schedule: string | null = null): Job {
  return { name: 'test', description: 'A test.', schedule, run }
}

const request = async ({ db }: TestServer) => await transaction(db, async (trx) => await requestJob(trx, 'test', 'ada'))
const runs = async ({ db }: TestServer) =>
  await db.query<{ state: string; attempt: number; error: string | null; summary: unknown }>(
    sql`select state, attempt, error, summary from jobs.run where job = 'test' order by id`,
  )
const untilRuns = async (server: TestServer, expected: readonly object[]) =>
  await expect.poll(async () => await runs(server), { interval: 30 }).toMatchObject(expected)

describe('jobs', () => {
  it('run when somebody asks, and say what they did', async () => {
    const server = await servers.start()
    const root = server.as('root', { is_admin: true })
    await using _jobs = await startJobs(server.server.context, { jobs: allJobs, ...quick })
    const asked = await root('POST', '/api/jobs/retention/run')
    expect(asked).toMatchObject({ status: 201, body: { job: 'retention', requested_by: 'root' } })
    const path = `/api/jobs/retention/runs/${asked.body.id}`
    await expect.poll(async () => (await root('GET', path)).body.state).toBe('succeeded')
    const { body } = await root('GET', path)
    expect(body).toMatchObject({ attempt: 1, summary: { auditEvents: 0, events: 0 } })
    expect(body.duration_seconds).toBeGreaterThanOrEqual(0)
    const list = await root('GET', '/api/jobs')
    expect(list.body.map(({ name }: { name: string }) => name)).toEqual(allJobs.map(({ name }) => name).sort())
    const retention = list.body.find(({ name }: { name: string }) => name === 'retention')
    expect(retention).toMatchObject({ schedule: '17 * * * *', last_run: { id: asked.body.id, state: 'succeeded' } })
    expect(Date.parse(retention.next_at)).toBeGreaterThan(Date.now())
    expect((await root('GET', '/api/jobs/retention/runs')).headers.get('total')).toBe('1')
  })

  it('are for administrators, and named when they are not known', async () => {
    const server = await servers.start()
    const [root, ada] = [server.as('root', { is_admin: true }), server.as('ada')]
    for (const [method, path] of [
      ['GET', '/api/jobs'],
      ['POST', '/api/jobs/retention/run'],
      ['GET', '/api/jobs/retention/runs'],
    ] as const) {
      expect((await ada(method, path)).status).toBe(403)
      expect((await server.anonymous(method, path)).status).toBe(401)
    }
    const wrong = await root('POST', '/api/jobs/retentoin/run')
    expect([wrong.status, wrong.body.error.message]).toEqual([
      404,
      expect.stringContaining('Did you mean "retention"?'),
    ])
    expect((await root('GET', '/api/jobs/retention/runs/999')).status).toBe(404)
  })

  it('run by their schedule on one of several servers, the latest of missed ticks only', async () => {
    const server = await servers.start()
    let count = 0
    const counting = job(async () => ({ number: ++count }), '0 0 1 1 *')
    await using _one = await startJobs(server.server.context, { jobs: [counting], ...quick })
    await using _two = await startJobs(server.server.context, { jobs: [counting], ...quick })
    await server.db.execute(sql`update jobs.job set next_at = now() - interval '3 years' where name = 'test'`)
    await untilRuns(server, [{ state: 'succeeded', summary: { number: 1 } }])
    const { next_at } = await server.db.one<{ next_at: Date }>(sql`select next_at from jobs.job where name = 'test'`)
    expect(next_at.getTime()).toBeGreaterThan(Date.now())
    await request(server)
    await untilRuns(server, [{ summary: { number: 1 } }, { summary: { number: 2 } }])
  })

  it('run one at a time, however often they are asked for meanwhile', async () => {
    const server = await servers.start()
    let running = 0
    let most = 0
    const gate = Promise.withResolvers<void>()
    const slow = job(async () => {
      most = Math.max(most, ++running)
      await gate.promise
      running--
      return {}
    })
    const leaseMs = 1500
    await using _one = await startJobs(server.server.context, { jobs: [slow], ...quick, leaseMs })
    await using _two = await startJobs(server.server.context, { jobs: [slow], ...quick, leaseMs })
    await request(server)
    await untilRuns(server, [{ state: 'running' }])
    const asked = await Promise.all([request(server), request(server), request(server)])
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1)
    // Longer than a lease: who works keeps it.
    await expect
      .poll(
        async () =>
          (
            await server.db.one<{ late: boolean }>(
              sql`select started_at < clock_timestamp() - interval '2 seconds' as late from jobs.run order by id limit 1`,
            )
          ).late,
      )
      .toBe(true)
    gate.resolve()
    await untilRuns(server, [
      { state: 'succeeded', attempt: 1 },
      { state: 'succeeded', attempt: 1 },
    ])
    expect(most).toBe(1)
  })

  it('begin again after a failure, at most five times', async () => {
    const server = await servers.start()
    let attempts = 0
    const failing = job(async () => {
      throw new Error(`failure ${++attempts}`)
    })
    await using _jobs = await startJobs(server.server.context, { jobs: [failing], ...quick })
    await request(server)
    for (let attempt = 1; attempt < 5; attempt++) {
      await untilRuns(server, [{ state: 'waiting', attempt, error: `failure ${attempt}` }])
      const { seconds } = await server.db.one<{ seconds: number }>(sql`
        select extract(epoch from available_at - clock_timestamp())::float8 as seconds from jobs.run`)
      expect(seconds).toBeGreaterThan(2 ** attempt - 2)
      expect(seconds).toBeLessThanOrEqual(2 ** attempt)
      await server.db.execute(sql`update jobs.run set available_at = now()`)
    }
    await untilRuns(server, [{ state: 'failed', attempt: 5, error: 'failure 5' }])

    // One whose servers were killed at each attempt does not kill another one.
    await server.db.execute(sql`
      insert into jobs.run (job, state, attempt, started_at, lease_until)
      values ('test', 'running', 5, now() - interval '1 minute', now() - interval '1 second')`)
    await untilRuns(server, [{}, { state: 'failed', attempt: 5, error: expect.stringContaining('each of its 5') }])
    expect(attempts).toBe(5)
  })

  it('begin again elsewhere when a server closes, without counting it', async () => {
    const server = await servers.start()
    const patient = job(async (_context, signal) => {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      return {}
    })
    {
      await using _jobs = await startJobs(server.server.context, { jobs: [patient], ...quick })
      await request(server)
      await untilRuns(server, [{ state: 'running' }])
    }
    expect(await runs(server)).toMatchObject([{ state: 'waiting', attempt: 0 }])
    await using _jobs = await startJobs(server.server.context, { jobs: [job(async () => ({ done: true }))], ...quick })
    await untilRuns(server, [{ state: 'succeeded', attempt: 1, summary: { done: true } }])
  })

  it('begin again when their server was killed', async () => {
    const server = await servers.start()
    const program = `
      import { openDatabase } from '@millrace/db'
      import { startJobs } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
      const db = await openDatabase({ url: process.env.DATABASE_URL })
      const log = { info() {}, warn() {}, error() {} }
      const run = async () => { console.log('running'); await new Promise(() => {}) }
      await startJobs({ db, log, settings: {} }, { jobs: [{ name: 'test', description: '', schedule: null, run }], leaseMs: 600, pollIntervalMs: 30 })`
    await request(server)
    const child: ChildProcess = spawn(
      process.execPath,
      ['--conditions=@millrace/source', '--input-type=module', '-e', program],
      {
        cwd: import.meta.dirname,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, DATABASE_URL: server.databaseUrl },
      },
    )
    const gone = once(child, 'exit')
    await Promise.race([once(child.stdout ?? child, 'data'), gone.then(([code]) => expect(code).toBe('running'))])
    child.kill('SIGKILL')
    await gone
    await using _jobs = await startJobs(server.server.context, { jobs: [job(async () => ({ done: true }))], ...quick })
    await untilRuns(server, [{ state: 'succeeded', attempt: 2, summary: { done: true } }])
  })
})

describe('the jobs of the platform', () => {
  const run = async (server: TestServer, name: string) => {
    const found = allJobs.find((one) => one.name === name)
    return await found?.run(server.server.context, new AbortController().signal)
  }

  it('relation-repair mends what differs from the rows, and names what nobody owns', async () => {
    const server = await servers.start()
    const ada = server.as('ada', { first_name: 'Ada', email: 'ada@example.org' })
    await ada('GET', '/api/data/user')
    const make = async (path: string, body: object) => (await ada('POST', `/api/data/${path}`, { body })).body.id
    const [left, right] = [await make('groups', { name: 'Left' }), await make('groups', { name: 'Right' })]
    const id = await make('projects', { name: 'P', namespace: 'left', visibility: 'public' })
    const all = async () =>
      await server.db.query(
        sql`select * from authz.relation order by object_type, object_id, relation, subject_type, subject_id`,
      )
    const before = await all()
    expect(await run(server, 'relation-repair')).toEqual({ added: 0, removed: 0, dangling: 0, ownerless: [] })
    expect(await all()).toEqual(before)

    await server.db.execute(sql`
      delete from authz.relation where object_id = ${id} and relation in ('project_namespace', 'public_viewer')`)
    await server.db.execute(sql`
      insert into authz.relation values
        ('project', ${id}, 'project_namespace', 'group', ${right}),
        ('project', 'gone', 'owner', 'user', 'ada'),
        ('group', ${left}, 'viewer', 'user', 'nobody')`)
    expect(await run(server, 'relation-repair')).toEqual({ added: 3, removed: 1, dangling: 2, ownerless: [] })
    expect(await all()).toEqual(before)

    // What is made private meanwhile stays so.
    const statusOfProject = async () => (await server.anonymous('GET', `/api/data/projects/${id}`)).status
    expect(await statusOfProject()).toBe(200)
    await server.db.session(async (session) => {
      await session.script('begin')
      await session.execute(sql`update common.project set visibility = 'private' where id = ${id}`)
      await session.execute(sql`delete from authz.relation where object_id = ${id} and relation = 'public_viewer'`)
      const repaired = run(server, 'relation-repair')
      await someoneWaits(server)
      await session.script('commit')
      expect(await repaired).toMatchObject({ added: 0, removed: 0 })
    })
    expect(await statusOfProject()).toBe(404)

    await server.db.execute(sql`delete from authz.relation where object_id = ${left} and relation = 'owner'`)
    expect(await run(server, 'relation-repair')).toMatchObject({ ownerless: [`group ${left}`] })
  })

  it('relation-repair mends pools, links of data connectors and who may create, and leaves roles of people alone', async () => {
    const server = await servers.start()
    const { db } = server
    const root = server.as('root', { is_admin: true, email: 'root@example.org' })
    const ada = server.as('ada', { email: 'ada@example.org' })
    for (const call of [root, ada]) await call('GET', '/api/data/user')
    const { id } = (await ada('POST', '/api/data/projects', { body: { name: 'P', namespace: 'ada' } })).body
    const [pool] = (await root('GET', '/api/data/resource_pools')).body
    const members = [{ member_type: 'project', id, role: 'project_viewer' }]
    const added = await root('POST', `/api/data/resource_pools/${pool.id}/members`, { body: members })
    expect(added.status).toBe(201)
    await db.execute(sql`
      insert into data_connectors.data_connector (id, slug, name, visibility, storage_type, configuration, source_path, target_path, created_by)
      values ('dc', 'dc', 'dc', 'public', 's3', '{}', '/', '/', 'ada')`)
    await db.execute(sql`
      insert into data_connectors.project_link (id, data_connector_id, project_id, created_by) values ('l', 'dc', ${id}, 'ada')`)
    await db.execute(sql`insert into authz.relation values ('platform', 'renku', 'admin', 'user', 'never-here')`)
    expect(await run(server, 'relation-repair')).toMatchObject({ added: 3, removed: 0, dangling: 0 })
    const all = async () => await db.query(sql`select * from authz.relation order by 1, 2, 3, 4, 5`)
    const before = await all()

    await db.execute(
      sql`delete from authz.relation where object_type = 'resource_pool' or relation in ('linked_to', 'group_creator')`,
    )
    await db.execute(sql`
      insert into authz.relation values
        ('resource_pool', ${`${pool.id}`}, 'viewer', 'user', 'ada'), ('resource_pool', '999', 'viewer', 'user', 'ada')`)
    expect(await run(server, 'relation-repair')).toMatchObject({ added: 5, removed: 1, dangling: 1 })
    expect(await all()).toEqual(before)
  })

  it('user-namespaces gives one to whom it is missing', async () => {
    const server = await servers.start()
    await server.db.execute(sql`insert into users."user" (id, email) values ('xy', 'x.y@example.org')`)
    expect(await run(server, 'user-namespaces')).toEqual({ added: 1 })
    expect(await run(server, 'user-namespaces')).toEqual({ added: 0 })
    const root = server.as('root', { is_admin: true })
    expect((await root('GET', '/api/data/users/xy')).body).toMatchObject({ username: 'x.y' })
  })

  it('retention removes what is older than the settings say, and events that no broker wants', async () => {
    const server = await servers.start()
    await server.db.execute(sql`
      insert into audit.event (at, actor, entity, entity_id, action, scopes)
      values (now() - interval '401 days', 'a', 'e', 'old', 'insert', '{}'), (now() - interval '399 days', 'a', 'e', 'new', 'insert', '{}')`)
    await server.db.execute(sql`
      insert into events.event (type, key, payload, created_at) values
        ('user.removed', 'a', '{"id": "a"}', now() - interval '61 minutes'), ('user.removed', 'b', '{"id": "b"}', now())`)
    await server.as('ada')('GET', '/api/data/user')
    await server.db.execute(sql`
      insert into authentication.personal_token (id, user_id, name, scopes, sha256, expires_at) values
        ('old', 'ada', 'old', '{}', '\\x01', now() - interval '31 days'), ('new', 'ada', 'new', '{}', '\\x02', now() - interval '29 days')`)
    expect(await run(server, 'retention')).toMatchObject({ auditEvents: 1, events: 1, tokens: 1 })
    expect(await server.db.query(sql`select id from authentication.personal_token`)).toEqual([{ id: 'new' }])
    expect(await server.db.query(sql`select entity_id from audit.event where entity = 'e'`)).toEqual([
      { entity_id: 'new' },
    ])
    expect(await server.db.query(sql`select key from events.event where key <> 'ada'`)).toEqual([{ key: 'b' }])

    // Of two brokers one was taken from the settings: what only it lacks is not wanted any more.
    await server.db.execute(sql`
      insert into events.event (type, key, payload, created_at, sent_to) values
        ('user.removed', 'c', '{"id": "c"}', now() - interval '61 minutes', '{redis}'),
        ('user.removed', 'd', '{"id": "d"}', now() - interval '61 minutes', '{amqp}')`)
    const settings = { ...server.server.context.settings, eventsRedisUrl: 'redis://127.0.0.1:1' }
    expect(await dropUnwantedEvents(server.db, settings)).toBe(1)
    expect(await server.db.query(sql`select key from events.event where key in ('b', 'c', 'd') order by key`)).toEqual([
      { key: 'b' },
      { key: 'd' },
    ])
  })
})
