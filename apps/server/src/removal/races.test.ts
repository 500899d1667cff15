import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { groups, newGroup, newProject, projects, signedIn, statusOf } from '../people.fixture.ts'
import { type Answer, someoneWaits, type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()

/** Relations whose project or group is not there. */
async function danglingRelations(server: TestServer): Promise<number> {
  return await server.db.execute(sql`
    select from authz.relation r
    where (r.object_type = 'project' and r.object_id not in (select id from common.project))
      or (r.object_type = 'group' and r.object_id not in (select id from common."group"))`)
}

function statuses(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).sort()
}

test('of those who create the same slug at once exactly one does', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const ten = Array.from({ length: 10 })
  const made = await Promise.all(
    ten.map(async () => await alice('POST', projects, { body: { name: 'Delays', namespace: 'alice' } })),
  )
  expect(statuses(made)).toEqual([201, ...Array(9).fill(409)])
  const grouped = await Promise.all(
    ten.map(async () => await alice('POST', groups, { body: { name: 'Team', slug: 'team' } })),
  )
  expect(statuses(grouped)).toEqual([201, ...Array(9).fill(422)])
  expect((await alice('GET', projects)).headers.get('total')).toBe('1')
  expect((await alice('GET', groups)).headers.get('total')).toBe('1')
  expect(await danglingRelations(server)).toBe(0)
})

test('of two who rename at once one wins, and both former slugs lead there', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  for (let round = 0; round < 5; round++) {
    const slug = `team-${round}`
    const { id } = await newGroup(alice, slug)
    const renames = await Promise.all(
      ['x', 'y'].map(async (to) => await alice('PATCH', `${groups}/${slug}`, { body: { slug: `${slug}-${to}` } })),
    )
    expect(statuses(renames)).toEqual([200, 409])
    const { body } = await alice('GET', `${groups}/${slug}`)
    expect(body).toMatchObject({ id, slug: renames.find(({ status }) => status === 200)?.body.slug })
  }
  // Two groups that want the same slug, and two changes of one project by the same ETag.
  await newGroup(alice, 'a')
  await newGroup(alice, 'b')
  const wanted = await Promise.all(
    ['a', 'b'].map(async (slug) => await alice('PATCH', `${groups}/${slug}`, { body: { slug: 'c' } })),
  )
  expect(statuses(wanted)).toEqual([200, 422])
  const { id, etag } = await newProject(alice, { namespace: 'alice' })
  const headers = { 'if-match': etag }
  const changes = await Promise.all(
    ['one', 'two', 'three'].map(async (slug) => await alice('PATCH', `${projects}/${id}`, { headers, body: { slug } })),
  )
  expect(statuses(changes)).toEqual([200, 409, 409])
})

test('of two owners who remove each other at once one stays', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  await signedIn(server, 'carol')
  await newGroup(alice, 'home')
  for (let round = 0; round < 5; round++) {
    await newGroup(alice, `team-${round}`)
    const { id } = await newProject(alice, { namespace: 'home', slug: `delays-${round}` })
    for (const path of [`${groups}/team-${round}/members`, `${projects}/${id}/members`]) {
      await alice('PATCH', path, { body: [{ id: 'bob', role: 'owner' }] })
      const answers = await Promise.all([
        alice('DELETE', `${path}/bob`),
        bob('PATCH', path, { body: [{ id: 'alice', role: 'viewer' }] }),
      ])
      for (const { status } of answers) expect([200, 204, 404, 422]).toContain(status)
      const { body } = await server.call('GET', path)
      expect(body.filter(({ role }: { role: string }) => role === 'owner').length).toBeGreaterThan(0)
    }
  }
})

test('what is added to something while it is removed is there before and goes too, or is not added', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const root = await signedIn(server, 'root', { is_admin: true })
  await signedIn(server, 'bob')
  await newGroup(alice, 'other')
  for (let round = 0; round < 8; round++) {
    const slug = `team-${round}`
    await newGroup(alice, slug)
    const moving = await newProject(alice, { namespace: 'other', slug: `moving-${round}` })
    const leaving = await newProject(alice, { namespace: slug, slug: `leaving-${round}` })
    const [removed, added, member, moved, left] = await Promise.all([
      alice('DELETE', `${groups}/${slug}`),
      alice('POST', projects, { body: { name: 'Late', namespace: slug } }),
      alice('PATCH', `${groups}/${slug}/members`, { body: [{ id: 'bob', role: 'viewer' }] }),
      alice('PATCH', `${projects}/${moving.id}`, { headers: { 'if-match': moving.etag }, body: { namespace: slug } }),
      alice('PATCH', `${projects}/${leaving.id}`, {
        headers: { 'if-match': leaving.etag },
        body: { namespace: 'other' },
      }),
    ])
    expect(removed.status).toBe(204)
    expect([201, 404]).toContain(added.status)
    expect([200, 404]).toContain(member.status)
    expect([200, 404]).toContain(moved.status)
    expect([200, 404]).toContain(left.status)
    // What came in before the removal went with it; what left before stayed whole.
    expect(await statusOf(alice, `${projects}/${moving.id}`)).toBe(moved.status === 200 ? 404 : 200)
    expect(await statusOf(alice, `${projects}/${leaving.id}`)).toBe(left.status === 200 ? 200 : 404)
    if (left.status === 200) expect((await alice('GET', `${projects}/${leaving.id}/members`)).body).toHaveLength(1)
  }
  const [{ status }, grown] = await Promise.all([
    root('DELETE', '/api/data/users/bob'),
    alice('PATCH', `${groups}/other/members`, { body: [{ id: 'bob', role: 'viewer' }] }),
  ])
  expect(status).toBe(204)
  expect([200, 404]).toContain(grown.status)
  expect((await alice('GET', `${groups}/other/members`)).body).toHaveLength(1)
  expect(await danglingRelations(server)).toBe(0)
})

test('a project that is moved while somebody changes its members is there for them all the same', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  await signedIn(server, 'bob')
  await newGroup(alice, 'team')
  const { id } = await newProject(alice, { namespace: 'alice' })
  await server.db.session(async (session) => {
    await session.script('begin')
    await session.execute(sql`
      update common.project set namespace_id = (select id from common.namespace where slug = 'team') where id = ${id}`)
    const changed = alice('PATCH', `${projects}/${id}/members`, { body: [{ id: 'bob', role: 'viewer' }] })
    await someoneWaits(server)
    await session.script('commit')
    expect((await changed).status).toBe(200)
  })
})

test('case 12: of a server that is killed between the relations and the commit nothing remains', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const before = await server.db.execute(sql`select from authz.relation`)
  const other = startOther(server)
  try {
    const url = await Promise.race([firstLine(other), once(other, 'exit').then(() => 'no server')])
    expect(url).toMatch(/^http/)
    // The event is written after the relations: nobody gets to it for now.
    await server.db.session(async (session) => {
      await session.script('begin; lock table events.event in access exclusive mode')
      const created = fetch(`${url}${projects}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${JSON.stringify({ id: 'alice' })}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Delays', namespace: 'alice' }),
      }).catch(() => undefined)
      await expect
        .poll(
          async () =>
            await server.db.execute(sql`
          select from pg_locks where relation = 'events.event'::regclass and not granted and database = (
            select oid from pg_database where datname = current_database())`),
        )
        .toBe(1)
      other.kill('SIGKILL')
      await once(other, 'exit')
      await created
      await session.script('rollback')
    })
  } finally {
    other.kill('SIGKILL')
  }
  // The database notices that its client is gone when it answers.
  await expect
    .poll(
      async () =>
        await server.db.execute(sql`
      select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`),
    )
    .toBe(0)
  expect((await alice('GET', projects)).headers.get('total')).toBe('0')
  expect(await server.db.execute(sql`select from authz.relation`)).toBe(before)
  expect(await server.db.execute(sql`select from events.event where type like 'project%'`)).toBe(0)
  expect((await alice('POST', projects, { body: { name: 'Delays', namespace: 'alice' } })).status).toBe(201)
})

/** A server on the same database, in a process of its own; prints its address. */
function startOther({ databaseUrl, artifactFolder }: TestServer): ChildProcess {
  const program = `
    import { createLogger } from '@millrace/core'
    import { openDatabase } from '@millrace/db'
    import { localArtifacts } from '@millrace/engine'
    import { startServer } from '${new URL('../start-server.ts', import.meta.url)}'
    const server = await startServer({
      db: await openDatabase({ url: process.env.URL }),
      artifacts: localArtifacts(process.env.FOLDER),
      log: await createLogger({ name: 'killed', write: () => {} }),
      adminToken: 'unused', port: 0, scheduler: false, dummyUsers: true,
    })
    console.log(server.url)`
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return spawn(process.execPath, ['--conditions=@millrace/source', '--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    env: { PATH, NODE_COMPILE_CACHE, URL: databaseUrl, FOLDER: artifactFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout ?? child, 'data')
  return String(chunk).trim()
}
