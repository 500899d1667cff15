import { type Db, openDatabase, sql } from '@millrace/db'
import { startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrateServer } from '../database.ts'
import { authzContract } from './authz.contract.ts'
import { createAuthz } from './index.ts'

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
