import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { useServers } from '../test-server.fixture.ts'

const servers = useServers()
const path = '/api/health/details'

test('administrators see what the server leans on, what runs, and no secret', async () => {
  const server = await servers.start({ scheduler: {}, version: '1.2.3' })
  const first = await server.call('GET', path)
  expect(first.status).toBe(200)
  const { checks, ...rest } = first.body
  expect(checks.map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
    ['database', 'ok'],
    ['migrations', 'ok'],
    ['secrets_service', 'ok'],
    ['artifacts', 'ok'],
  ])
  expect(rest).toMatchObject({
    server: { version: '1.2.3', pid: process.pid, host: expect.any(String), started_at: expect.any(String) },
    requests: { server_errors: 0 },
    workers: { active: 0, draining: 0, silent: 0 },
    task_runs: { ready: 0, delayed: 0, running: 0 },
  })
  await expect
    .poll(async () => (await server.call('GET', path)).body.schedulers)
    .toMatchObject([{ state: 'active', pid: process.pid }])
  await server.db.execute(sql`update engine.scheduler set seen_at = now() - interval '1 minute'`)
  const later = (await server.call('GET', path)).body
  expect(later.schedulers).toMatchObject([{ state: 'silent' }])
  expect(later.requests.count).toBeGreaterThan(0)
  // The name of a migration may speak of tokens.
  const text = JSON.stringify(later).replace(/(?<="migrations","state":"ok","message":)"[^"]*"/, '')
  expect(text).not.toContain(server.artifactFolder)
  expect(text).not.toMatch(/postgres:\/\/|password|token/i)
  expect((await server.as('alice')('GET', path)).status).toBe(403)
  expect((await server.anonymous('GET', path)).status).toBe(401)
})

test('what does not work is said with the next step, and all else is still told', async () => {
  const silent = createServer((_, response) => response.writeHead(503).end())
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = silent.address() as { port: number }
    const server = await servers.start()
    const stateOf = async (name: string) =>
      (await server.call('GET', path)).body.checks.find((check: { name: string }) => check.name === name)
    Object.assign(server.server.context.settings, { secretsUrl: `http://127.0.0.1:${port}` })
    expect(await stateOf('secrets_service')).toMatchObject({
      state: 'failed',
      message: `The secrets service at http://127.0.0.1:${port} answers 503. Its log says why.`,
    })
    Object.assign(server.server.context.settings, { secretsUrl: null })
    expect(await stateOf('secrets_service')).toMatchObject({ state: 'not_set' })
    await rm(server.artifactFolder, { recursive: true })
    await writeFile(server.artifactFolder, 'a file where a folder has to be')
    expect(await stateOf('artifacts')).toMatchObject({ state: 'failed', message: expect.stringContaining('ENOTDIR') })
    await server.db.execute(
      sql`insert into common.millrace_migration (id, name, checksum) values (999, 'of-later', 'x')`,
    )
    expect(await stateOf('migrations')).toMatchObject({ state: 'failed', message: expect.stringContaining('999') })
    expect(await stateOf('database')).toMatchObject({ state: 'ok', message: expect.stringMatching(/^PostgreSQL \d/) })
    await server.db.close()
    const { status, body } = await server.call('GET', path)
    expect([status, body.schedulers]).toEqual([200, undefined])
    expect(body.checks[0]).toMatchObject({ name: 'database', state: 'failed' })
  } finally {
    silent.close()
  }
})
