import { createHash } from 'node:crypto'
import { sql } from '@millrace/db'
import { httpWorkerApi } from '@millrace/engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { newGroup, newProject, signedIn } from '../people.fixture.ts'
import { type CallOptions, type CallServer, manifestOf, type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()

interface World {
  readonly server: TestServer
  /** By role in the project, which belongs to the group `crew` and is public. */
  readonly callers: Readonly<Record<string, CallServer>>
  readonly project: string
  /** Of the workflow `daily` of the project. */
  readonly run: number
  readonly taskRun: number
  readonly backfill: number
}

const roles = ['anonymous', 'stranger', 'viewer', 'crewviewer', 'editor', 'owner', 'root'] as const

async function build(): Promise<World> {
  const server = await servers.start()
  const owner = await signedIn(server, 'owner')
  const callers: Record<string, CallServer> = { anonymous: server.anonymous, owner }
  for (const name of ['stranger', 'viewer', 'editor', 'crewviewer']) callers[name] = await signedIn(server, name)
  callers.root = await signedIn(server, 'root', { is_admin: true })
  await newGroup(owner, 'crew')
  const project: string = (await newProject(owner, { namespace: 'crew', visibility: 'public' })).id
  const members = [
    { id: 'viewer', role: 'viewer' },
    { id: 'editor', role: 'editor' },
  ]
  await owner('PATCH', `/api/data/projects/${project}/members`, { body: members })
  await owner('PATCH', '/api/data/groups/crew/members', { body: [{ id: 'crewviewer', role: 'viewer' }] })
  const schedule = {
    ...{ cron: '0 6 * * *', timezone: 'UTC', start: null, end: null },
    catchup: { policy: 'none', limit: 1 },
  } as const
  const manifest = manifestOf({ a: {}, b: { after: ['a'] } }, { name: 'daily', schedule })
  expect((await owner('POST', `/api/workflows?project=${project}`, { body: manifest })).status).toBe(201)
  await callers.root('POST', '/api/workflows', { body: manifestOf({ a: {} }, { name: 'global' }) })
  const run = Number((await owner('POST', '/api/workflows/daily/runs')).body.id)
  const worker = httpWorkerApi({ url: server.server.url, token: await server.workerToken() })
  const id = '00000000-0000-4000-8000-000000000001'
  const info = { id, name: 'w', host: 'h', pid: 1, version: '0', queues: ['default'], slots: 1 }
  const exchange = { worker: info, results: [], running: [], want: 1, waitMs: 0 } as never
  const [task] = (await worker.exchange(exchange, new AbortController().signal)).tasks
  const taskRun = Number(task?.taskRunId)
  await worker.appendLog({ taskRunId: taskRun, attempt: 1, workerId: id, offset: 0 }, Buffer.from('{"text":"hello"}\n'))
  const backfill = (
    await owner('POST', '/api/workflows/daily/backfills', {
      body: { start: '2026-01-02T00:00:00Z', end: '2026-01-03T00:00:00Z' },
    })
  ).body.id
  return { server, callers, project, run, taskRun, backfill }
}

interface Route {
  readonly call: readonly [method: string, path: string, options?: CallOptions]
  /** Who may see and who may write decide what it answers; `admin` and `user` are for whoever is one. */
  readonly for: 'see' | 'write' | 'admin' | 'user'
  /** What those get who may. Default 200. */
  readonly status?: number
}

/** All routes of the engine; what changes something is asked so that it changes nothing, or the same for each. */
function routesOf({ project, run, taskRun, backfill }: World): Route[] {
  const see = (path: string, status = 200): Route => ({ call: ['GET', path], for: 'see', status })
  const write = (method: string, path: string, status = 200, body?: unknown): Route => ({
    call: [method, path, body === undefined ? {} : { body }],
    for: 'write',
    status,
  })
  const variable = `/api/projects/${project}/variables/limit`
  return [
    see('/api/workflows/daily'),
    see('/api/workflows/daily/versions'),
    see('/api/workflows/daily/versions/1'),
    see('/api/workflows/daily/diff?from=1'),
    see('/api/workflows/daily/grid'),
    see(`/api/runs/${run}`),
    see(`/api/runs/${run}/graph`),
    see(`/api/runs/${run}/events`),
    see(`/api/runs/${run}/task-runs`),
    see(`/api/task-runs/${taskRun}`),
    see(`/api/task-runs/${taskRun}/attempts`),
    see(`/api/task-runs/${taskRun}/output`),
    see(`/api/task-runs/${taskRun}/log`),
    see(`/api/backfills/${backfill}`),
    see(`/api/projects/${project}/variables`),
    write('POST', `/api/workflows?project=${project}`, 200, manifestOf({ a: {} }, { name: 'again' })),
    write('PATCH', '/api/workflows/daily', 200, { paused: false }),
    write('PATCH', '/api/workflows/daily', 200, { project_id: project }),
    write('POST', '/api/workflows/daily/runs', 200, { key: 'the same for everybody' }),
    write('POST', '/api/workflows/daily/backfills', 422, {
      ...{ start: '2026-01-03T00:00:00Z', end: '2026-01-02T00:00:00Z' },
    }),
    write('POST', '/api/workflows/daily/backfills/preview', 200, {
      ...{ start: '2026-01-02T00:00:00Z', end: '2026-01-03T00:00:00Z' },
    }),
    write('PATCH', `/api/runs/${run}`, 200, { priority: 1 }),
    write('POST', `/api/runs/${run}/clear`, 404, { nodes: ['nothing'] }),
    write('POST', `/api/runs/${run}/try-now`, 404, { node: 'nothing' }),
    write('POST', `/api/runs/${run}/mark`, 404, { node: 'nothing', state: 'success' }),
    write('POST', `/api/backfills/${backfill}/pause`),
    write('POST', `/api/backfills/${backfill}/resume`),
    write('PUT', variable, 200, { value: 1 }),
    { call: ['GET', '/api/pools'], for: 'user' },
    { call: ['PUT', '/api/pools/db', { body: { slots: 1 } }], for: 'admin' },
    { call: ['GET', '/api/variables'], for: 'user' },
    { call: ['PUT', '/api/variables/x', { body: { value: 1 } }], for: 'admin' },
    { call: ['GET', '/api/worker-tokens'], for: 'admin' },
    { call: ['GET', '/api/workers'], for: 'admin' },
  ]
}

describe('role by route of the engine', () => {
  let world: World
  beforeEach(async () => {
    world = await build()
  })

  it('members see a workflow, its runs and logs, those who may write change them, and for others they are not there', async () => {
    const { callers, project, run } = world
    await callers.root?.('POST', '/api/workflows/daily/runs', { body: { key: 'the same for everybody' } })
    const again = manifestOf({ a: {} }, { name: 'again' })
    await callers.root?.('POST', `/api/workflows?project=${project}`, { body: again })
    await callers.root?.('PUT', `/api/projects/${project}/variables/limit`, { body: { value: 1 } })
    await callers.root?.('PUT', '/api/pools/db', { body: { slots: 1 } })
    await callers.root?.('PUT', '/api/variables/x', { body: { value: 1 } })
    const may: Record<Route['for'], readonly string[]> = {
      see: ['viewer', 'crewviewer', 'editor', 'owner', 'root'],
      write: ['editor', 'owner', 'root'],
      admin: ['root'],
      user: ['stranger', 'viewer', 'crewviewer', 'editor', 'owner', 'root'],
    }
    const wrong: string[] = []
    for (const route of routesOf(world)) {
      for (const role of roles) {
        const { status, body } = (await callers[role]?.(...route.call)) ?? { status: 0, body: null }
        const refused = route.for === 'admin' ? 403 : 404
        const expected = may[route.for].includes(role) ? (route.status ?? 200) : role === 'anonymous' ? 401 : refused
        // Whoever may is told of the node, which is not there; all others that there is no such run.
        const isHidden = status === 404 && body.error.detail !== 'NODE_MISSING'
        const isRight = status === expected && (status !== 404 || isHidden === !may[route.for].includes(role))
        if (!isRight)
          wrong.push(`${role} ${route.call[0]} ${route.call[1]}: ${status} ${JSON.stringify(body).slice(0, 200)}`)
      }
    }
    expect(wrong).toEqual([])

    for (const path of [
      '/api/workflows',
      '/api/runs',
      '/api/schedules',
      '/api/backfills',
      `/api/workflows?project=${project}`,
      `/api/runs?project=${project}`,
      `/api/schedules?project=${project}`,
      '/api/schedules?workflow=daily&ticks=10',
    ]) {
      const seen: Record<string, number> = {}
      for (const role of roles) {
        const answer = await callers[role]?.('GET', path)
        seen[role] = answer?.status === 200 ? answer.body.length : -1
      }
      const all: number = seen.owner ?? 0
      expect(all, path).toBeGreaterThan(0)
      const global = path === '/api/workflows' ? 1 : 0
      expect(seen, path).toEqual({
        ...{ anonymous: -1, stranger: 0, viewer: all, crewviewer: all, editor: all, owner: all, root: all + global },
      })
    }

    // Removing and cancelling, from those who may least.
    for (const [method, path, status] of [
      ['POST', `/api/runs/${run}/retry`, 200],
      ['POST', `/api/runs/${run}/cancel`, 200],
      ['DELETE', `/api/projects/${project}/variables/limit`, 204],
    ] as const) {
      for (const role of ['stranger', 'viewer', 'crewviewer']) {
        expect((await callers[role]?.(method, path))?.status, `${role} ${path}`).toBe(404)
      }
      expect((await callers.editor?.(method, path))?.status, path).toBe(status)
    }
    for (const role of ['stranger', 'viewer'])
      expect((await callers[role]?.('DELETE', '/api/workflows/daily'))?.status).toBe(404)
    const denied = await callers.viewer?.('POST', '/api/workflows/daily/runs')
    expect(denied?.body.error.message).toMatch(/you see it, and may not change it/)
    for (const role of ['owner', 'viewer', 'stranger']) {
      expect((await callers[role]?.('POST', '/api/workflows/global/runs'))?.status).toBe(404)
      expect((await callers[role]?.('GET', '/api/workflows/global'))?.status).toBe(404)
    }
  })

  it('nobody takes over the name of a workflow, or moves one to where they may not write', async () => {
    const { callers, project } = world
    const own: string = (await newProject(callers.stranger as CallServer, { namespace: 'stranger' })).id
    const manifest = manifestOf({ a: {} }, { name: 'daily', version: '2' })
    const taken = await callers.stranger?.('POST', `/api/workflows?project=${own}`, { body: manifest })
    expect(taken).toMatchObject({ status: 409, body: { error: { detail: 'WORKFLOW_NAME_TAKEN' } } })
    expect(await callers.stranger?.('POST', '/api/workflows', { body: { ...manifest, name: 'new' } })).toMatchObject({
      ...{ status: 403, body: { error: { detail: 'PROJECT_REQUIRED' } } },
    })
    const move = { body: { project_id: own } }
    for (const [role, status] of [
      ['stranger', 404],
      ['viewer', 404],
      ['owner', 404],
      ['root', 200],
    ] as const) {
      expect((await callers[role]?.('PATCH', '/api/workflows/daily', move))?.status, role).toBe(status)
    }
    expect((await callers.owner?.('GET', '/api/workflows/daily'))?.status).toBe(404)
    expect((await callers.stranger?.('PATCH', '/api/workflows/daily', { body: { project_id: project } }))?.status).toBe(
      404,
    )
  })

  it('packages are uploaded by those who may change a project somewhere, and by administrators', async () => {
    const { callers } = world
    const bytes = Buffer.from('PK\x03\x04 a package')
    const path = `/api/packages/${createHash('sha256').update(bytes).digest('hex')}`
    const statuses: Record<string, number | undefined> = {}
    for (const role of roles) statuses[role] = (await callers[role]?.('PUT', path, { bytes }))?.status
    expect(statuses).toEqual({
      ...{ anonymous: 401, stranger: 403, viewer: 403, crewviewer: 403, editor: 201, owner: 200, root: 200 },
    })
  })

  it('a project that is removed leaves nothing running, and what ran is for administrators; its names are free', async () => {
    const { callers, project, run, backfill, server } = world
    await callers.owner?.('PUT', `/api/projects/${project}/variables/limit`, { body: { value: 1 } })
    await callers.owner?.('POST', '/api/workflows/daily/runs')
    expect((await callers.owner?.('DELETE', `/api/data/projects/${project}`))?.status).toBe(204)
    expect((await callers.owner?.('GET', `/api/runs/${run}`))?.status).toBe(404)
    const left = await callers.root?.('GET', `/api/runs/${run}`)
    expect(left?.body).toMatchObject({ state: 'running', reason: 'its project was removed' })
    const other = (await callers.root?.('GET', '/api/runs?state=queued'))?.body
    expect(other).toEqual([])
    expect((await callers.root?.('GET', `/api/backfills/${backfill}`))?.body.state).toBe('cancelled')
    expect((await callers.root?.('GET', '/api/workflows/daily'))?.status).toBe(404)
    expect(await server.db.query(sql`select from engine.project_variable`)).toEqual([])
    const again: string = (await newProject(callers.owner as CallServer, { namespace: 'owner' })).id
    const manifest = manifestOf({ a: {} }, { name: 'daily' })
    expect((await callers.owner?.('POST', `/api/workflows?project=${again}`, { body: manifest }))?.status).toBe(201)
    expect((await callers.owner?.('GET', '/api/runs'))?.body).toEqual([])
  })
})
