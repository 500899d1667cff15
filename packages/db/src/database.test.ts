import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cut, servers, signal, startTestServer, type TestServer } from './database.test.fixture.ts'
import { openDatabase } from './database.ts'
import { freePort } from './server/free-port.ts'
import { sql } from './sql.ts'

describe.each(servers)('$name', ({ binaries }) => {
  let test: TestServer
  beforeAll(async () => {
    if (binaries) test = await startTestServer(binaries)
  })
  afterAll(async () => await test?.stop())
  const onServer = it.skipIf(binaries === undefined)

  onServer('returns values as what they are, and never a number that is not exact', async () => {
    const row = await test.db.one(sql`
      select ${42}::int8 as id, ${[1, 2]}::int8[] as ids, 1.10::numeric as price, ${sql.json(['a'])}::jsonb as list,
        ${{ a: 1 }}::jsonb as object, timestamptz '2026-03-29 01:30Z' as at, date '2026-03-29' as day,
        timestamp '2026-03-29 02:30' as local, interval '90 min' as lasting, ${Buffer.from('ab')}::bytea as bytes,
        ${new Date('2026-01-01T00:00:00.123Z')}::timestamptz as given, ${null}::text as nothing`)
    expect(row).toEqual({
      ...{ id: 42, ids: [1, 2], price: '1.10', list: ['a'], object: { a: 1 } },
      ...{ at: new Date('2026-03-29T01:30:00Z'), day: '2026-03-29', local: '2026-03-29 02:30:00', lasting: '01:30:00' },
      ...{ bytes: Buffer.from('ab'), given: new Date('2026-01-01T00:00:00.123Z'), nothing: null },
    })
    await expect(test.db.query(sql`select 9007199254740993::int8`)).rejects.toMatchObject({
      code: 'DATABASE_INTEGER_TOO_LARGE',
      recovery: 'data',
    })
    expect(await test.db.one(sql`select 1 as still`)).toEqual({ still: 1 })
  })

  onServer('counts rows, and holds one and maybe to their word', async () => {
    expect(await test.db.execute(sql`select generate_series(1, 3)`)).toBe(3)
    expect(await test.db.maybe(sql`select 1 where false`)).toBeUndefined()
    await expect(test.db.one(sql`select 1 where false`)).rejects.toThrow('returned 0 rows where one was expected')
    await expect(test.db.maybe(sql`select generate_series(1, 2)`)).rejects.toMatchObject({
      code: 'DATABASE_NOT_ONE_ROW',
    })
  })

  onServer('says of an error how to recover from it, and names the constraint', async () => {
    const { db } = test
    await db.execute(
      sql`create table account (id int primary key, name text not null constraint named check (name <> ''))`,
    )
    const failure = async (statement: ReturnType<typeof sql>) =>
      await db.query(statement).then(
        () => 'none',
        ({ code, recovery, details }) => `${recovery} ${code} ${details.constraint ?? details.column ?? ''}`.trim(),
      )
    await db.execute(sql`insert into account values (1, 'a')`)
    expect(await failure(sql`insert into account values (1, 'b')`)).toBe('data DATABASE_UNIQUE_VIOLATION account_pkey')
    expect(await failure(sql`insert into account values (2, '')`)).toBe('data DATABASE_CHECK_VIOLATION named')
    expect(await failure(sql`insert into account values (2, null)`)).toBe('data DATABASE_NOT_NULL_VIOLATION name')
    expect(await failure(sql`insert into account values (${'x'}, 'a')`)).toBe('data DATABASE_VALUE_REFUSED')
    expect(await failure(sql`insert into account values (2, ${'\0'})`)).toBe('data DATABASE_VALUE_REFUSED')
    expect(await failure(sql`select * from nowhere`)).toBe('fatal DATABASE_STATEMENT_INVALID')
  })

  onServer('prepares a statement once on each connection, and goes on when its table has changed', async () => {
    const db = await test.open({ maxConnections: 1 })
    await db.execute(sql`create table thing (a int)`)
    const prepared = async () => (await db.one<{ n: number }>(sql`select count(*) as n from pg_prepared_statements`)).n
    await prepared()
    const before = await prepared()
    for (const a of [1, 2, 3]) await db.execute(sql`insert into thing values (${a})`)
    expect(await prepared()).toBe(before + 1)

    const all = () => db.query(sql`select * from thing order by a`)
    expect(await all()).toHaveLength(3)
    await db.execute(sql`alter table thing add column b text default 'b'`)
    expect((await all())[0]).toEqual({ a: 1, b: 'b' })
    await db.session(async (session) => await session.script('deallocate all'))
    expect(await all()).toHaveLength(3)

    const unprepared = await test.open({ maxConnections: 1, prepare: false })
    expect(await unprepared.one(sql`select count(*) as n from pg_prepared_statements`)).toEqual({ n: 0 })
  })

  onServer('survives connections that are cut, idle or in use', async () => {
    const lost: Error[] = []
    const db = await test.open({
      applicationName: 'cut',
      maxConnections: 2,
      onConnectionLost: (error) => lost.push(error),
    })
    await Promise.all([db.query(sql`select 1`), db.query(sql`select 2`)])
    expect(await cut(test.db, 'cut')).toBe(2)
    expect(await db.one(sql`select 3 as three`)).toEqual({ three: 3 })
    expect(lost[0]).toMatchObject({ code: 'DATABASE_CONNECTION_LOST' })

    const running = db.query(sql`select pg_sleep(60)`)
    const failure = expect(running).rejects.toMatchObject({ recovery: 'transient', code: 'DATABASE_CONNECTION_LOST' })
    await expect.poll(() => cut(test.db, 'cut')).toBeGreaterThan(0)
    await failure
    // Another connection that was cut may be heard of only when it is used.
    await expect.poll(() => db.one(sql`select 4 as four`)).toEqual({ four: 4 })
  })

  onServer('tells of no lost connection once it closes', async () => {
    const lost: Error[] = []
    const db = await test.open({
      applicationName: 'closing',
      onConnectionLost: (error) => lost.push(error),
    })
    await Promise.all([db.query(sql`select 1`), db.query(sql`select 2`)])
    const closed = db.close()
    await cut(test.db, 'closing')
    await closed
    expect(lost).toEqual([])
  })

  onServer('hears notifications again after its connection was cut, and says that some may be missing', async () => {
    const db = await test.open({ applicationName: 'ears' })
    const heard: string[] = []
    let next = signal<string>()
    const again = signal()
    const hear = (payload: string) => {
      heard.push(payload)
      next.resolve(payload)
    }
    await using first = await db.listen('run "ready"', hear, { onReconnect: () => again.resolve() })
    await using other = await db.listen('other', () => heard.push('other'))
    const notify = (channel: string, payload: string) => test.db.execute(sql`select pg_notify(${channel}, ${payload})`)
    await notify('run "ready"', 'a')
    expect(await next.promise).toBe('a')

    await test.db.execute(sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'ears' and query like 'listen%'`)
    await again.promise
    next = signal()
    await other.close()
    await notify('other', 'nobody')
    await notify('run "ready"', 'b')
    expect(await next.promise).toBe('b')
    await first.close()
    expect(heard).toEqual(['a', 'b'])
  })

  onServer('waits for running work when it is closed, cuts off what takes too long, and takes no more', async () => {
    const patient = await test.open()
    const quick = patient.one(sql`select pg_sleep(0.2), 'done' as state`)
    await expect.poll(() => patient.load().used).toBe(1)
    await patient.close()
    expect(await quick).toMatchObject({ state: 'done' })
    await expect(patient.query(sql`select 1`)).rejects.toMatchObject({ code: 'DATABASE_CLOSED' })
    await expect(patient.listen('x', () => {})).rejects.toMatchObject({ code: 'DATABASE_CLOSED' })

    const impatient = await test.open()
    const slow = expect(impatient.query(sql`select pg_sleep(60)`)).rejects.toMatchObject({ recovery: 'transient' })
    await expect.poll(() => impatient.load().used).toBe(1)
    await impatient.close({ timeoutMs: 50 })
    await slow
  })

  onServer('says when no connection became free, and when a statement took too long', async () => {
    const db = await test.open({ maxConnections: 1, connectTimeoutMs: 100, statementTimeoutMs: 300 })
    const slow = expect(db.query(sql`select pg_sleep(60)`)).rejects.toMatchObject({
      code: 'DATABASE_STATEMENT_CANCELLED',
    })
    await expect(db.query(sql`select 1`)).rejects.toMatchObject({ code: 'DATABASE_POOL_EXHAUSTED' })
    await slow
  })

  onServer('refuses addresses, logins and databases that are wrong, without showing the password', async () => {
    const open = (url: string) =>
      openDatabase({ url, startTimeoutMs: 200 }).then(
        () => 'opened',
        (error) => error,
      )
    expect(await open('mysql://root:hunter22@localhost/db')).toMatchObject({ code: 'DATABASE_URL_INVALID' })
    const wrong = await open(test.server.url.replace(/:[^:@]+@/, ':hunter22@'))
    expect(wrong).toMatchObject({ code: 'DATABASE_LOGIN_REFUSED', recovery: 'config' })
    expect(JSON.stringify(wrong) + wrong.stack).not.toContain('hunter22')
    expect(await open(test.server.url.replace(/postgres$/, 'nowhere'))).toMatchObject({ code: 'DATABASE_UNKNOWN' })
    expect(await open(`postgresql://a:b@127.0.0.1:${await freePort()}/c`)).toMatchObject({
      code: 'DATABASE_CONNECTION_LOST',
      recovery: 'transient',
    })
  })

  onServer('waits for a server that is not there yet', async () => {
    const port = await freePort()
    const opening = openDatabase({ url: test.server.url.replace(/:\d+\//, `:${port}/`) })
    await expect(connectTo(port)).rejects.toThrow('ECONNREFUSED')
    const sockets = new Set<Socket>()
    const gateway = createServer((socket) => {
      sockets.add(socket)
      const onward = connect(test.server.port, '127.0.0.1')
      socket.pipe(onward).pipe(socket)
      for (const end of [socket, onward]) end.on('error', () => {})
    }).listen(port, '127.0.0.1')
    try {
      await using db = await opening
      expect(db.serverMajorVersion).toBeGreaterThanOrEqual(15)
    } finally {
      for (const socket of sockets) socket.destroy()
      gateway.close()
    }
  })
})

async function connectTo(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  } finally {
    socket.destroy()
  }
}
