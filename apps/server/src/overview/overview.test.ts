import { randomUUID } from 'node:crypto'
import { sql } from '@millrace/db'
import type { AttemptSpec, Outcome, WorkflowManifest } from '@millrace/workflow'
import { describe, expect, test } from 'vitest'
import { newProject, signedIn } from '../people.fixture.ts'
import { encryptAtRest } from '../secrets/index.ts'
import { type CallServer, manifestOf, type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const never = new AbortController().signal
const success: Outcome = { kind: 'success', output: null }
const failure = (message: string): Outcome => ({
  kind: 'failure',
  failure: { reason: 'error', code: 'TASK_FAILED', message },
})

/** A server with a project of `owner`, in which `viewer` sees and `stranger` does not. */
async function build() {
  const server = await servers.start()
  const owner = await signedIn(server, 'owner')
  const viewer = await signedIn(server, 'viewer')
  const stranger = await signedIn(server, 'stranger')
  const project: string = (await newProject(owner, { namespace: 'owner' })).id
  await owner('PATCH', `/api/data/projects/${project}/members`, { body: [{ id: 'viewer', role: 'viewer' }] })
  const overview = async (call: CallServer = owner) => {
    const { status, body } = await call('GET', '/api/overview')
    expect(status, JSON.stringify(body)).toBe(200)
    return body
  }
  const deploy = async (nodes: Parameters<typeof manifestOf>[0], rest: Partial<WorkflowManifest> = {}) => {
    const body = manifestOf(nodes, rest)
    expect((await owner('POST', `/api/workflows?project=${project}`, { body })).status).toBe(201)
  }
  const trigger = async (workflow = 'flow'): Promise<string> =>
    (await owner('POST', `/api/workflows/${workflow}/runs`, { body: {} })).body.id
  return { ...server, owner, viewer, stranger, project, overview, deploy, trigger, work: workOf(server) }
}

function workOf({ server: { workerApi } }: TestServer) {
  const worker = { id: randomUUID(), name: 'w', host: 'h', pid: 1, version: '1', queues: ['default'], slots: 10 }
  const idle = { worker, results: [], running: [], want: 0, waitMs: 0 }
  const claim = async () => (await workerApi.exchange({ ...idle, want: 10 }, never)).tasks
  return {
    claim,
    end: async ({ taskRunId, attempt }: AttemptSpec, outcome = success) =>
      await workerApi.exchange({ ...idle, results: [{ taskRunId, attempt, outcome }] }, never),
    async all(outcomes: Readonly<Record<string, Outcome>> = {}) {
      for (;;) {
        const tasks = await claim()
        if (tasks.length === 0) return
        for (const task of tasks) await this.end(task, outcomes[task.node.id])
      }
    },
  }
}

const nothing = {
  ...{ counts: { running: 0, queued: 0, failed_24h: 0, succeeded_24h: 0 }, running: [], failed: [] },
  ...{ late: [], upcoming: [], needs_me: [] },
}

describe('the overview', () => {
  test('is empty where there is nothing, and for whoever sees nothing', async () => {
    const world = await build()
    expect(await world.overview()).toEqual(nothing)
    await world.deploy({ a: {} })
    await world.trigger()
    expect(await world.overview(world.stranger)).toEqual(nothing)
    expect((await world.overview(world.viewer)).counts.running).toBe(1)
    expect((await world.anonymous('GET', '/api/overview')).status).toBe(401)
  })

  test('shows what runs, the oldest first, and how far it is', async () => {
    const world = await build()
    await world.deploy({ a: {}, b: { after: ['a'] }, c: { after: ['b'] } }, { maxActiveRuns: 2 })
    const [first, second] = [await world.trigger(), await world.trigger()]
    await world.trigger()
    const [task] = await world.work.claim()
    if (task !== undefined) await world.work.end(task)
    const { counts, running } = await world.overview()
    expect(counts).toEqual({ running: 2, queued: 1, failed_24h: 0, succeeded_24h: 0 })
    expect(running).toMatchObject([
      { id: first, workflow: 'flow', project_id: world.project, tasks: { done: 1, total: 3, running: 0, failed: 0 } },
      { id: second, state: 'running', trigger: 'manual', tasks: { done: 0, total: 3, running: 1, failed: 0 } },
    ])
  })

  test('shows workflows that failed with what failed first, until they succeed', async () => {
    const world = await build()
    await world.deploy({ a: {}, b: {}, c: { after: ['a', 'b'] } })
    const run = await world.trigger()
    const [a, b] = await world.work.claim()
    if (a !== undefined) await world.work.end(a, failure('The table is gone.'))
    if (b !== undefined) await world.work.end(b, failure('No rows.'))
    const { counts, failed } = await world.overview()
    expect(counts).toMatchObject({ failed_24h: 1, running: 0 })
    expect(failed).toMatchObject([
      {
        workflow: 'flow',
        run,
        nodes: ['a', 'b'],
        failed_nodes: 2,
        message: 'The table is gone.',
        task_run: a?.taskRunId,
      },
    ])
    expect(failed[0].active_run).toBe(undefined)
    expect((await world.overview(world.stranger)).failed).toEqual([])
    const again = await world.trigger()
    expect((await world.overview()).failed).toMatchObject([{ run, active_run: again }])
    await world.work.all()
    expect((await world.overview()).failed).toEqual([])
    expect((await world.overview()).counts).toMatchObject({ failed_24h: 1, succeeded_24h: 1 })
  })

  test('a failed run that is done again is no failure any more', async () => {
    const world = await build()
    await world.deploy({ list: {}, each: { mapOver: 'list' } })
    const run = await world.trigger()
    await world.work.all({ list: { kind: 'success', output: [1, 2] }, each: failure('Item is bad.') })
    expect((await world.overview()).failed).toMatchObject([
      { run, nodes: ['each'], failed_nodes: 1, message: 'Item is bad.' },
    ])
    await world.owner('POST', `/api/runs/${run}/retry`)
    expect((await world.overview()).failed).toEqual([])
    await world.work.all({ list: { kind: 'success', output: [1] } })
    expect((await world.overview()).failed).toEqual([])
  })

  test('shows runs that go on for longer than usual, and no others', async () => {
    const world = await build()
    await world.deploy({ a: {} })
    for (let at = 0; at < 3; at++) await world.trigger()
    await world.work.all()
    await world.db.execute(sql`update engine.run set started_at = ended_at - interval '100 seconds'`)
    const slow = await world.trigger()
    const usual = await world.trigger()
    const since = async (run: string, seconds: number) =>
      await world.db.execute(sql`
        update engine.run set started_at = now() - make_interval(secs => ${seconds}) where id = ${Number(run)}`)
    await since(usual, 150)
    await since(slow, 210)
    const { late } = await world.overview(world.viewer)
    const runs = late.filter(({ kind }: { kind: string }) => kind === 'run')
    expect(runs).toMatchObject([{ kind: 'run', workflow: 'flow', run: slow, usual_seconds: 100 }])
    expect(runs[0].running_seconds).toBeGreaterThanOrEqual(210)
    // Of short ones a minute more is nothing.
    await world.db.execute(
      sql`update engine.run set started_at = ended_at - interval '1 second' where state = 'success'`,
    )
    await since(slow, 40)
    await since(usual, 70)
    const again = (await world.overview()).late.filter(({ kind }: { kind: string }) => kind === 'run')
    expect(again).toMatchObject([{ run: usual }])
  })

  test('shows ticks that have no run, and schedules that cannot make one, unless they are paused', async () => {
    const world = await build()
    const schedule = {
      ...{ cron: '0 6 * * *', timezone: 'UTC', start: null, end: null },
      catchup: { policy: 'none', limit: 1 },
    } as const
    for (const name of ['missed', 'broken', 'paused']) await world.deploy({ a: {} }, { name, schedule })
    await world.db.execute(sql`
      update engine.workflow set next_tick_at = now() - interval '5 minutes', schedule_version_id = current_version_id,
        schedule_problem = case when name = 'broken' then 'It needs a parameter.' end`)
    await world.owner('PATCH', '/api/workflows/paused', { body: { paused: true } })
    const { late, upcoming } = await world.overview()
    expect(late).toEqual(
      expect.arrayContaining([
        { kind: 'schedule', workflow: 'broken', project_id: world.project, problem: 'It needs a parameter.' },
        expect.objectContaining({ kind: 'schedule', workflow: 'missed', late_seconds: expect.any(Number) }),
      ]),
    )
    expect(late.length).toBe(2)
    expect(upcoming.map(({ workflow }: { workflow: string }) => workflow)).toEqual(['missed'])
    expect((await world.overview(world.stranger)).late).toEqual([])
  })

  test('shows tasks that nobody will take, by queue', async () => {
    const world = await build()
    await world.deploy({ a: { queue: 'gpu' }, b: { queue: 'gpu', pool: 'db' }, c: {} })
    const run = await world.trigger()
    await world.work.claim()
    expect((await world.overview()).late).toEqual([])
    await world.db.execute(sql`
      update engine.task_run set ready_at = now() - interval '2 minutes', run_at = now() - interval '2 minutes' where state = 'ready'`)
    const { late } = await world.overview()
    expect(late).toMatchObject([{ kind: 'queue', queue: 'gpu', task_runs: 2, workflow: 'flow', run }])
    expect(late[0].waiting_seconds).toBeGreaterThanOrEqual(120)
    expect((await world.overview(world.stranger)).late).toEqual([])
    const gpu = { id: randomUUID(), name: 'g', host: 'h', pid: 1, version: '1', queues: ['gpu'], slots: 1 }
    await world.server.workerApi.exchange({ worker: gpu, results: [], running: [], want: 0, waitMs: 0 }, never)
    expect((await world.overview()).late).toEqual([])
  })

  test('shows the next tick of each schedule in order, however often one of them comes', async () => {
    const world = await build()
    const scheduled = (cron: string) => ({
      schedule: { cron, timezone: 'UTC', start: null, end: null, catchup: { policy: 'none', limit: 1 } } as const,
    })
    await world.deploy({ a: {} }, { name: 'often', ...scheduled('* * * * *') })
    await world.deploy({ a: {} }, { name: 'yearly', ...scheduled('0 0 1 1 *') })
    // Not so soon that the clock may pass the first one meanwhile.
    await world.db.execute(sql`
      update engine.workflow set schedule_version_id = current_version_id,
        next_tick_at = case name when 'often' then date_trunc('minute', now()) + interval '2 minutes'
          else date_trunc('minute', now()) + interval '210 seconds' end`)
    const { upcoming } = await world.overview()
    expect(upcoming.map(({ workflow }: { workflow: string }) => workflow)).toEqual(['often', 'yearly'])
    expect((await world.overview(world.stranger)).upcoming).toEqual([])
  })

  test('shows what only the caller can do: tokens, secrets of sessions, paused backfills and pipelines', async () => {
    const world = await build()
    const { project, owner, viewer, stranger, overview, db } = world
    await owner('POST', '/api/data/session_secret_slots', { body: { project_id: project, filename: 'key' } })
    const kinds = async (call: CallServer) => (await overview(call)).needs_me.map(({ kind }: { kind: string }) => kind)
    expect((await overview(owner)).needs_me).toMatchObject([
      {
        kind: 'session_secrets',
        project_id: project,
        slots: [{ name: 'key' }],
        title: expect.stringContaining('Delays'),
      },
    ])
    expect(await kinds(viewer)).toEqual(['session_secrets'])
    const [need] = (await overview(owner)).needs_me
    const given = await owner('PATCH', `/api/data/projects/${project}/session_secrets`, {
      body: [{ secret_slot_id: need.slots[0].id, value: 'mine' }],
    })
    expect(given.status).toBe(200)
    expect(await kinds(owner)).toEqual([])
    expect(await kinds(viewer)).toEqual(['session_secrets'])

    const schedule = {
      ...{ cron: '0 6 * * *', timezone: 'UTC', start: null, end: null },
      catchup: { policy: 'none', limit: 1 },
    } as const
    await world.deploy({ a: {} }, { name: 'daily', schedule })
    const range = { start: '2026-01-01T00:00:00Z', end: '2026-01-03T00:00:00Z' }
    const { id } = (await owner('POST', '/api/workflows/daily/backfills', { body: range })).body
    await owner('POST', `/api/backfills/${id}/pause`)
    expect((await overview(owner)).needs_me).toMatchObject([{ kind: 'backfill', workflow: 'daily', backfill: id }])
    expect(await kinds(viewer)).toEqual(['session_secrets'])

    const root = await signedIn(world, 'root', { is_admin: true })
    for (const provider of ['gone', 'good', 'refreshed']) {
      await root('POST', '/api/data/oauth2/providers', {
        body: {
          ...{ id: provider, kind: 'gitlab', client_id: 'c', client_secret: 's', display_name: `GitLab ${provider}` },
          ...{ scope: 'read_user', url: 'https://gitlab.example.com', use_pkce: true },
        },
      })
      const token = { access_token: 'a', ...(provider === 'refreshed' ? { refresh_token: 'r' } : {}) }
      const ciphertext = await encryptAtRest(world.settings, 'user:owner', JSON.stringify(token))
      await db.execute(sql`
        with connection as (
          insert into connected_services.connection (id, user_id, provider_id, status)
          values (${provider}, 'owner', ${provider}, 'connected') returning id
        )
        insert into connected_services.token (connection_id, ciphertext, expires_at)
        select id, ${ciphertext}, now() + ${provider === 'good' ? '1 hour' : '-1 hour'}::interval from connection`)
    }
    expect((await overview(owner)).needs_me[0]).toMatchObject({
      ...{ kind: 'connected_service', provider: 'gone', title: 'Connect GitLab gone again.' },
    })
    expect(await kinds(owner)).toEqual(['connected_service', 'backfill'])
    expect(await kinds(stranger)).toEqual([])
    expect(JSON.stringify(await overview(root))).not.toContain('gone')
  })

  test('shows pipelines that are not valid to those who may change them', async () => {
    const world = await build()
    const { project, owner } = world
    const id = async (path: string, body: object): Promise<string> =>
      (await owner('POST', path, { body: { project_id: project, ...body } })).body.id
    const client_id = await id('/api/clients', { name: 'acme' })
    const brand_id = await id('/api/brands', { name: 'wonder', client_id })
    const segment_id = await id('/api/segments', { name: 'payer' })
    const pipeline_type_id = await id('/api/pipeline-types', { name: 'claims', segment_id })
    const template_id = await id('/api/pipeline-templates', {
      ...{ name: 'copy', operator: 'sql', config: { connection: 'warehouse', sql: 'select {{ variables.days }}' } },
      variable_structures: { days: { datatype: 'int' } },
    })
    const pipeline = await id('/api/pipelines', {
      ...{ name: 'claims-daily', brand_id, pipeline_type_id, run_frequency: 'daily', is_active: false },
      transformations: [{ state: 'raw', template_id, variables: { days: 1 } }],
    })
    expect((await world.overview()).needs_me).toEqual([])
    await world.db.execute(sql`update pipelines.template set variable_structures = '{"weeks": {"datatype": "int"}}'`)
    expect((await world.overview()).needs_me).toMatchObject([
      { kind: 'pipeline', pipeline, project_id: project, title: 'Mend the pipeline claims-daily.' },
    ])
    expect((await world.overview(world.viewer)).needs_me).toEqual([])
  })

  test('ten thousand runs of a thousand workflows are looked through in a moment', async () => {
    const world = await build()
    await world.deploy({ a: {} })
    await world.trigger()
    await world.db.execute(sql`
      with workflow as (
        insert into engine.workflow (name, project_id) select 'w' || n, ${world.project} from generate_series(1, 1000) n returning id
      ), version as (
        insert into engine.workflow_version (workflow_id, version, manifest, manifest_sha256)
        select w.id, '1', v.manifest, v.manifest_sha256 from workflow w, engine.workflow_version v returning id, workflow_id
      ), run as (
        insert into engine.run (
          workflow_id, version_id, state, key, trigger, params, logical_date, data_interval_end, open_tasks, started_at, ended_at
        )
        select workflow_id, id, case when n % 3 = 0 then 'failed' else 'success' end, 'r' || n, 'schedule', '{}', now(), now(), 0,
          now() - interval '1 minute', now()
        from version, generate_series(1, 10) n returning id
      )
      insert into engine.task_run (run_id, node_index, state, queue) select id, 0, 'failed', 'default' from run`)
    await world.db.execute(sql`update engine.workflow w set current_version_id = (
      select id from engine.workflow_version where workflow_id = w.id) where current_version_id is null`)
    await world.db.execute(sql`analyze`)
    expect((await world.overview()).counts.failed_24h).toBe(3000)
    const took: number[] = []
    for (let time = 0; time < 3; time++) {
      const startedAt = performance.now()
      await world.overview()
      took.push(performance.now() - startedAt)
    }
    expect(Math.min(...took)).toBeLessThan(3000)
  })
})
