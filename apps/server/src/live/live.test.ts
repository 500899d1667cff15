import { randomUUID } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { ApiError, createClient, followLive, type LiveHint, type LiveTopics } from '@millrace/client'
import { sql } from '@millrace/db'
import type { ExchangeRequest, WorkerInfo } from '@millrace/engine'
import type { AttemptSpec, Outcome } from '@millrace/workflow'
import { describe, expect, test } from 'vitest'
import { newProject, signedIn } from '../people.fixture.ts'
import { adminToken, manifestOf, type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const never = new AbortController().signal
const success: Outcome = { kind: 'success', output: null }

function workerOf({ server: { workerApi } }: TestServer) {
  const worker: WorkerInfo = {
    ...{ id: randomUUID(), name: 'w', host: 'h', pid: 1, version: '1', queues: ['default'], slots: 10 },
  }
  const exchange = async (rest: Partial<ExchangeRequest>) =>
    await workerApi.exchange({ worker, results: [], running: [], want: 0, waitMs: 0, ...rest }, never)
  return {
    exchange,
    claim: async (): Promise<AttemptSpec> => {
      const [task] = (await exchange({ want: 1, waitMs: 5000 })).tasks
      if (task === undefined) throw new Error('Nothing was to be done.')
      return task
    },
    end: async ({ taskRunId, attempt }: AttemptSpec, outcome = success) =>
      await exchange({ results: [{ taskRunId, attempt, outcome }] }),
    log: async ({ taskRunId, attempt }: AttemptSpec, offset: number, text: string) =>
      await workerApi.appendLog({ taskRunId, attempt, workerId: worker.id, offset }, Buffer.from(text)),
  }
}

/** What was hinted at so far, as the client hands it out. */
function follow(url: string, topics: LiveTopics, token = adminToken) {
  const stop = new AbortController()
  const hints: LiveHint[] = []
  const at: number[] = []
  const ready = Promise.withResolvers<void>()
  let lost = 0
  const ended = (async (): Promise<unknown> => {
    try {
      const options = { signal: stop.signal, onLost: () => void lost++ }
      for await (const hint of followLive(createClient({ url, token }), topics, options)) {
        hints.push(hint)
        at.push(performance.now())
        if (hint.kind === 'ready') ready.resolve()
      }
      return null
    } catch (error) {
      ready.reject(error)
      return error
    }
  })()
  ready.promise.catch(() => {})
  return {
    hints,
    at,
    ready: ready.promise,
    ended,
    lost: () => lost,
    of: <Kind extends LiveHint['kind']>(kind: Kind) =>
      hints.filter((hint): hint is Extract<LiveHint, { kind: Kind }> => hint.kind === kind),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
    },
  }
}

async function withFlow(...[nodes, rest]: Parameters<typeof manifestOf>) {
  const started = await servers.start()
  await started.call('POST', '/api/workflows', { body: manifestOf(nodes, rest) })
  return { ...started, url: started.server.url, worker: workerOf(started) }
}

const trigger = async ({ call }: Pick<TestServer, 'call'>, workflow = 'flow'): Promise<string> =>
  (await call('POST', `/api/workflows/${workflow}/runs`, { body: {} })).body.id
const until = async (check: () => unknown) => await expect.poll(check, { interval: 10 }).toBe(true)

describe('hints', () => {
  test('tell of a run from its first task to its end, each a moment after it happened', async () => {
    const flow = await withFlow({ a: {}, b: { after: ['a'] } })
    const id = await trigger(flow)
    await using live = follow(flow.url, { run: [id] })
    await live.ready
    const task = await flow.worker.claim()
    await until(() => live.of('run').length > 0)
    await flow.worker.end(task)
    await flow.worker.end(await flow.worker.claim())
    await until(() => live.of('run').at(-1)?.state === 'success')
    expect(live.of('run').at(-1)).toEqual({ kind: 'run', id, workflow: 'flow', state: 'success' })
    expect(live.hints[0]).toEqual({ kind: 'ready' })
    await flow.call('POST', `/api/runs/${id}/clear`, { body: { nodes: ['b'] } })
    await until(() => live.of('run').at(-1)?.state === 'running')
  })

  test('tell of progress within a second, though no state changes', async () => {
    const flow = await withFlow({ a: {} })
    const id = await trigger(flow)
    const { taskRunId, attempt } = await flow.worker.claim()
    await using live = follow(flow.url, { run: [id] })
    await live.ready
    const took: number[] = []
    for (const done of [10, 20, 30, 40]) {
      const before = live.of('run').length
      const toldAt = performance.now()
      await flow.worker.exchange({ running: [{ taskRunId, attempt, progress: { done, total: 100, unit: 'rows' } }] })
      await until(() => live.of('run').length > before)
      took.push((live.at.at(-1) ?? 0) - toldAt)
    }
    // One of them may meet a machine that is busy.
    expect(Math.min(...took)).toBeLessThan(1000)
  })

  test('find what nobody was told of: another server, or a notification that was lost', async () => {
    const flow = await withFlow({ a: {} })
    const id = await trigger(flow)
    const task = await flow.worker.claim()
    await using live = follow(flow.url, { run: [id], log: [`${task.taskRunId}`] })
    await live.ready
    await flow.db.execute(sql`update engine.task_run set progress = '{"done": 7}' where id = ${task.taskRunId}`)
    await until(() => live.of('run').length > 0)
    await flow.db.execute(sql`update engine.attempt set log_bytes = 77 where task_run_id = ${task.taskRunId}`)
    await until(() => live.of('log').length > 0)
    expect(live.of('log')).toEqual([{ kind: 'log', taskRun: task.taskRunId, attempt: 1, bytes: 77, over: false }])
  })

  test('come at most every 250 ms for a run, and the last change is never left out', async () => {
    const nodes = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`t${at}`, {}]))
    const flow = await withFlow(nodes)
    const id = await trigger(flow)
    await using live = follow(flow.url, { run: [id], runs: true })
    await live.ready
    for (let at = 0; at < 60; at++) await flow.worker.end(await flow.worker.claim())
    await until(() => live.of('run').at(-1)?.state === 'success')
    await until(() => live.of('runs').at(-1)?.changes[0]?.state === 'success')
    const times = live.at.filter((_, at) => live.hints[at]?.kind === 'run')
    // As many as fit, and not how far they are apart: the way to here may shift two of them towards each other.
    const ms = (times.at(-1) ?? 0) - (times[0] ?? 0)
    expect(times.length).toBeLessThanOrEqual(ms / 250 + 2)
    expect(times.length).toBeLessThan(60)
  })

  test('tell of all runs in batches, each run once, and how many there may be', async () => {
    const flow = await withFlow({ a: {} })
    await using live = follow(flow.url, { runs: true })
    await live.ready
    const first = await trigger(flow)
    await until(() => live.of('runs').length > 0)
    expect(live.of('runs')[0]).toEqual({
      ...{ kind: 'runs', more: false, changes: [{ id: first, workflow: 'flow', state: 'running' }] },
    })
    // As many at once as one batch does not hold.
    await flow.db.execute(sql`
      insert into engine.run (workflow_id, version_id, state, key, trigger, params, logical_date, data_interval_end, open_tasks)
      select r.workflow_id, r.version_id, 'success', 'copy' || n, r.trigger, '{}', now(), now(), 0
      from engine.run r, generate_series(1, 300) n`)
    await flow.db.execute(sql`select pg_notify('millrace_run', id::text) from engine.run`)
    await until(() => live.of('runs').some(({ more }) => more))
    const batch = live.of('runs').find(({ more }) => more)
    expect(batch?.changes.length).toBe(200)
    expect(new Set(batch?.changes.map(({ id }) => id)).size).toBe(200)
  })

  test('tell of logs as they grow, of their end, and of the attempt that follows', async () => {
    const flow = await withFlow({ a: { retries: 1, retryDelaySeconds: 0, retryJitter: 0 } })
    await trigger(flow)
    const task = await flow.worker.claim()
    const { taskRunId } = task
    await using latest = follow(flow.url, { log: [`${taskRunId}`] })
    await using first = follow(flow.url, { log: [`${taskRunId}:1`] })
    await Promise.all([latest.ready, first.ready])
    const line = '{"at":1,"level":"info","source":"log","text":"one"}\n'
    await flow.worker.log(task, 0, line)
    await until(() => latest.of('log').length > 0 && first.of('log').length > 0)
    expect(latest.of('log')).toEqual([{ kind: 'log', taskRun: taskRunId, attempt: 1, bytes: line.length, over: false }])
    const failure = { reason: 'error', code: 'TASK_FAILED', message: 'No.' } as const
    await flow.worker.end(task, { kind: 'failure', failure })
    await until(() => first.of('log').at(-1)?.over === true)
    await flow.worker.end(await flow.worker.claim())
    await until(() => latest.of('log').at(-1)?.attempt === 2 && latest.of('log').at(-1)?.over === true)
    expect(first.of('log').every(({ attempt }) => attempt === 1)).toBe(true)
  })
})

describe('who may follow', () => {
  async function build() {
    const server = await servers.start({ streamRecheckMs: 200 })
    const owner = await signedIn(server, 'owner')
    await signedIn(server, 'viewer')
    const project: string = (await newProject(owner, { namespace: 'owner' })).id
    const members = `/api/data/projects/${project}/members`
    await owner('PATCH', members, { body: [{ id: 'viewer', role: 'viewer' }] })
    await owner('POST', `/api/workflows?project=${project}`, { body: manifestOf({ a: {} }, { name: 'own' }) })
    await server.call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { name: 'platform' }) })
    const run = await trigger({ call: owner }, 'own')
    const worker = workerOf(server)
    const task = await worker.claim()
    return { ...server, url: server.server.url, owner, members, run, worker, task }
  }
  const tokenOf = (id: string) => JSON.stringify({ id, email: `${id}@example.com` })

  test('what one may not see is as what is not there, and no hint says otherwise', async () => {
    const world = await build()
    const { taskRunId } = world.task
    for (const topics of [
      { run: [world.run] },
      { run: ['99999'] },
      { log: [`${taskRunId}`] },
      { log: [`${taskRunId}:1`] },
      { log: ['99999'] },
      { run: [world.run], log: ['99999:1'], runs: true },
    ]) {
      const refused = await follow(world.url, topics, tokenOf('stranger')).ended
      expect(refused).toBeInstanceOf(ApiError)
      expect(refused).toMatchObject({ status: 404, message: expect.stringMatching(/or you may not see it/) })
    }
    expect(await follow(world.url, { log: [`${taskRunId}:2`] }).ended).toMatchObject({ status: 404 })
    expect((await world.anonymous('GET', '/api/live')).status).toBe(401)
    await using stranger = follow(world.url, { runs: true }, tokenOf('stranger'))
    await using viewer = follow(world.url, { runs: true, run: [world.run], log: [`${taskRunId}`] }, tokenOf('viewer'))
    await Promise.all([stranger.ready, viewer.ready])
    await trigger(world, 'platform')
    await world.worker.end(world.task)
    await until(() => viewer.of('runs').some(({ changes }) => changes[0]?.state === 'success'))
    expect(viewer.of('runs').every(({ changes }) => changes.every(({ workflow }) => workflow === 'own'))).toBe(true)
    expect(stranger.hints).toEqual([{ kind: 'ready' }])
  })

  test('a stream ends soon after access was lost, though nothing happens', async () => {
    const world = await build()
    await using viewer = follow(world.url, { run: [world.run] }, tokenOf('viewer'))
    await viewer.ready
    expect((await world.owner('DELETE', `${world.members}/viewer`)).status).toBeLessThan(300)
    expect(await viewer.ended).toMatchObject({ status: 404 })
    expect(viewer.lost(), 'it is told, and does not come back to hear it').toBe(0)
  })

  test('nothing is said after access was lost, however soon it happens', async () => {
    const world = await build()
    await using viewer = follow(world.url, { run: [world.run], log: [`${world.task.taskRunId}`] }, tokenOf('viewer'))
    await viewer.ready
    await world.owner('DELETE', `${world.members}/viewer`)
    await world.worker.end(world.task)
    expect(await viewer.ended).toMatchObject({ status: 404 })
    // That the task was taken may be told late, but still before; of its end there is nothing.
    expect(viewer.hints[0]).toEqual({ kind: 'ready' })
    expect(viewer.of('run').filter(({ state }) => state !== 'running')).toEqual([])
    expect(viewer.hints.filter(({ kind }) => kind !== 'ready' && kind !== 'run')).toEqual([])
  })

  test('every kind of stream ends with the membership, the token or the session that it was asked for with, and says why', async () => {
    const world = await build()
    const { url, owner, db, task, worker } = world
    const log = `/api/task-runs/${task.taskRunId}/log/stream`
    const events = `/api/runs/${world.run}/events/stream`
    const hints = `/api/live?runs=true`
    const open = async (path: string, headers: Record<string, string>) => {
      const response = await fetch(`${url}${path}`, { headers })
      expect(response.status, path).toBe(200)
      return response
    }
    const newToken = async () => (await owner('POST', '/api/tokens', { body: { name: 'tab', scopes: ['read'] } })).body
    const by = (token: string) => ({ authorization: `Bearer ${token}` })
    const [revoked, expired] = [await newToken(), await newToken()]
    const signIn = await fetch(await world.server.signInLink(), { redirect: 'manual' })
    const cookie = signIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const stays = new AbortController()
    const staying = await fetch(`${url}${log}`, { headers: by(tokenOf('owner')), signal: stays.signal })
    const ended = {
      member: [await open(log, by(tokenOf('viewer'))), await open(events, by(tokenOf('viewer')))],
      revoked: [await open(log, by(revoked.token)), await open(hints, by(revoked.token))],
      expired: [await open(events, by(expired.token))],
      signedOut: [await open(log, { cookie }), await open(hints, { cookie })],
    }
    // Streams that lie open are no reason for a session to go on.
    await db.execute(sql`update authentication.session set seen_at = now() - interval '5 minutes'`)
    await owner('DELETE', `${world.members}/viewer`)
    await owner('DELETE', `/api/tokens/${revoked.id}`)
    await db.execute(sql`update authentication.personal_token set expires_at = now() where id = ${expired.id}`)
    const denied = async (streams: readonly Response[]) =>
      await Promise.all(
        streams.map(async (one) => JSON.parse(/event: denied\ndata: (.*)\n\n$/.exec(await one.text())?.[1] ?? 'null')),
      )
    const missing = { status: 404, message: expect.stringMatching(/or you may not/), trace_id: expect.any(String) }
    expect(await denied(ended.member)).toEqual([
      expect.objectContaining({ ...missing, detail: 'TASK_RUN_MISSING' }),
      expect.objectContaining({ ...missing, detail: 'RUN_MISSING' }),
    ])
    const unknown = { status: 401, code: 1401, message: expect.stringMatching(/expired or was revoked/) }
    for (const one of await denied([...ended.revoked, ...ended.expired])) expect(one).toMatchObject(unknown)
    const seen = await db.one(sql`select seen_at < now() - interval '4 minutes' as is_idle from authentication.session`)
    expect(seen).toEqual({ is_idle: true })
    const session = await fetch(`${url}/api/auth/session`, { headers: { cookie } })
    const { csrf_token } = (await session.json()) as { csrf_token: string }
    const headers = { cookie, 'x-csrf-token': csrf_token, origin: url }
    expect((await fetch(`${url}/api/auth/logout`, { method: 'POST', headers })).status).toBe(200)
    for (const one of await denied(ended.signedOut)) {
      expect(one).toMatchObject({ status: 401, message: 'The session has ended. Sign in again.' })
    }
    await worker.log(task, 0, '{"at":1,"level":"info","source":"log","text":"for those who may"}\n')
    const reader = staying.body?.getReader()
    let text = ''
    while (!text.includes('for those who may')) text += Buffer.from((await reader?.read())?.value ?? []).toString()
    expect(text).not.toMatch(/denied/)
    stays.abort()
    await reader?.cancel().catch(() => {})
  })

  test('what is asked for is checked', async () => {
    const { call } = await servers.start()
    const many = Array.from({ length: 101 }, (_, at) => at + 1).join(',')
    for (const query of [
      'run=x',
      'run=',
      'log=1:0',
      'log=a:b',
      `run=${many}`,
      'runs=maybe',
      'rum=1',
      'run=1&run=2,x',
    ]) {
      expect((await call('GET', `/api/live?${query}`)).status, query).toBe(422)
    }
    const half = Array.from({ length: 51 }, (_, at) => at + 1).join(',')
    expect((await call('GET', `/api/live?run=${half}&log=${half}`)).status).toBe(422)
  })
})

describe('what breaks', () => {
  test('the database cuts the connection of notifications: what happened meanwhile is told, and what follows', async () => {
    const flow = await withFlow({ a: {}, b: { after: ['a'] } })
    const id = await trigger(flow)
    await using live = follow(flow.url, { run: [id], runs: true })
    await live.ready
    await flow.db.execute(sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where pid <> pg_backend_pid() and datname = current_database() and query ilike 'listen%'`)
    await flow.worker.end(await flow.worker.claim())
    await until(() => live.of('runs').some(({ more }) => more))
    await until(() => live.of('run').length > 0)
    const before = live.of('runs').length
    await flow.worker.end(await flow.worker.claim())
    await until(() => live.of('run').at(-1)?.state === 'success')
    await until(() => live.of('runs').length > before)
  })

  test('the connection is cut: the client comes back and says so by "ready"', async () => {
    const flow = await withFlow({ a: {} })
    const id = await trigger(flow)
    const sockets = new Set<Socket>()
    const target = new URL(flow.url)
    const proxy = createServer((socket) => {
      sockets.add(socket)
      const onward = new (socket.constructor as typeof Socket)().connect(Number(target.port), target.hostname)
      socket.pipe(onward).pipe(socket)
      socket.on('error', () => onward.destroy()).on('close', () => onward.destroy())
      onward.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const address = proxy.address()
    const port = typeof address === 'object' ? address?.port : 0
    try {
      await using live = follow(`http://127.0.0.1:${port}`, { run: [id] })
      await live.ready
      for (const socket of sockets) socket.destroy()
      await until(() => live.of('ready').length === 2)
      expect(live.lost()).toBe(1)
      await flow.worker.end(await flow.worker.claim())
      await until(() => live.of('run').at(-1)?.state === 'success')
    } finally {
      for (const socket of sockets) socket.destroy()
      proxy.close()
    }
  })

  test('a run that is removed ends the stream', async () => {
    const flow = await withFlow({ a: {} })
    const id = await trigger(flow)
    await flow.worker.end(await flow.worker.claim())
    await using live = follow(flow.url, { run: [id] })
    await live.ready
    await flow.db.execute(sql`delete from engine.run where id = ${Number(id)}`)
    await flow.db.execute(sql`select pg_notify('millrace_run', ${id})`)
    expect(await live.ended).toMatchObject({ status: 404 })
  })

  test('a reader who reads nothing holds nothing up, and is told once of what he missed', async () => {
    const flow = await withFlow({ a: {} })
    const id = await trigger(flow)
    const response = await fetch(`${flow.url}/api/live?runs=true&run=${id}`, {
      headers: { authorization: `Bearer ${adminToken}` },
    })
    const reader = response.body?.getReader()
    await using quick = follow(flow.url, { run: [id] })
    await quick.ready
    // 20,000 hints of the database, of as many runs as are not there, and of the one that is.
    for (let at = 0; at < 20; at++) {
      await flow.db.execute(
        sql`select pg_notify('millrace_run', (1000000 + ${at} * 1000 + n)::text) from generate_series(1, 1000) n`,
      )
      await flow.db.execute(sql`select pg_notify('millrace_run', ${id})`)
    }
    await flow.worker.end(await flow.worker.claim())
    await until(() => quick.of('run').at(-1)?.state === 'success')
    let text = ''
    while (!/event: run\n.*"success"/.test(text)) text += Buffer.from((await reader?.read())?.value ?? []).toString()
    expect(text.match(/event: /g)?.length).toBeLessThan(60)
    await reader?.cancel()
  })

  test('many come and go, and leave nothing behind that would look', async () => {
    const flow = await withFlow({ a: {} })
    const id = await trigger(flow)
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        await using live = follow(flow.url, { run: [id], runs: true })
        await live.ready
      }),
    )
    const looks = async () =>
      await flow.db.one<{ calls: number }>(sql`
        select count(*) as calls from pg_stat_activity
        where datname = current_database() and query like '%hashtextextended(progress%' and query not like '%pg_stat_activity%'
          and query_start > now() - interval '1.5 seconds'`)
    await expect.poll(async () => (await looks()).calls, { interval: 500 }).toBe(0)
  })

  test('a server that stops ends the streams at once', async () => {
    const flow = await withFlow({ a: {} })
    const id = await trigger(flow)
    await using live = follow(flow.url, { run: [id], runs: true })
    await live.ready
    const stoppedAt = performance.now()
    await flow.server.close()
    expect(performance.now() - stoppedAt).toBeLessThan(5000)
    await until(() => live.lost() === 1)
  })
})
