import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { servers, startTestServer, type TestServer } from './database.test.fixture.ts'
import { type Migration, migrate } from './migrate.ts'
import { sql } from './sql.ts'

const first: Migration = { id: 1, name: 'first', sql: 'create table thing (a int); insert into thing values (1);' }
const second: Migration = { id: 2, name: 'second', sql: 'alter table thing add column b text; select pg_sleep(0.2)' }

describe.each(servers)('$name', ({ binaries }) => {
  let test: TestServer
  beforeAll(async () => {
    if (binaries) test = await startTestServer(binaries)
  })
  afterAll(async () => await test?.stop())
  const onServer = it.skipIf(binaries === undefined)

  onServer('applies what is new, each in its schema, and nothing twice', async () => {
    const names: string[] = []
    const onApply = ({ name }: Migration) => names.push(name)
    expect(await migrate(test.db, { schema: 'one', migrations: [first], onApply })).toBe(1)
    expect(await migrate(test.db, { schema: 'one', migrations: [first, second], onApply })).toBe(1)
    expect(await migrate(test.db, { schema: 'one', migrations: [first, second], onApply })).toBe(0)
    expect(names).toEqual(['first', 'second'])
    expect(await test.db.query(sql`select a, b from one.thing`)).toEqual([{ a: 1, b: null }])
    expect(await test.db.query(sql`select id, name from one.millrace_migration order by id`)).toEqual([
      { id: 1, name: 'first' },
      { id: 2, name: 'second' },
    ])
  })

  onServer('lets one of several apply while the others wait, and all see the result', async () => {
    const other = await test.open()
    const migrations = [first, second]
    const applied = await Promise.all(
      [test.db, other, test.db].map((db) => migrate(db, { schema: 'race', migrations })),
    )
    expect(applied.reduce((sum, count) => sum + count)).toBe(2)
    expect(await other.query(sql`select a, b from race.thing`)).toEqual([{ a: 1, b: null }])
  })

  onServer('keeps nothing of a migration that fails, and what came before it', async () => {
    const broken = { id: 2, name: 'broken', sql: 'create table half (a int); select 1/0' }
    await expect(migrate(test.db, { schema: 'broken', migrations: [first, broken] })).rejects.toThrow(
      'division by zero',
    )
    expect(await test.db.query(sql`select tablename from pg_tables where schemaname = 'broken' order by 1`)).toEqual([
      { tablename: 'millrace_migration' },
      { tablename: 'thing' },
    ])
    expect(await migrate(test.db, { schema: 'broken', migrations: [first, second] })).toBe(1)
  })

  onServer('refuses an edited migration by its name, and a database that is newer than the code', async () => {
    await migrate(test.db, { schema: 'strict', migrations: [first, second] })
    const edited = { ...first, sql: 'create table thing (a bigint)' }
    await expect(migrate(test.db, { schema: 'strict', migrations: [edited, second] })).rejects.toThrow(
      'Migration 1 "first" of the schema "strict" was applied as "first" with another text. Put its text back as it was, and make the change in a new migration.',
    )
    await expect(migrate(test.db, { schema: 'strict', migrations: [first] })).rejects.toThrow(
      'The schema "strict" of the database is at migration 2 and this version knows 1: a newer Millrace was here. Update this one, or give it another database.',
    )
    const lines = { id: 1, name: 'lines', sql: 'create table a ();\ncreate table b ();\n' }
    await migrate(test.db, { schema: 'lines', migrations: [lines] })
    const otherEnds = { ...lines, sql: lines.sql.replaceAll('\n', '\r\n') }
    expect(await migrate(test.db, { schema: 'lines', migrations: [otherEnds] })).toBe(0)
    await expect(migrate(test.db, { schema: 'strict', migrations: [second] })).rejects.toMatchObject({
      code: 'MIGRATION_NUMBER_WRONG',
    })
  })

  onServer('goes on where a process was killed in the middle of a migration', async () => {
    const slow = { id: 2, name: 'slow', sql: 'create table slow (a int); select pg_sleep(60)' }
    const program = `
      import { migrate, openDatabase } from '${new URL('./index.ts', import.meta.url)}'
      const db = await openDatabase({ url: process.env.DATABASE_URL })
      await migrate(db, {
        schema: 'killed',
        migrations: ${JSON.stringify([first, slow])},
        onApply: ({ name }) => console.log(name),
      })`
    const child = spawn(process.execPath, ['--conditions=@millrace/source', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DATABASE_URL: test.server.url },
    })
    for await (const text of child.stdout.setEncoding('utf8')) if (text.includes('slow')) child.kill('SIGKILL')
    await (child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined)
    const quick = { id: 2, name: 'quick', sql: 'create table slow (a int)' }
    expect(await migrate(test.db, { schema: 'killed', migrations: [first, quick] })).toBe(1)
  })
})
