import { type Db, openDatabase, type Sql, sql, transaction } from '@millrace/db'
import { startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { migrateServer } from '../database.ts'
import { anonymous, randomFrom, user } from './access-worlds.fixture.ts'
import { conditionOn } from './compile.ts'
import {
  type Caller,
  countVisible,
  createAuthz,
  type ProjectFilter,
  readableProjects,
  readProjectPage,
} from './index.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
let db: Db
const authz = createAuthz()

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.createDatabase('template')
  await using template = await openDatabase({ url: postgres.url('template'), maxConnections: 1 })
  await migrateServer(template)
  // Thousands of rows, which nobody audits or searches here.
  for (const table of ['common."group"', 'common.namespace', 'common.project', 'authz.relation']) {
    await template.session(async (session) => await session.script(`alter table ${table} disable trigger user`))
  }
  await template.session(async (session) => {
    await session.script(`
      alter table common.namespace enable trigger tally_forgotten;
      alter table common.project enable trigger tallied_insert;
      alter table common.project enable trigger tallied_update;
      alter table common.project enable trigger tallied_delete`)
  })
})

afterAll(async () => await postgres?.stop())

let made = 0
beforeEach(async () => {
  const name = `projects_${++made}`
  await using admin = await openDatabase({ url: postgres.url(), maxConnections: 1 })
  await admin.execute(sql`create database ${sql.identifier(name)} template template`)
  db = await openDatabase({ url: postgres.url(name), maxConnections: 8 })
})

afterEach(async () => await db?.close())

/** Groups g1, g2, …; the caller u1 is a member of every tenth. Projects p1, p2, … changed the longer ago the higher the number. */
async function makeProjects(count: number, options: { readonly groups: number; readonly publicPercent: number }) {
  const { groups, publicPercent } = options
  await db.execute(
    sql`insert into common."group" (id, name, created_by) select 'g' || n, 'g', 'u1' from generate_series(1, ${groups}::int) n`,
  )
  await db.execute(sql`
    insert into common.namespace (id, slug, group_id, created_by)
    select 'g' || n, 'g' || n, 'g' || n, 'u1' from generate_series(1, ${groups}::int) n`)
  await db.execute(sql`
    insert into authz.relation
    select 'group', 'g' || n, (array['owner', 'editor', 'viewer'])[1 + n % 3], 'user', 'u1' from generate_series(1, ${groups}::int, 10) n`)
  await db.execute(sql`
    insert into common.project (id, namespace_id, slug, name, visibility, created_by, updated_at)
    select
      'p' || n, 'g' || 1 + (n * 7919) % ${groups}::int, 'p' || n, 'p',
      case when (n * 104729) % 100 < ${publicPercent}::int then 'public' else 'private' end, 'u', now() - n * interval '1 minute'
    from generate_series(1, ${count}::int) n`)
  await db.execute(sql`
    insert into authz.relation select 'project', id, 'project_namespace', 'group', namespace_id from common.project`)
  await db.execute(sql`
    insert into authz.relation select 'project', id, 'public_viewer', kind, '*'
    from common.project, unnest('{user,anonymous_user}'::text[]) kind where visibility = 'public'`)
  // Four of every other user, and ten of the caller's.
  await db.execute(sql`
    insert into authz.relation
    select 'project', 'p' || n, 'owner', 'user', 'u' || 2 + n % (${count}::int / 4) from generate_series(1, ${count}::int) n`)
  await db.execute(sql`
    insert into authz.relation
    select 'project', 'p' || n, 'viewer', 'user', 'u1' from generate_series(7, ${count}::int, ${count / 10}::int) n`)
  // While the server looks at something by itself, a vacuum leaves pages that later statements would have to look up rows in.
  const isUnseen = sql`
    select from pg_class where relallvisible < relpages
      and oid = any('{common.project,common.namespace,common.project_tally,authz.relation}'::regclass[])`
  await expect
    .poll(async () => {
      await db.execute(sql`vacuum analyze common.project, common.namespace, common.project_tally, authz.relation`)
      return (await db.query(isUnseen)).length
    })
    .toBe(0)
}

const callers: Readonly<Record<string, Caller>> = {
  'somebody in many groups': user('u1'),
  'somebody with projects only': user('u5'),
  'a stranger': user('nobody'),
  'an administrator': user('root', { isAdmin: true }),
  'an administrator by relation': user('admin'),
  'somebody anonymous': anonymous,
}

/** By the plain condition on every project, and a count of all that it holds for. */
async function plainly(
  caller: Caller,
  { namespaceId, directMember = false }: ProjectFilter,
  range: { limit: number; offset: number },
) {
  const condition = sql`
    ${authz.visible(caller, directMember ? 'direct_member' : 'read', 'project', { id: sql`p.id` })}
    and ${namespaceId === undefined ? sql`true` : sql`p.namespace_id = ${namespaceId}`}`
  const rows = await db.query<{ id: string }>(sql`
    select p.id from common.project p where ${condition}
    order by p.updated_at desc, p.id desc limit ${range.limit} offset ${range.offset}`)
  const { total } = await db.one<{ total: number }>(
    sql`select count(*) as total from common.project p where ${condition}`,
  )
  return { ids: rows.map(({ id }) => id), total }
}

it.each([5, 60])('pages and totals are those of the plain condition (%i percent public)', async (publicPercent) => {
  await makeProjects(400, { groups: 40, publicPercent })
  await db.execute(sql`insert into authz.relation values ('platform', 'renku', 'admin', 'user', 'admin')`)
  const filters: ProjectFilter[] = [
    {},
    { directMember: true },
    { namespaceId: sql`${'g1'}` },
    { namespaceId: sql`${'g2'}` },
    { namespaceId: sql`(select id from common.namespace where slug = ${'none'})` },
    { namespaceId: sql`${'g2'}`, directMember: true },
  ]
  for (const caller of Object.values(callers)) {
    for (const filter of filters) {
      for (const range of [
        { limit: 20, offset: 0 },
        { limit: 7, offset: 21 },
        { limit: 100, offset: 300 },
        { limit: 1, offset: 100_000 },
      ]) {
        const { rows, total } = await readProjectPage<{ id: string }>(
          db,
          { caller, filter, range },
          (page) => sql`select id from (${page}) as p`,
        )
        expect({ ids: rows.map(({ id }) => id), total }).toEqual(await plainly(caller, filter, range))
      }
    }
  }
})

it('a total is the number of projects, whatever changes at the same time', async () => {
  await makeProjects(60, { groups: 6, publicPercent: 50 })
  const random = randomFrom(5)
  const below = (limit: number) => Math.floor(random() * limit)
  let made = 1000
  const insert = () => {
    made += 10
    return sql`
      insert into common.project (id, namespace_id, slug, name, visibility, created_by)
      select 'n' || n, 'g' || 1 + n % 3, 'n' || n, 'n', ${below(2) ? 'public' : 'private'}, 'u'
      from generate_series(${made}::int, ${made + below(4)}::int) n`
  }
  const changes: readonly (() => Sql)[] = [
    insert,
    () => sql`
      delete from common.project
      where id in (select id from common.project order by md5(id || ${`${below(99)}`}) limit ${below(4)})`,
    () =>
      sql`update common.project set visibility = ${below(2) ? 'public' : 'private'} where id like ${`%${below(10)}`}`,
    () => sql`update common.project set namespace_id = ${`g${1 + below(3)}`} where id like ${`n%${below(10)}`}`,
    () => sql`update common.project set name = ${`name ${below(9)}`}`,
  ]
  const steps = Array.from({ length: 80 }, (_, nth) => (changes[nth % changes.length] ?? insert)())
  const apply = async (own: readonly Sql[]) => {
    for (const [nth, step] of own.entries()) {
      const work = transaction(db, async (trx) => {
        await trx.execute(step)
        if (nth % 7 === 3) throw new Error('rolled back')
      })
      await work.catch((error: Error) => {
        if (error.message !== 'rolled back') throw error
      })
    }
  }
  let changing = true
  const compare = async () => {
    do {
      const { tallied, counted } = await db.one<{ tallied: string; counted: string }>(sql`
        select
          (select coalesce(string_agg(t::text, ' '), '') from (
            select namespace_id, sum(public) as public, sum(private) as private from common.project_tally
            group by 1 having sum(public) <> 0 or sum(private) <> 0 order by 1
          ) t) as tallied,
          (select coalesce(string_agg(t::text, ' '), '') from (
            select
              coalesce(namespace_id, '*'), count(*) filter (where visibility = 'public')::numeric,
              count(*) filter (where visibility = 'private')::numeric
            from common.project group by grouping sets (namespace_id, ()) having count(*) > 0 order by 1
          ) t) as counted`)
      expect(tallied).toBe(counted)
    } while (changing)
  }
  const watcher = compare()
  await Promise.all(
    [0, 1, 2, 3].map((nth) => apply(steps.filter((_, index) => Math.floor(index / 5) % 4 === nth))),
  ).finally(() => {
    changing = false
  })
  await watcher
  for (const caller of Object.values(callers)) {
    const columns = { project_namespace: sql`p.namespace_id`, public_viewer: sql`p.visibility = 'public'` }
    const condition = authz.visible(caller, 'read', 'project', { id: sql`p.id`, ...columns })
    const { total } = await db.one<{ total: number }>(
      sql`select count(*) as total from common.project p where ${condition}`,
    )
    expect(await countVisible(db, caller)).toBe(total)
  }
  await db.execute(sql`delete from common."group" where id in ('g1', 'g2')`)
  await compare()
  expect(await db.query(sql`select from common.project_tally where namespace_id in ('g1', 'g2')`)).toEqual([])
})

/** Pages of the database that the statement reads, and how often it was planned in eight times, on a connection of its own. */
async function cost(statement: Sql): Promise<{ readonly buffers: number; readonly planned: number }> {
  await using own = await openDatabase({ url: postgres.url(`projects_${made}`), maxConnections: 1 })
  for (let time = 0; time < 8; time++) await own.query(statement)
  const { planned } = await own.one<{ planned: number }>(sql`
    select custom_plans as planned from pg_prepared_statements order by generic_plans + custom_plans desc limit 1`)
  const lines = await own.query<{ 'QUERY PLAN': string }>(sql`
    explain (analyze, buffers, timing off, summary off) ${statement}`)
  // The first is of the whole statement.
  const buffers = lines
    .map((line) => /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/.exec(line['QUERY PLAN']))
    .find(Boolean)
  return { buffers: Number(buffers?.[1] ?? 0) + Number(buffers?.[2] ?? 0), planned }
}

it.each([0, 30])(
  'lists and questions read no more of 10,000 projects than of 1,000 (%i percent public)',
  async (publicPercent) => {
    for (const count of [1000, 10_000]) {
      await db.execute(
        sql`truncate authz.relation, common."group", common.namespace, common.project, common.project_tally cascade`,
      )
      await makeProjects(count, { groups: 500, publicPercent })
      await db.execute(sql`insert into authz.relation select 'project', id, 'owner', 'user', 'u0' from common.project`)
      for (const [name, caller] of Object.entries(callers)) {
        const { page, likelyPage, total } = readableProjects(caller, {}, { limit: 20, offset: 0 })
        for (const one of likelyPage === null ? [page] : [likelyPage, page]) {
          const list = await cost(sql`
          select ${total} as total, page.* from (select) as one left join lateral (${one}) as page on true`)
          expect(list.buffers, `list of ${name}, ${count} projects`).toBeLessThan(350)
          // Afterwards a statement keeps its plan.
          expect(list.planned, `list of ${name}, ${count} projects`).toBeLessThan(6)
        }
      }
      for (const caller of [user('u1'), user('nobody'), user('u0'), anonymous]) {
        const asked = sql`jsonb_to_recordset(${sql.json([{ id: 'p9' }])}::jsonb) as asked (id text)`
        const question = await cost(
          sql`select from ${asked} where ${conditionOn(caller, 'project', 'read', sql`asked.id`)}`,
        )
        expect(question.buffers, `question of ${caller.id}, ${count} projects`).toBeLessThan(30)
        expect(question.planned, `question of ${caller.id}, ${count} projects`).toBeLessThan(6)
      }
    }
  },
  60_000,
)
