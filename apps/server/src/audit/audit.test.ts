import { randomUUID } from 'node:crypto'
import { sql } from '@millrace/db'
import { describe, expect, it } from 'vitest'
import { change } from '../change.ts'
import { type CallServer, manifestOf, type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()

async function made(call: CallServer, path: string, body?: unknown) {
  const answer = await call('POST', `/api/${path}`, { body })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}

async function create(call: CallServer, path: string, body: unknown) {
  return await made(call, `data/${path}`, body)
}

async function populated(server: TestServer) {
  const [ada, bob] = ['ada', 'bob'].map((id) => server.as(id, { first_name: id, email: `${id}@example.org` }))
  if (ada === undefined || bob === undefined) throw new Error('There are two.')
  for (const call of [ada, bob]) await call('GET', '/api/data/user')
  await create(ada, 'groups', { name: 'Forest', slug: 'forest' })
  const project = await create(ada, 'projects', { name: 'Fire', namespace: 'forest' })
  return { ada, bob, root: server.as('root', { is_admin: true }), project }
}

describe('the audit log', () => {
  it('has every change with who made it, in which request, and the row before and after', async () => {
    const server = await servers.start()
    const { ada, root, project } = await populated(server)
    const headers = { 'if-match': project.etag, 'x-request-id': 'rename-1' }
    const patched = await ada('PATCH', `/api/data/projects/${project.id}`, { body: { name: 'Flood' }, headers })
    expect(patched.status).toBe(200)
    const log = await root('GET', `/api/audit?entity=project&entity_id=${project.id}`)
    expect(log.headers.get('total')).toBe('2')
    expect(log.body).toMatchObject([
      { action: 'update', actor: 'ada', request_id: 'rename-1', before: { name: 'Fire' }, after: { name: 'Flood' } },
      { action: 'insert', actor: 'ada', after: { name: 'Fire', visibility: 'private' } },
    ])
  })

  it('has nothing of what was rolled back or changed nothing', async () => {
    const { db } = await servers.start()
    const count = async () => (await db.one<{ count: number }>(sql`select count(*) as count from audit.event`)).count
    await change(db, { id: 'ada' }, async (trx) => {
      await trx.execute(sql`insert into users."user" (id) values ('x')`)
    })
    const before = await count()
    const failed = change(db, { id: 'ada' }, async (trx) => {
      await trx.execute(sql`insert into users."user" (id) values ('y')`)
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    await change(db, { id: 'ada' }, async (trx) => {
      await trx.execute(sql`update users."user" set email = email where id = 'x'`)
    })
    expect(await count()).toBe(before)
    await db.execute(sql`delete from users."user" where id = 'x'`)
    const last = await db.one<{ actor: string }>(sql`select actor from audit.event order by id desc limit 1`)
    expect(last.actor).toMatch(/^database:/)
  })

  it('has what people do to runs and backfills, for owners of the project', async () => {
    const server = await servers.start()
    const { ada, project } = await populated(server)
    const schedule = {
      cron: '0 0 * * *',
      timezone: 'UTC',
      catchup: { policy: 'none', limit: 1 },
      start: null,
      end: null,
    }
    const flow = manifestOf({ a: {}, b: { after: ['a'] } }, { schedule } as never)
    await made(ada, `workflows?project=${project.id}`, flow)
    const { id: run } = await made(ada, 'workflows/flow/runs', { priority: 1, key: 'once' })
    expect((await ada('POST', '/api/workflows/flow/runs', { body: { key: 'once' } })).status).toBe(200)
    const range = { start: '2020-01-01T00:00:00Z', end: '2020-01-03T00:00:00Z' }
    const { id: backfill } = await made(ada, 'workflows/flow/backfills', range)
    const ask = async (method: string, path: string, body?: object) =>
      expect((await ada(method, `/api/${path}`, { body })).status, path).toBe(200)
    await ask('PATCH', `runs/${run}`, { priority: 5 })
    await ask('POST', `runs/${run}/mark`, { node: 'a', state: 'success', note: 'by hand' })
    // What changes nothing is no entry.
    for (const _ of [1, 2]) {
      await ask('POST', `runs/${run}/cancel`)
      await ask('PATCH', `runs/${run}`, { priority: 5 })
      await ask('POST', `backfills/${backfill}/pause`)
    }
    await ask('POST', `runs/${run}/retry`)
    await ask('POST', `runs/${run}/clear`, { nodes: ['b'], downstream: false })
    expect((await ada('POST', `/api/runs/${run}/try-now`)).status).toBe(409)
    await ask('POST', `backfills/${backfill}/cancel`)
    const log = async (entity: string) =>
      (await ada('GET', `/api/projects/${project.id}/audit?entity=${entity}`)).body.toReversed()
    expect(await log('run')).toMatchObject([
      { entity_id: run, actor: 'ada', action: 'insert', after: { workflow: 'flow', trigger: 'manual', priority: 1 } },
      { action: 'update', before: { priority: 1 }, after: { priority: 5, request: 'priority' } },
      { after: { request: 'mark', node: 'a', marked: 'success', note: 'by hand' } },
      { before: { state: 'running' }, after: { state: 'cancelled', request: 'cancel' } },
      { before: { state: 'cancelled' }, after: { state: 'running', request: 'retry' } },
      { after: { request: 'clear', nodes: ['b'], downstream: false } },
    ])
    expect(await log('run')).toHaveLength(6)
    expect(await log('backfill')).toMatchObject([
      { entity_id: `${backfill}`, action: 'insert', after: { workflow: 'flow', state: 'running' } },
      { action: 'update', before: { state: 'running' }, after: { state: 'paused' } },
      { before: { state: 'paused' }, after: { state: 'cancelled' } },
    ])
    expect(await log('backfill')).toHaveLength(3)
  })

  it('has who lets workers in and sends them away, and who has a job run', async () => {
    const server = await servers.start()
    const root = server.as('root', { is_admin: true })
    const { id, token } = await made(root, 'worker-tokens', { name: 'gpu machines', queues: ['gpu'] })
    const worker = { id: randomUUID(), name: 'w', host: 'h', pid: 1, version: '1', queues: ['gpu'], slots: 1 }
    const exchange = { worker, results: [], running: [], want: 0, waitMs: 0 }
    expect((await server.call('POST', '/api/worker/exchange', { token, body: exchange })).status).toBe(200)
    for (const _ of [1, 2]) {
      expect((await root('POST', `/api/workers/${worker.id}/drain`)).status).toBe(200)
      expect((await root('DELETE', `/api/worker-tokens/${id}`)).status).toBe(204)
    }
    await made(root, 'jobs/retention/run')
    const { body } = await root('GET', '/api/audit?actor=root')
    const kinds = ['worker_token', 'worker', 'job']
    const log = body.toReversed().filter(({ entity }: { entity: string }) => kinds.includes(entity))
    expect(log).toMatchObject([
      {
        entity: 'worker_token',
        entity_id: `${id}`,
        action: 'insert',
        after: { name: 'gpu machines', queues: ['gpu'] },
      },
      { entity: 'worker', entity_id: worker.id, before: { draining: false }, after: { name: 'w', draining: true } },
      {
        ...{ entity: 'worker_token', action: 'update' },
        ...{ before: { revoked_at: null }, after: { revoked_at: expect.any(String) } },
      },
      { entity: 'job', entity_id: 'retention', after: { run: expect.any(Number) } },
    ])
    expect(log).toHaveLength(4)
    expect(JSON.stringify(log)).not.toContain('sha256')
  })

  it('is narrowed by actor and time, in pages', async () => {
    const server = await servers.start()
    const { root } = await populated(server)
    const all = await root('GET', '/api/audit?actor=bob&per_page=1')
    expect([all.body.length, Number(all.headers.get('total'))]).toEqual([1, expect.any(Number)])
    expect(all.body[0].actor).toBe('bob')
    expect((await root('GET', '/api/audit?to=2020-01-01T00:00:00Z')).body).toEqual([])
    expect((await root('GET', '/api/audit?from=2020-01-01T00:00:00Z&actor=nobody')).body).toEqual([])
    expect((await root('GET', '/api/audit?from=yesterday')).status).toBe(422)
  })

  it('is for administrators, and of a project and a group for their owners', async () => {
    const server = await servers.start()
    const { ada, bob, root, project } = await populated(server)
    const other = await create(bob, 'projects', { name: 'Other', namespace: 'bob' })
    expect((await ada('GET', '/api/audit')).status).toBe(403)
    expect((await server.anonymous('GET', '/api/audit')).status).toBe(401)
    const ofProject = `/api/projects/${project.id}/audit`
    const ofGroup = '/api/groups/forest/audit'
    const body = [{ id: 'bob', role: 'editor' }]
    expect((await ada('PATCH', '/api/data/groups/forest/members', { body })).status).toBe(200)
    for (const path of [ofProject, ofGroup]) {
      expect((await bob('GET', path)).status).toBe(404)
      expect((await server.anonymous('GET', path)).status).toBe(401)
      expect((await root('GET', path)).status).toBe(200)
    }
    const seen = async (path: string) =>
      (await ada('GET', path)).body.map(
        (one: { entity: string; entity_id: string }) => `${one.entity} ${one.entity_id}`,
      )
    expect(await seen(ofProject)).toEqual(
      expect.arrayContaining([
        `project ${project.id}`,
        expect.stringContaining(`relation project/${project.id}/owner`),
      ]),
    )
    const group = await seen(ofGroup)
    expect(group).toEqual(
      expect.arrayContaining([
        `project ${project.id}`,
        expect.stringMatching(/^relation group\/.*\/editor\/user\/bob$/),
      ]),
    )
    expect(JSON.stringify(group)).not.toContain(other.id)
  })
})

/** Columns that only look as if they held something secret. */
const harmless = /(^|_)(id|ids|name|names|filename|directory|count|at)$|^token_ids$|^use_pkce$/

describe('secrets', () => {
  it('stand in no column that the audit log keeps', async () => {
    const { db } = await servers.start()
    const columns = await db.query<{ place: string; type: string; column: string }>(sql`
      select t.tgrelid::regclass::text as place, format_type(a.atttypid, a.atttypmod) as type, a.attname as column
      from pg_trigger t
      join pg_attribute a on a.attrelid = t.tgrelid and a.attnum > 0 and not a.attisdropped
      where t.tgname = 'audited'
        and a.attname <> all (
          string_to_array(coalesce(split_part(encode(t.tgargs, 'escape'), '\\000', 3), ''), ','))`)
    expect(columns.length).toBeGreaterThan(30)
    const telling = /secret|token|password|encrypt|cipher|hash|verifier|sealed|private|key$/i
    const suspicious = columns.filter(
      ({ column, type }) => type === 'bytea' || (telling.test(column) && !harmless.test(column)),
    )
    expect(suspicious).toEqual([])
  })

  it('do not stand in it when people set them', async () => {
    const server = await servers.start()
    const { ada, root, project } = await populated(server)
    const configuration = { type: 's3', provider: 'AWS', secret_access_key: 'value-of-the-key', region: 'eu' }
    const storage = { configuration, source_path: 'bucket', target_path: 'data' }
    const connector = await ada('POST', '/api/data/data_connectors', {
      body: { name: 'Bucket', namespace: 'forest', slug: 'bucket', storage },
    })
    const secret = await ada('POST', '/api/data/user/secrets', {
      body: { name: 'S', kind: 'general', value: 'value-of-the-secret' },
    })
    const provider = await root('POST', '/api/data/oauth2/providers', {
      body: {
        ...{ id: 'p', kind: 'github', client_id: 'c', client_secret: 'value-of-the-client', display_name: 'P' },
        ...{ scope: 'x', url: 'https://example.org', use_pkce: false, app_slug: '' },
      },
    })
    await ada('PATCH', `/api/data/projects/${project.id}`, {
      body: { description: 'changed' },
      headers: { 'if-match': project.etag },
    })
    expect([connector.status, secret.status, provider.status]).toEqual([201, 201, 201])
    const { log } = await server.db.one<{ log: string }>(
      sql`select string_agg(concat(before, after), ' ') as log from audit.event`,
    )
    expect(log).toContain('changed')
    expect(log).not.toContain('value-of-')
  })
})
