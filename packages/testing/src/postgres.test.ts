import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { findPostgres15 } from './binaries.ts'
import { startPostgres } from './postgres.ts'

async function query(url: string, sql: string, ssl?: object) {
  const client = new pg.Client({ connectionString: url, ...(ssl ? { ssl } : {}) })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe.each([
  { version: 'embedded' as const, missing: false },
  { version: '15' as const, missing: findPostgres15() === null },
])('PostgreSQL $version', ({ version, missing }) => {
  it.skipIf(missing)('starts, makes databases with awkward names, and leaves nothing behind', async () => {
    const server = await startPostgres({ version })
    const name = await server.createDatabase(`o'dd "näme" 1`)
    expect(
      await query(
        server.url(name),
        "select current_database() as name, current_setting('server_encoding') as encoding",
      ),
    ).toEqual([{ name, encoding: 'UTF8' }])
    await server.stop()
    expect(isAlive(server.pid)).toBe(false)
    expect(existsSync(dirname(server.dataDirectory))).toBe(false)
  })

  it.skipIf(missing)('asks for the password and offers TLS that can be verified', async () => {
    await using server = await startPostgres({ version, auth: 'scram', ssl: true })
    await expect(query(server.url().replace(server.password, 'wrong'), 'select 1')).rejects.toThrow('password')
    const ca = readFileSync(server.certificateFile as string, 'utf8')
    const url = server.url().replace('127.0.0.1', 'localhost')
    expect(await query(url, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()', { ca })).toEqual([
      { ssl: true },
    ])
  })
})

it('keeps a data directory between two starts and refuses a second server on it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-kept-'))
  chmodSync(directory, 0o711)
  const dataDirectory = join(directory, 'data')
  try {
    {
      await using first = await startPostgres({ dataDirectory })
      await query(first.url(), 'create table kept as select 1 as a')
      await expect(startPostgres({ dataDirectory })).rejects.toThrow('postmaster.pid')
    }
    await using second = await startPostgres({ dataDirectory })
    expect(await query(second.url(), 'select a from kept')).toEqual([{ a: 1 }])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

it('stops the server and removes its directory when the starter is killed', async () => {
  const program = `
    import { startPostgres } from '${new URL('./postgres.ts', import.meta.url)}'
    const server = await startPostgres()
    console.log(JSON.stringify({ pid: server.pid, directory: server.dataDirectory }))
    setInterval(() => {}, 1000)`
  const starter = spawn(process.execPath, ['--conditions=@millrace/source', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  })
  const [line] = await once(starter.stdout, 'data')
  const { pid, directory } = JSON.parse(line)
  expect(isAlive(pid)).toBe(true)
  starter.kill('SIGKILL')
  await expect.poll(() => existsSync(dirname(directory))).toBe(false)
})
