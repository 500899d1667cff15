import { type Db, openDatabase, sql, transaction } from '@millrace/db'
import { startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrateServer } from '../database.ts'
import { user } from './access-worlds.fixture.ts'
import { authzContract } from './authz.contract.ts'
import { createAuthz, type ObjectRef, userRef } from './index.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
let db: Db

beforeAll(async () => {
  postgres = await startPostgres()
  db = await openDatabase({ url: postgres.url() })
  await migrateServer(db)
})

afterAll(async () => {
  await db?.close()
  await postgres?.stop()
})

authzContract(async () => {
  await db.execute(sql`truncate authz.relation`)
  return { db, authz: createAuthz() }
})

it('has a table that takes nothing for everybody but what the schema has for everybody', async () => {
  const insert = db.execute(sql`insert into authz.relation values ('project', 'p', 'owner', 'user', '*')`)
  await expect(insert).rejects.toMatchObject({ code: 'DATABASE_CHECK_VIOLATION' })
})

it('case 12: neither the row nor its relation is left when the connection is killed between them and the commit', async () => {
  const authz = createAuthz()
  const group: ObjectRef = { type: 'group', id: 'g' }
  await db.execute(sql`truncate authz.relation`)
  const left = async (from: Pick<Db, 'one'>) =>
    await from.one(
      sql`select (select count(*) from common."group") as rows, (select count(*) from authz.relation) as relations`,
    )
  let attempts = 0
  const work = transaction(db, async (trx) => {
    if (attempts++ > 0) throw new Error(`found ${JSON.stringify(await left(trx))}`)
    await trx.execute(sql`insert into common."group" (id, name, created_by) values ('g', 'g', 'alice')`)
    await authz.relate(trx, { add: [{ object: group, relation: 'owner', subject: userRef('alice') }] })
    expect(await authz.can(trx, user('alice'), 'delete', group)).toBe(true)
    const { pid } = await trx.one<{ pid: number }>(sql`select pg_backend_pid() as pid`)
    await db.execute(sql`select pg_terminate_backend(${pid}, 5000)`)
    await trx.execute(sql`select 1`)
  })
  await expect(work).rejects.toThrow('found {"rows":0,"relations":0}')
  expect(await left(db)).toEqual({ rows: 0, relations: 0 })
  expect(await authz.can(db, user('alice'), 'delete', group)).toBe(false)
})
