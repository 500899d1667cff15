import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { servers, signal, temporaryFolder } from '../database.test.fixture.ts'
import { openDatabase } from '../database.ts'
import { isReachableByOthers, isRoot } from '../server/account.ts'
import { embeddedPostgres } from '../server/postgres-binaries.ts'
import { sql } from '../sql.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { isPostmasterOf, isRunning } from './process-list.ts'

let folder: ReturnType<typeof temporaryFolder>
let dataDirectory: string
beforeEach(() => {
  folder = temporaryFolder()
  dataDirectory = join(folder.path, 'data')
})
afterEach(() => folder[Symbol.dispose]())

/** Made once, for the tests that care for what comes later. */
let made: ReturnType<typeof temporaryFolder>
beforeAll(async () => {
  made = temporaryFolder()
  await (await startEmbeddedPostgres({ dataDirectory: made.path })).stop()
})
afterAll(() => made[Symbol.dispose]())

const cluster = () => join(dataDirectory, 'cluster')

/** A process that has the database, and what it says when it has it. */
async function startOwner(options: { uid?: number; gid?: number } = {}) {
  const program = `
    import { startEmbeddedPostgres } from '${new URL('./embedded-postgres.ts', import.meta.url)}'
    const { pid, url } = await startEmbeddedPostgres({ dataDirectory: process.env.DATA_DIRECTORY })
    console.log(JSON.stringify({ pid, url }))
    setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--conditions=@millrace/source', '--input-type=module', '-e', program], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: import.meta.dirname,
    env: { ...process.env, DATA_DIRECTORY: dataDirectory },
  })
  let said = ''
  owner.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const ended = once(owner, 'exit').then(() => {
    throw new Error(`The owner ended: ${said}`)
  })
  const [line] = await Promise.race([once(owner.stdout.setEncoding('utf8'), 'data'), ended])
  ended.catch(() => {})
  return { owner, ...(JSON.parse(line) as { pid: number; url: string }) }
}

async function kill(process: ChildProcess): Promise<void> {
  const exit = once(process, 'exit')
  process.kill('SIGKILL')
  await exit
}

describe.each(servers)('$name', ({ binaries }) => {
  const onServer = it.skipIf(binaries === undefined)
  const start = (more = {}) => startEmbeddedPostgres({ dataDirectory, ...(binaries ? { binaries } : {}), ...more })

  onServer('keeps its data from run to run, safely, and lets nobody in without the password', async () => {
    {
      await using server = await start()
      await using db = await openDatabase({ url: server.url })
      await db.execute(sql`create table kept as select 1 as a`)
      const setting = (name: string) => sql`current_setting(${name})`
      expect(
        await db.one(sql`
          select ${setting('server_encoding')} as encoding, ${setting('fsync')} as fsync,
            ${setting('synchronous_commit')} as commit, ${setting('unix_socket_directories')} as sockets,
            ${setting('listen_addresses')} as addresses`),
      ).toEqual({ encoding: 'UTF8', fsync: 'on', commit: 'on', sockets: '', addresses: '127.0.0.1' })
      const stranger = openDatabase({ url: server.url.replace(/:[^:@]+@/, ':wrong@') })
      await expect(stranger).rejects.toMatchObject({ code: 'DATABASE_LOGIN_REFUSED' })
      expect(statSync(join(cluster(), 'millrace-password')).mode & 0o777).toBe(0o600)
      expect(statSync(cluster()).mode & 0o777).toBe(0o700)
    }
    await using server = await start()
    await using db = await openDatabase({ url: server.url })
    expect(await db.query(sql`select a from kept`)).toEqual([{ a: 1 }])
    await db.close()
    await server.stop()
    expect(isRunning(server.pid)).toBe(false)
    expect(readdirSync(dataDirectory)).toEqual(['cluster'])
  })

  onServer('comes back at its address when the server is killed, with all that was committed', async () => {
    let restarted = signal()
    await using server = await start({ onRestart: () => restarted.resolve() })
    await using db = await openDatabase({ url: server.url })
    await db.execute(sql`create table kept (a int)`)
    for (const a of [1, 2]) {
      await db.execute(sql`insert into kept values (${a})`)
      process.kill(server.pid, 'SIGKILL')
      await restarted.promise
      restarted = signal()
      expect(await db.query(sql`select max(a) as a from kept`)).toEqual([{ a }])
    }
  })
})

it('belongs to one process at a time, which the next one is told', async () => {
  dataDirectory = made.path
  const { owner } = await startOwner()
  try {
    const startedAt = performance.now()
    await expect(startEmbeddedPostgres({ dataDirectory })).rejects.toThrow(
      `The database in ${realpathSync(cluster())} is in use by the process with pid ${owner.pid}. Stop that one first, or give another data directory.`,
    )
    // What a killed server leaves behind is waited for up to a minute.
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  } finally {
    await kill(owner)
  }
})

it('ends with a killed owner, and the next one goes on at once with what was committed', async () => {
  dataDirectory = made.path
  const { owner, pid, url } = await startOwner()
  await using db = await openDatabase({ url })
  await db.execute(sql`create table outlived as select 1 as a`)
  await kill(owner)
  await using server = await startEmbeddedPostgres({ dataDirectory })
  expect(server.pid).not.toBe(pid)
  await using again = await openDatabase({ url: server.url })
  expect(await again.query(sql`select a from outlived`)).toEqual([{ a: 1 }])
  await again.close()
  await server.stop()
  expect(isPostmasterOf(pid, realpathSync(cluster()))).toBe(false)
})

it('starts when both the owner and the server were killed', async () => {
  dataDirectory = made.path
  const { owner, pid, url } = await startOwner()
  await using db = await openDatabase({ url })
  // Holds on to the memory that the killed server leaves behind.
  const running = db.query(sql`select pg_sleep(3)`).catch(() => {})
  process.kill(pid, 'SIGKILL')
  await kill(owner)
  await using server = await startEmbeddedPostgres({ dataDirectory })
  expect(server.pid).not.toBe(pid)
  await running
})

it('goes to one of two that make it at once', async () => {
  const outcomes = await Promise.allSettled([
    startEmbeddedPostgres({ dataDirectory }),
    startOwner().then(({ owner }) => ({ stop: () => kill(owner) })),
  ])
  const [mine, theirs] = outcomes
  try {
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const loser = mine.status === 'rejected' ? mine : theirs
    expect(`${loser.status === 'rejected' && loser.reason}`).toContain('is in use by the process with pid')
    expect(readdirSync(dataDirectory)).toEqual(['cluster'])
  } finally {
    if (mine.status === 'fulfilled') await mine.value.stop()
    if (theirs.status === 'fulfilled') await theirs.value.stop()
  }
})

it('is not kept from starting by the pid of a crashed server that another process has now', async () => {
  dataDirectory = made.path
  const { uid, gid } = statSync(realpathSync(cluster()))
  const innocent = spawn('sleep', ['600'], { uid, gid, stdio: 'ignore' })
  try {
    writeFileSync(join(cluster(), 'postmaster.pid'), `${innocent.pid}\n${realpathSync(cluster())}\n`)
    await using server = await startEmbeddedPostgres({ dataDirectory })
    expect(server.startedInMs).toBeLessThan(10_000)
    expect(innocent.exitCode).toBeNull()
  } finally {
    await kill(innocent)
  }
})

it('removes what a process left that was killed while it made the database', async () => {
  const gone = spawn('true', { stdio: 'ignore' })
  await once(gone, 'exit')
  mkdirSync(join(dataDirectory, `cluster.new-${gone.pid}`), { recursive: true })
  writeFileSync(join(dataDirectory, `cluster.new-${gone.pid}.password`), 'half')
  chmodSync(dataDirectory, 0o711)
  await using _server = await startEmbeddedPostgres({ dataDirectory })
  expect(readdirSync(dataDirectory)).toEqual(['cluster'])
})

it('names both ways on when the database was made by a version that is not there', async () => {
  dataDirectory = made.path
  const file = join(cluster(), 'PG_VERSION')
  writeFileSync(file, '9\n')
  await expect(startEmbeddedPostgres({ dataDirectory })).rejects.toThrow(
    `The database in ${realpathSync(cluster())} was made by PostgreSQL 9, which the PostgreSQL of this Millrace cannot read. Install PostgreSQL 9 on this machine, whose programs are then used, or move the directory away to begin anew.`,
  )
  writeFileSync(file, '18\n')
  await using server = await startEmbeddedPostgres({ dataDirectory })
  expect(server.version).toMatch(/^18/)
})

it.skipIf(process.platform === 'win32')('says why a server ended, also when its words come after its end', async () => {
  dataDirectory = made.path
  const program = join(made.path, 'postgres')
  writeFileSync(program, "#!/bin/sh\n(sleep 0.3; echo 'FATAL:  the moon is full' >&2) &\nexit 1\n", { mode: 0o755 })
  const binaries = { ...embeddedPostgres(), postgres: program }
  await expect(startEmbeddedPostgres({ dataDirectory, binaries })).rejects.toThrow('the moon is full')
})

const fifteen = servers.find(({ name }) => name === 'PostgreSQL 15')?.binaries
it.skipIf(fifteen === undefined)(
  'goes on with the programs that made the database while they are installed',
  async () => {
    if (fifteen) await (await startEmbeddedPostgres({ dataDirectory, binaries: fifteen })).stop()
    await using server = await startEmbeddedPostgres({ dataDirectory })
    expect(server.version).toMatch(/^15/)
  },
)

describe.skipIf(!isRoot())('run by root', () => {
  it('runs as another account, also below a folder that only root can enter', async () => {
    const secret = join(folder.path, 'secret')
    mkdirSync(secret, { mode: 0o700 })
    dataDirectory = join(secret, 'data')
    {
      await using server = await startEmbeddedPostgres({ dataDirectory })
      expect(server.version).toMatch(/^18/)
    }
    const place = realpathSync(cluster())
    try {
      expect(statSync(place).uid).not.toBe(0)
      await using server = await startEmbeddedPostgres({ dataDirectory })
      expect(realpathSync(cluster())).toBe(place)
      await server.stop()
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
    await expect(startEmbeddedPostgres({ dataDirectory })).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_GONE' })
  })

  const nobody = { uid: 65534, gid: 65534 }
  const canRun = isReachableByOthers(import.meta.dirname) && isReachableByOthers(dirname(process.execPath))
  it.skipIf(!canRun)('is started by an ordinary user as himself, and goes on under root', async () => {
    chmodSync(folder.path, 0o777)
    const { owner, url } = await startOwner(nobody)
    try {
      await using db = await openDatabase({ url })
      expect(await db.one(sql`select 1 as one`)).toEqual({ one: 1 })
      expect(statSync(cluster()).uid).toBe(nobody.uid)
    } finally {
      await kill(owner)
    }
    // Root may go on with it, as the same account.
    await using server = await startEmbeddedPostgres({ dataDirectory })
    expect(server.version).toMatch(/^18/)
  })
})
