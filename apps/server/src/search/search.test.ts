import { openDatabase, sql } from '@millrace/db'
import { describe, expect, it } from 'vitest'
import { user } from '../authz/access-worlds.fixture.ts'
import { createAuthz } from '../authz/index.ts'
import { allJobs } from '../jobs/all-jobs.ts'
import { startJobs } from '../jobs/index.ts'
import { sharingReads } from '../sharing-reads.ts'
import { type CallServer, type TestServer, useServers } from '../test-server.fixture.ts'
import { parseQuery } from './parse-query.ts'
import { searchEntities } from './search-entities.ts'

const servers = useServers()

async function create(call: CallServer, path: string, body: unknown) {
  const answer = await call('POST', `/api/data/${path}`, { body })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}

const names = async (call: CallServer, q: string, more = '') => {
  const { status, body } = await call('GET', `/api/data/search/query?q=${encodeURIComponent(q)}${more}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body.items.map(({ type, slug }: { type: string; slug: string }) => `${type} ${slug}`).sort()
}

/** Ada owns a group with a public and a private project, Bob views the group, Eve is a stranger. */
async function populated(server: TestServer) {
  const person = (id: string, first_name: string) => server.as(id, { first_name, email: `${id}@example.org` })
  const [ada, bob, eve] = [person('ada', 'Ada'), person('bob', 'Bob'), person('eve', 'Eve')]
  for (const call of [ada, bob, eve]) await call('GET', '/api/data/user')
  const group = await create(ada, 'groups', { name: 'Forest Watch', slug: 'forest' })
  const members = [{ id: 'bob', role: 'viewer' }]
  expect((await ada('PATCH', '/api/data/groups/forest/members', { body: members })).status).toBe(200)
  const open = await create(ada, 'projects', {
    ...{ name: 'Fire maps', namespace: 'forest', visibility: 'public', keywords: ['Climate', 'maps'] },
    description: 'Where it burns, and how often',
  })
  const closed = await create(ada, 'projects', { name: 'Fire budget', namespace: 'forest', keywords: ['money'] })
  const own = await create(eve, 'projects', { name: 'Fire drill', namespace: 'eve' })
  return { ada, bob, eve, root: server.as('root', { is_admin: true }), group, open, closed, own }
}

describe('search', () => {
  it('is planned a few times, and then no more, whatever is looked for', async () => {
    const { databaseUrl } = await servers.start()
    await using db = await openDatabase({ url: databaseUrl, maxConnections: 1 })
    for (let time = 0; time < 10; time++) {
      const query = parseQuery(`word${time} keyword:k${time},a visibility:public created>202${time % 7}`, new Date())
      const page = { limit: 1 + time, offset: time, allKeywords: time % 2 === 0 }
      await searchEntities(sharingReads(db), createAuthz(), user('ada'), query, page)
    }
    const plans = await db.query(sql`
      select generic_plans >= 5 as is_kept, custom_plans from pg_prepared_statements 
      where statement like '%search.entity%' and statement not like '%pg_prepared_statements%'`)
    expect(plans).toEqual([{ is_kept: true, custom_plans: 5 }])
  })

  it('finds what the caller may see and nothing else, counted and in facets too', async () => {
    const server = await servers.start()
    const { ada, bob, eve, root } = await populated(server)
    const [open, closed, own] = ['Project fire-maps', 'Project fire-budget', 'Project fire-drill']
    expect(await names(server.anonymous, 'fire')).toEqual([open])
    expect(await names(eve, 'fire')).toEqual([own, open].sort())
    expect(await names(bob, 'fire')).toEqual([closed, open])
    expect(await names(ada, 'fire')).toEqual([closed, open])
    expect(await names(root, 'fire')).toEqual([closed, own, open].sort())
    const { body, headers } = await eve('GET', '/api/data/search/query?q=fire&per_page=1')
    expect(body.facets).toEqual({ entityType: { Project: 2 }, keywords: { Climate: 1, maps: 1 } })
    expect(body.pagingInfo).toEqual({ page: { limit: 1, offset: 0 }, totalResult: 2, totalPages: 2, nextPage: 2 })
    const totals = ['x-page', 'x-per-page', 'x-total', 'x-total-pages'].map((name) => headers.get(name))
    expect(totals).toEqual(['1', '1', '2', '2'])
    const past = await eve('GET', '/api/data/search/query?q=fire&page=7')
    expect([past.body.items, past.headers.get('x-total')]).toEqual([[], '2'])
  })

  it('says of each what people look for', async () => {
    const server = await servers.start()
    const { group, open } = await populated(server)
    const { body } = await server.anonymous('GET', '/api/data/search/query?q=type:Project')
    expect(body.items).toEqual([
      {
        ...{ type: 'Project', id: open.id, name: 'Fire maps', slug: 'fire-maps', path: 'forest/fire-maps', score: 0 },
        ...{ visibility: 'public', keywords: ['Climate', 'maps'], repositories: [], creationDate: expect.any(String) },
        description: 'Where it burns, and how often',
        createdBy: { id: 'ada', slug: 'ada', firstName: 'Ada' },
        namespace: { type: 'Group', id: group.id, slug: 'forest', path: 'forest', name: 'Forest Watch' },
      },
    ])
    const users = await server.anonymous('GET', '/api/data/search/query?q=type:User%20bob')
    expect(users.body.items).toMatchObject([{ type: 'User', id: 'bob', slug: 'bob', path: 'bob', firstName: 'Bob' }])
    expect(JSON.stringify(users.body)).not.toContain('example.org')
  })

  it('looks for words by their beginnings, phrases, and fields', async () => {
    const server = await servers.start()
    const { ada, group } = await populated(server)
    const maps = 'Project fire-maps'
    for (const [query, found] of [
      ['FIR map', [maps]],
      ['"burns and how"', [maps]],
      ['"how burns"', []],
      ['climate', [maps]],
      ['urns', []],
      ['fire-maps', [maps]],
      ["name:'; drop table users", []],
      ['name:burns', []],
      ['name:"maps fire"', [maps]],
      ['keyword:CLIMATE,other', [maps]],
      ['namespace:forest visibility:public', [maps]],
      ['namespace:nowhere', []],
      [`id:${group.id}`, ['Group forest']],
      ['slug:fire-maps', [maps]],
      ['createdby:@ada type:Project visibility:public', [maps]],
      ['createdby:ada type:group', ['Group forest']],
      ['role:owner type:Group', ['Group forest']],
      ['role:viewer', []],
      ['created>today', []],
      ['created:today slug:fire-maps', [maps]],
      ['created<today', []],
      ['doi:10.1/x', []],
      ['publisher_name:zenodo', []],
      ['\u6f22'.repeat(1000), []],
      ['— · …', await names(ada, '')],
    ] as const) {
      expect(await names(ada, query), query).toEqual(found)
    }
    const wrong = await ada('GET', '/api/data/search/query?q=tpye:x')
    expect([wrong.status, wrong.body.error.message]).toEqual([422, expect.stringContaining('Did you mean "type"?')])
    expect((await ada('GET', '/api/data/search/query?q=%00')).status).toBe(422)
  })

  it('finds by members, of the entity itself or of what it is in', async () => {
    const server = await servers.start()
    const { ada, eve } = await populated(server)
    expect(await names(ada, 'direct_member:@bob')).toEqual(['Group forest'])
    expect(await names(ada, 'inherited_member:@bob')).toEqual([
      ...['Group forest', 'Project fire-budget', 'Project fire-maps'],
    ])
    expect(await names(eve, 'inherited_member:@bob')).toEqual(['Group forest', 'Project fire-maps'])
    expect(await names(ada, 'direct_member:@bob,@ada')).toEqual(['Group forest'])
    expect(await names(ada, 'direct_member:@bob,@eve')).toEqual([])
    expect(await names(ada, 'direct_member:nobody')).toEqual([])
  })

  it('puts names before descriptions, and sorts as asked', async () => {
    const server = await servers.start()
    const { ada } = await populated(server)
    await create(ada, 'projects', { name: 'Other', namespace: 'ada', description: 'about maps and more' })
    const order = async (q: string) =>
      (await ada('GET', `/api/data/search/query?q=${encodeURIComponent(q)}`)).body.items.map(
        ({ name }: { name: string }) => name,
      )
    expect(await order('maps')).toEqual(['Fire maps', 'Other'])
    expect(await order('type:Project sort:name-desc')).toEqual(['Other', 'Fire maps', 'Fire budget'])
    const asMade = ['Fire maps', 'Fire budget', 'Other']
    expect(await order('type:Project sort:created-asc')).toEqual(asMade)
    expect(await order('type:Project sort:created-desc')).toEqual(asMade.toReversed())
  })

  it.each(['', ' sort:name-asc', ' sort:created-desc'])(
    'answers alike whether few are found or many%s',
    async (sort) => {
      const server = await servers.start()
      const { ada, group } = await populated(server)
      await server.db.execute(sql`
      insert into common.project (id, namespace_id, slug, name, visibility, keywords, created_by, creation_date)
      select 'kelp' || n, ${group.id}, 'kelp-' || n, case n % 3 when 0 then 'kelp ' else 'Alga ' end || n, 'public',
        array['tide', 'Salt ' || n % 2, 'year ' || n], 'ada', now() - n % 4 * interval '1 day'
      from generate_series(1, 40) n`)
      const search = async (q: string, more = '') =>
        (await ada('GET', `/api/data/search/query?q=${encodeURIComponent(q)}${more}`)).body
      const some = Array.from({ length: 30 }, (_, n) => `kelp${1 + n}`)
      const [few, many] = [`kelp id:${some.join(',')}${sort}`, `kelp${sort}`]
      const all = await search(many, '&per_page=100')
      const found = await search(few, '&per_page=100')
      expect(found.items).toHaveLength(30)
      expect(found.items).toEqual(all.items.filter(({ id }: { id: string }) => some.includes(id)))
      expect((await search(few, '&per_page=7&page=2')).items).toEqual(found.items.slice(7, 14))
      expect((await search(many, '&per_page=7&page=2')).items).toEqual(all.items.slice(7, 14))
      const counted = async (q: string) => {
        const { facets, pagingInfo } = await search(q)
        const { tide, 'Salt 0': even, 'Salt 1': odd } = facets.keywords
        return [pagingInfo.totalResult, facets.entityType, tide, even, odd, Object.keys(facets.keywords).length]
      }
      expect(await counted(few)).toEqual([30, { Project: 30 }, 30, 15, 15, 33])
      expect(await counted(many)).toEqual([40, { Project: 40 }, 40, 20, 20, 43])
    },
  )

  it('follows changes at once: a rename of a group, of a user, a project that goes', async () => {
    const server = await servers.start()
    const { ada, open } = await populated(server)
    const renamed = await ada('PATCH', '/api/data/groups/forest', { body: { slug: 'woods', name: 'Woods' } })
    expect(renamed.status).toBe(200)
    expect(await names(ada, 'forest')).toEqual([])
    expect(await names(ada, 'woods')).toEqual(['Group woods'])
    expect(await names(ada, 'namespace:woods')).toEqual(['Project fire-budget', 'Project fire-maps'])
    expect(await names(ada, 'namespace:forest')).toEqual(['Project fire-budget', 'Project fire-maps'])
    expect((await ada('DELETE', `/api/data/projects/${open.id}`)).status).toBe(204)
    expect(await names(ada, 'maps')).toEqual([])
  })
})

describe('reprovisioning', () => {
  const path = '/api/data/search/reprovision'

  it('builds the index anew and tells everything once more, one at a time', async () => {
    const server = await servers.start()
    const { ada, root, closed } = await populated(server)
    expect((await ada('POST', path)).status).toBe(403)
    expect((await server.anonymous('POST', path)).status).toBe(401)
    expect((await root('GET', path)).status).toBe(404)
    await server.db.execute(sql`delete from search.entity`)
    await server.db.execute(sql`delete from events.event`)
    const begun = await root('POST', path)
    expect(begun).toMatchObject({ status: 201, body: { requested_by: 'root' } })
    expect((await root('POST', path)).status).toBe(409)
    expect((await root('GET', path)).body).toEqual(begun.body)
    {
      await using _jobs = await startJobs(server.server.context, { jobs: allJobs, pollIntervalMs: 50 })
      await expect.poll(async () => (await root('GET', path)).status).toBe(404)
    }
    expect(await names(ada, 'fire')).toEqual(['Project fire-budget', 'Project fire-maps'])
    const events = await server.db.query<{ type: string; payload: Record<string, unknown> }>(
      sql`select type, payload from events.event order by id`,
    )
    const { users } = await server.db.one<{ users: number }>(sql`select count(*) as users from users."user"`)
    expect(events.at(0)).toEqual({ type: 'reprovisioning.started', payload: { id: begun.body.id } })
    expect(events.at(-1)).toEqual({ type: 'reprovisioning.finished', payload: { id: begun.body.id } })
    // Two of its own, a group with two members, three projects with an owner each.
    expect(events).toHaveLength(2 + users + 1 + 2 + 3 + 3)
    expect(events).toContainEqual({ type: 'memberGroup.added', payload: expect.objectContaining({ role: 'VIEWER' }) })
    expect(events).toContainEqual({
      type: 'project.created',
      payload: expect.objectContaining({ id: closed.id, visibility: 'PRIVATE', namespace: 'forest' }),
    })
  })

  it('can be called off', async () => {
    const server = await servers.start()
    const root = server.as('root', { is_admin: true })
    await root('POST', path)
    expect((await root('DELETE', path)).status).toBe(204)
    expect((await root('DELETE', path)).status).toBe(204)
    expect((await root('POST', path)).status).toBe(201)
  })
})
