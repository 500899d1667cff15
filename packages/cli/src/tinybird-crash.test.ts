import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectorForUri, type SqlConnector } from '@millrace/connectors'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { startTinybirdLocal, type TinybirdLocal } from '@millrace/tinybird-local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from './run-command.fixture.ts'

/* The command is killed with SIGKILL while it copies into Tinybird, later in every round, and run once more. */
const rounds = Number(process.env.MILLRACE_CRASH_ROUNDS ?? 3)
const rowCount = 40_000

describe('kill -9 of a copy from PostgreSQL to a local Tinybird', () => {
  let server: TinybirdLocal
  let database: TestPostgres
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-crash-'))
    ;[server, database] = await Promise.all([startTinybirdLocal(), startPostgres()])
    env = { TB_CDK_ENDPOINT: server.url, TB_CDK_TOKEN: server.token, MILLRACE_HOME: join(folder, 'state') }
    await using connector = (await connectorForUri(database.url())) as SqlConnector
    await connector.execute(`CREATE TABLE flights AS
      SELECT n AS id, n % 12 AS month, repeat(md5(n::text), 20) AS note FROM generate_series(1, ${rowCount}) AS n`)
    await connector.execute('ANALYZE flights')
  })
  afterAll(async () => {
    await Promise.all([server?.[Symbol.asyncDispose](), database?.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  async function count(): Promise<{ rows: number; ids: number }> {
    const sql = 'SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(id)) AS ids FROM flights FORMAT JSONEachRow'
    const headers = { authorization: `Bearer ${server.token}` }
    const response = await fetch(`${server.url}/v0/sql?q=${encodeURIComponent(sql)}`, { headers })
    return response.status === 404 ? { rows: 0, ids: 0 } : ((await response.json()) as { rows: number; ids: number })
  }

  /** Kills at a moment of its life; `fullMs` is how long a whole one took. */
  async function round(mode: string, killAfterMs: number) {
    const args = ['copy', database.url(), 'tinybird', '--table', 'flights', '--into', 'flights', '--mode', mode]
    const kill = await runCommand(args, {
      cwd: folder,
      env,
      onSpawn: (child) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
        child.once('close', () => clearTimeout(timer))
      },
    })
    const between = await count()
    const began = performance.now()
    const again = kill.code === 0 ? kill : await runCommand(args, { cwd: folder, env })
    return { again, between, killed: kill.code !== 0, ms: performance.now() - began }
  }

  const leftovers = async () =>
    (await readdir(join(folder, 'state', 'tinybird'))).filter((name) => !name.startsWith('state-'))

  it.each(['replace', 'append'])(
    '%s ends with every row once, and nothing beside it',
    { timeout: 180_000 + rounds * 30_000 },
    async (mode) => {
      let fullMs = 2500
      for (let n = 1; n <= rounds; n++) {
        await fetch(`${server.url}/v0/datasources/flights`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${server.token}` },
        })
        const { again, between, killed, ms } = await round(mode, (fullMs * n) / rounds)
        expect(again, again.err).toMatchObject({ code: 0 })
        expect([0, rowCount]).toContain(between.rows)
        const after = await count()
        // An append whose load had been closed when it was killed is a new one when it is run again.
        const closed = mode === 'append' && killed && between.rows === rowCount
        expect(after.ids).toBe(rowCount)
        expect(closed ? [rowCount, 2 * rowCount] : [rowCount]).toContain(after.rows)
        expect(await leftovers()).toEqual([])
        if (killed) fullMs = Math.max(800, ms)
      }
    },
  )
})
