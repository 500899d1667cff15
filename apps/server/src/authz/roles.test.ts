import { type Db, openDatabase, sql, transaction } from '@millrace/db'
import { startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { migrateServer } from '../database.ts'
import {
  createAuthz,
  type Member,
  type ObjectRef,
  platformRef,
  removeRoles,
  rolesOf,
  setRoles,
  syncAdmins,
} from './index.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
let db: Db
const authz = createAuthz()
const project: ObjectRef = { type: 'project', id: 'p' }

beforeAll(async () => {
  postgres = await startPostgres()
  db = await openDatabase({ url: postgres.url() })
  await migrateServer(db)
  await db.execute(sql`insert into users."user" (id) values ('alice'), ('bob'), ('carol')`)
})

afterAll(async () => {
  await db?.close()
  await postgres?.stop()
})

beforeEach(async () => {
  await db.execute(sql`truncate authz.relation`)
})

const set = async (...members: Member[]) =>
  await transaction(db, async (trx) => await setRoles(trx, authz, project, members))
const remove = async (...ids: string[]) =>
  await transaction(db, async (trx) => await removeRoles(trx, authz, project, ids))
const owner = (id: string): Member => ({ id, role: 'owner' })
const viewer = (id: string): Member => ({ id, role: 'viewer' })

it('a role takes the place of the former one, and what changed is told', async () => {
  expect(await set(owner('alice'), viewer('bob'))).toEqual([
    { id: 'alice', before: null, after: 'owner' },
    { id: 'bob', before: null, after: 'viewer' },
  ])
  expect(await set({ id: 'bob', role: 'editor' }, owner('alice'))).toEqual([
    { id: 'bob', before: 'viewer', after: 'editor' },
  ])
  expect(await rolesOf(db, project)).toEqual([owner('alice'), { id: 'bob', role: 'editor' }])
  expect(await remove('bob', 'carol')).toEqual([{ id: 'bob', before: 'editor', after: null }])
  expect(await rolesOf(db, project)).toEqual([owner('alice')])
})

it('whoever has several roles counts by the strongest, and has one after the next change', async () => {
  await db.execute(sql`
    insert into authz.relation select 'project', 'p', role, 'user', id
    from unnest('{alice,bob}'::text[]) id, unnest('{owner,editor,viewer}'::text[]) role`)
  expect(await rolesOf(db, project)).toEqual([owner('alice'), owner('bob')])
  expect(await set(viewer('bob'), owner('alice'))).toEqual([{ id: 'bob', before: 'owner', after: 'viewer' }])
  expect(await db.query(sql`select subject_id, relation from authz.relation order by 1`)).toEqual([
    { subject_id: 'alice', relation: 'owner' },
    { subject_id: 'bob', relation: 'viewer' },
  ])
})

it('case 5: somebody always owns it', async () => {
  await set(owner('alice'), viewer('bob'))
  const refused = {
    status: 422,
    code: 'LAST_OWNER',
    message: 'Somebody has to own the project. Make somebody else owner first.',
  }
  await expect(set(viewer('alice'))).rejects.toMatchObject(refused)
  await expect(remove('alice')).rejects.toMatchObject(refused)
  expect(await rolesOf(db, project)).toEqual([owner('alice'), viewer('bob')])
  await set(viewer('alice'), owner('bob'))
  expect(await rolesOf(db, project)).toEqual([viewer('alice'), owner('bob')])
})

it('case 5: of two owners who each remove the other at once, one stays', async () => {
  for (let round = 0; round < 5; round++) {
    await db.execute(sql`truncate authz.relation`)
    await set(owner('alice'), owner('bob'))
    const outcomes = await Promise.allSettled([remove('alice'), set(viewer('bob'))])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect((await rolesOf(db, project)).filter(({ role }) => role === 'owner')).toHaveLength(1)
  }
})

it('members are users, each once, and never everybody', async () => {
  await set(owner('alice'))
  await expect(set(viewer('bob'), viewer('dave'), viewer('erin'))).rejects.toMatchObject({
    status: 404,
    code: 'MEMBER_MISSING',
    message: 'There are no users with these ids: dave, erin.',
  })
  await expect(set(viewer('*'))).rejects.toMatchObject({ status: 422, code: 'MEMBER_INVALID' })
  await expect(remove('*')).rejects.toMatchObject({ status: 422, code: 'MEMBER_INVALID' })
  await expect(set(viewer('bob'), owner('bob'))).rejects.toMatchObject({ status: 422, code: 'MEMBER_INVALID' })
  expect(await rolesOf(db, project)).toEqual([owner('alice')])
})

it('administrators become those of a list: the missing are added, the others removed', async () => {
  const sync = async (ids: string[]) => await transaction(db, async (trx) => await syncAdmins(trx, authz, ids))
  expect(await sync(['bob', 'alice'])).toEqual({ added: ['alice', 'bob'], removed: [] })
  expect(await sync(['carol', 'alice', 'alice'])).toEqual({ added: ['carol'], removed: ['bob'] })
  expect(await sync(['carol', 'alice'])).toEqual({ added: [], removed: [] })
  expect(
    await db.query(sql`select subject_id from authz.relation where object_type = ${platformRef.type} order by 1`),
  ).toEqual([{ subject_id: 'alice' }, { subject_id: 'carol' }])
})
