import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createLogger, readPlatformSettings } from '@millrace/core'
import { outboxStatus } from '@millrace/db'
import { httpWorkerApi, listenForWork, type WorkerInfo } from '@millrace/engine'
import { afterEach, describe, expect, test } from 'vitest'
import { createServer } from './create-server.ts'
import { startServer } from './start-server.ts'
import { adminToken, manifestOf, useServers } from './test-server.fixture.ts'

const servers = useServers()
const never = new AbortController().signal
const workerInfo = (): WorkerInfo => ({
  id: randomUUID(),
  name: 'w',
  host: 'h',
  pid: 1,
  version: '1',
  queues: ['default'],
  slots: 1,
})
const idle = (worker = workerInfo()) => ({ worker, results: [], running: [], want: 0, waitMs: 0 })

test('a server that closes answers workers that wait at once, and another one takes over', async () => {
  const { server, db, call, workerToken } = await servers.start()
  const token = await workerToken()
  const api = httpWorkerApi({ url: server.url, token })
  const poll = api.exchange({ ...idle(), want: 1, waitMs: 60_000 }, never)
  // The worker is known once its poll has arrived.
  while ((await call('GET', '/api/workers')).body.length === 0) await new Promise(setImmediate)
  const startedAt = performance.now()
  await server.close({ timeoutMs: 60_000 })
  expect(await poll).toMatchObject({ tasks: [], lost: [], stop: [] })
  expect(performance.now() - startedAt).toBeLessThan(50_000)
  await expect(api.exchange(idle(), never)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE', recovery: 'transient' })
  const log = await createLogger({ name: 'server', level: 'silent' })
  await using again = await startServer({
    db,
    artifacts: server.engine.artifacts,
    log,
    adminToken,
    port: Number(new URL(server.url).port),
    scheduler: false,
  })
  expect(again.url).toBe(server.url)
  expect(await api.exchange(idle(), never)).toMatchObject({ tasks: [] })
})

test('a server closes at once while the broker of failures is away, and the failure is kept for the next one', async () => {
  const retry = {
    ...{ attempts: 3, min_delay_seconds: 60, max_delay_seconds: 60 },
    ...{ min_jitter_seconds: 0, max_jitter_seconds: 0 },
  }
  const failureBus = {
    ...{ host: '127.0.0.1', port: 1, username: 'u', password: 'p', exchange: 'e' },
    ...{ queueType: 'classic' as const, retry },
  }
  const { server, db, call, lines } = await servers.start({ failureBus })
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }) })
  await call('POST', '/api/workflows/flow/runs', { body: {} })
  const worker = workerInfo()
  const { tasks } = await server.workerApi.exchange({ ...idle(worker), want: 1, waitMs: 5000 }, never)
  const failure = { reason: 'error' as const, code: 'X', message: 'no', recovery: 'fatal' as const }
  const results = tasks.map(({ taskRunId, attempt }) => ({
    ...{ taskRunId, attempt },
    outcome: { kind: 'failure' as const, failure },
  }))
  await server.workerApi.exchange({ ...idle(worker), results }, never)
  await expect.poll(() => lines.some(({ msg }) => String(msg).includes('could not be published'))).toBe(true)
  const startedAt = performance.now()
  await server.close({ timeoutMs: 60_000 })
  expect(performance.now() - startedAt).toBeLessThan(50_000)
  expect(await outboxStatus(db)).toMatchObject([{ waiting: 1 }])
})

test('what is made at one server is given at once to a worker that waits at another', async () => {
  const { server, db, call, workerToken } = await servers.start()
  const log = await createLogger({ name: 'server', level: 'silent' })
  await using other = await startServer({
    db,
    artifacts: server.engine.artifacts,
    log,
    adminToken,
    port: 0,
    scheduler: false,
  })
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }) })
  const api = httpWorkerApi({ url: other.url, token: await workerToken() })
  const poll = api.exchange({ ...idle(), want: 1, waitMs: 30_000 }, never)
  await call('POST', '/api/workflows/flow/runs')
  expect((await poll).tasks).toHaveLength(1)
})

test('attempts given to a worker that went away meanwhile go back to the queue at once', async () => {
  const { server, call, workerToken } = await servers.start()
  const token = await workerToken()
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }) })
  const { body: run } = await call('POST', '/api/workflows/flow/runs')
  const log = await createLogger({ name: 'server', level: 'silent' })
  await using signals = await listenForWork(server.engine.db)
  await using api = await createServer({
    ...{ engine: server.engine, signals, log, adminToken, version: '1' },
    ...{ settings: readPlatformSettings({ env: {} }), dummyUsers: false },
  })
  const gone = new AbortController()
  const request = new Request('http://localhost/api/worker/exchange', {
    method: 'POST',
    signal: gone.signal,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...idle(), want: 1 }),
  })
  // Read before its client leaves, as far as the server can tell.
  const answered = api.fetch(request)
  gone.abort()
  await answered.catch(() => {})
  const [taskRun] = (await call('GET', `/api/runs/${run.id}/task-runs`)).body
  expect(taskRun).toMatchObject({ state: 'ready', attempt: 1, failures: 0, losses: 0 })
})

describe('the process of a deployment', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const processes: ChildProcess[] = []
  const folders: string[] = []
  afterEach(async () => {
    for (const child of processes.splice(0)) child.kill('SIGKILL')
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
  })

  async function run(env: Readonly<Record<string, string>>) {
    const home = await mkdtemp(join(tmpdir(), 'millrace-main-'))
    folders.push(home)
    const { PATH, NODE_COMPILE_CACHE } = process.env
    const child = spawn(process.execPath, ['--conditions=@millrace/source', main], {
      env: { PATH, NODE_COMPILE_CACHE, MILLRACE_HOME: home, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    processes.push(child)
    const lines: string[] = []
    const listening = Promise.withResolvers<string>()
    const output = createInterface({ input: child.stderr as NonNullable<typeof child.stderr> })
    output.on('line', (line) => {
      lines.push(line)
      if (line.includes('"listening"')) listening.resolve(JSON.parse(line).url)
    })
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, text: lines.join('\n') }))
    return {
      child,
      ended,
      url: Promise.race([listening.promise, ended.then(({ text }) => Promise.reject(new Error(text)))]),
    }
  }

  test('starts from the environment alone, serves, and ends in order when asked', async () => {
    const { databaseUrl } = await servers.start()
    const { child, url, ended } = await run({
      MILLRACE_DATABASE_URL: databaseUrl,
      MILLRACE_ADMIN_TOKEN: 'a-token-that-is-secret',
      MILLRACE_PORT: '0',
    })
    const headers = { authorization: 'Bearer a-token-that-is-secret' }
    expect((await fetch(`${await url}/api/runs`, { headers })).status).toBe(200)
    child.kill('SIGTERM')
    const { code, text } = await ended
    expect(code).toBe(0)
    expect(text).not.toContain('a-token-that-is-secret')
  })

  test('takes users in JSON for tests only when it is told to', async () => {
    const { databaseUrl } = await servers.start()
    const env = {
      ...{ MILLRACE_DATABASE_URL: databaseUrl, MILLRACE_ADMIN_TOKEN: 'a-token-that-is-secret', MILLRACE_PORT: '0' },
    }
    const headers = { authorization: 'Bearer {"id": "ada", "first_name": "Ada"}' }
    for (const [more, status] of [
      [{}, 401],
      [{ MILLRACE_DUMMY_USERS: 'true' }, 200],
    ] as const) {
      const { child, url, ended } = await run({ ...env, ...more })
      expect((await fetch(`${await url}/api/data/user`, { headers })).status).toBe(status)
      child.kill('SIGTERM')
      expect((await ended).text.includes('everybody may be anybody')).toBe(status === 200)
    }
    const { url, ended } = await run({ ...env, MILLRACE_DUMMY_USERS: 'true', MILLRACE_HOST: '0.0.0.0' })
    url.catch(() => {})
    expect((await ended).text).toContain('may listen on 127.0.0.1 only, not on 0.0.0.0')
  })

  test.each([
    [
      {},
      /needs MILLRACE_DATABASE_URL and MILLRACE_ADMIN_TOKEN\..*PostgreSQL.*openssl rand.*"millrace dev" needs none/s,
    ],
    [{ MILLRACE_DATABASE_URL: 'postgresql://localhost/x' }, /needs MILLRACE_ADMIN_TOKEN/],
    [
      { MILLRACE_SECRETS_URL: 'http://127.0.0.1:1', MILLRACE_KEYCLOAK_URL: 'http://127.0.0.1:1' },
      /DATABASE_URL, MILLRACE_ADMIN_TOKEN, MILLRACE_SECRETS_PUBLIC_KEY_PATH, MILLRACE_ENCRYPTION_KEY_PATH, MILLRACE_SECRETS_TOKEN_KEY_PATH, MILLRACE_KEYCLOAK_CLIENT_ID, and MILLRACE_KEYCLOAK_CLIENT_SECRET/,
    ],
    [{ MILLRACE_OIDC_ISSUER: 'https://issuer.test', MILLRACE_HOST: '0.0.0.0' }, /and MILLRACE_PUBLIC_URL/],
    [{ MILLRACE_DATABASE_URI: 'x' }, /Did you mean MILLRACE_DATABASE_URL/],
    [{ MILLRACE_DATABASE_URL: 'mysql://x', MILLRACE_ADMIN_TOKEN: 'long-enough-token' }, /postgresql:\/\//],
    [{ MILLRACE_DATABASE_URL: 'postgresql://x', MILLRACE_ADMIN_TOKEN: 'admin' }, /at least 16 characters/],
  ])('with %o says what is missing or wrong, and ends', async (env, message) => {
    const { ended, url } = await run(env)
    url.catch(() => {})
    const { code, text } = await ended
    expect(code).toBe(1)
    expect(text).toMatch(message)
  })
})
