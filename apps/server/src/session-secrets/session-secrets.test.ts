import { sql } from '@millrace/db'
import { describe, expect, it } from 'vitest'
import { change } from '../change.ts'
import { unseal } from '../secrets/index.ts'
import { type CallServer, useServers } from '../test-server.fixture.ts'
import { copySlots } from './index.ts'

const servers = useServers()
const slots = '/api/data/session_secret_slots'

describe('slots for session secrets', () => {
  it('are made, read with their ETag, changed and removed by those who may write the project', async () => {
    const { alice, project } = await start()
    const made = await alice('POST', slots, {
      body: { project_id: project, filename: 'db.key', description: 'For the db' },
    })
    expect(made).toMatchObject({
      status: 201,
      body: { project_id: project, name: 'db.key', filename: 'db.key', description: 'For the db', created_by: 'alice' },
    })
    const { id, etag } = made.body
    expect(made.headers.get('etag')).toBe(etag)
    expect((await alice('GET', `${slots}/${id}`, { headers: { 'if-none-match': etag } })).status).toBe(304)
    expect((await alice('GET', `/api/data/projects/${project}/session_secret_slots`)).body).toEqual([made.body])
    const patch = async (headers: Record<string, string>, body: object = { name: 'Other', description: '' }) =>
      await alice('PATCH', `${slots}/${id}`, { body, headers })
    expect((await patch({})).status).toBe(428)
    expect((await patch({ 'if-match': '"OTHER"' })).status).toBe(409)
    const changed = await patch({ 'if-match': etag })
    expect(changed).toMatchObject({ status: 200, body: { name: 'Other', filename: 'db.key' } })
    expect(changed.body.description).toBeUndefined()
    expect(changed.body.etag).not.toBe(etag)
    expect((await alice('DELETE', `${slots}/${id}`)).status).toBe(204)
    expect((await alice('GET', `${slots}/${id}`)).status).toBe(404)
  })

  it('have file names that are unique in a project: 409', async () => {
    const { alice, project } = await start()
    const body = { project_id: project, filename: 'a' }
    await alice('POST', slots, { body })
    expect((await alice('POST', slots, { body })).status).toBe(409)
    const { id, etag } = (await alice('POST', slots, { body: { ...body, filename: 'b' } })).body
    const taken = await alice('PATCH', `${slots}/${id}`, { body: { filename: 'a' }, headers: { 'if-match': etag } })
    expect(taken.status).toBe(409)
  })

  it('refuse file names that are no names of files', async () => {
    const { alice, project } = await start()
    for (const filename of ['', '..', 'a/b', 'ä', 'x'.repeat(201)]) {
      expect((await alice('POST', slots, { body: { project_id: project, filename } })).status, filename).toBe(422)
    }
  })

  it('of a private project are not there for strangers, of a public one are read and not changed', async () => {
    const { alice, bob, anonymous, project } = await start()
    const { id, etag } = (await alice('POST', slots, { body: { project_id: project, filename: 'a' } })).body
    const list = `/api/data/projects/${project}/session_secret_slots`
    for (const stranger of [bob, anonymous]) {
      expect((await stranger('GET', `${slots}/${id}`)).status).toBe(404)
      expect((await stranger('GET', list)).status).toBe(404)
    }
    expect((await bob('POST', slots, { body: { project_id: project, filename: 'b' } })).status).toBe(404)
    await publish(alice, project)
    for (const reader of [bob, anonymous]) expect((await reader('GET', list)).status).toBe(200)
    expect((await bob('DELETE', `${slots}/${id}`)).status).toBe(404)
    expect((await bob('PATCH', `${slots}/${id}`, { body: { name: 'x' }, headers: { 'if-match': etag } })).status).toBe(
      404,
    )
    expect((await anonymous('DELETE', `${slots}/${id}`)).status).toBe(401)
  })

  it('are copied without anybody’s secrets', async () => {
    const { alice, project, db, makeProject } = await start()
    await alice('POST', slots, { body: { project_id: project, filename: 'a', name: 'A' } })
    const copy = await makeProject('copy')
    await change(db, { id: 'alice' }, async (trx) => copySlots(trx, { from: project, to: copy, userId: 'alice' }))
    const copied = await alice('GET', `/api/data/projects/${copy}/session_secret_slots`)
    expect(copied.body).toMatchObject([{ name: 'A', filename: 'a', project_id: copy }])
  })
})

describe('session secrets', () => {
  it('are a secret of the user, or a value that becomes one; a further value changes it and null takes it out', async () => {
    const { alice, project, db, settings } = await start()
    const path = `/api/data/projects/${project}/session_secrets`
    const slot = (await alice('POST', slots, { body: { project_id: project, filename: 'a', name: 'The A' } })).body.id
    const patch = async (...body: object[]) => await alice('PATCH', path, { body })
    const linked = await patch({ secret_slot_id: slot, value: 'one' })
    expect(linked).toMatchObject({
      status: 200,
      body: [{ secret_slot: { id: slot, name: 'The A', filename: 'a' }, secret_id: expect.any(String) }],
    })
    const secret = linked.body[0].secret_id
    const known = await alice('GET', `/api/data/user/secrets/${secret}`)
    expect(known.body).toMatchObject({ name: 'The A', kind: 'general', session_secret_slot_ids: [slot] })
    expect((await patch({ secret_slot_id: slot, value: 'two' })).body[0].secret_id).toBe(secret)
    const [sealed] = await db.query<{ id: string }>(sql`select id from secrets.sealed`)
    expect(await unseal({ db, settings }, 'user:alice', [sealed?.id ?? ''])).toEqual(['two'])
    const other = (await alice('POST', '/api/data/user/secrets', { body: { name: 'b', value: 'x' } })).body.id
    expect((await patch({ secret_slot_id: slot, secret_id: other })).body[0].secret_id).toBe(other)
    expect((await patch({ secret_slot_id: slot, value: null })).body).toEqual([])
    expect((await alice('GET', `/api/data/user/secrets/${other}`)).status).toBe(200)
    await patch({ secret_slot_id: slot, secret_id: other })
    expect((await alice('DELETE', path)).status).toBe(204)
    expect((await alice('GET', path)).body).toEqual([])
  })

  it('are of each reader alone', async () => {
    const { alice, bob, anonymous, project } = await start()
    await publish(alice, project)
    const path = `/api/data/projects/${project}/session_secrets`
    const slot = (await alice('POST', slots, { body: { project_id: project, filename: 'a' } })).body.id
    const own = (await alice('PATCH', path, { body: [{ secret_slot_id: slot, value: 'of alice' }] })).body[0].secret_id
    expect((await bob('PATCH', path, { body: [{ secret_slot_id: slot, value: 'of bob' }] })).status).toBe(200)
    expect((await bob('GET', path)).body[0].secret_id).not.toBe(own)
    expect((await anonymous('GET', path)).status).toBe(401)
    const foreign = await bob('PATCH', path, { body: [{ secret_slot_id: slot, secret_id: own }] })
    expect(foreign.status).toBe(404)
  })

  it('name each slot of the project once: others are 422, and nothing is changed', async () => {
    const { alice, project, makeProject } = await start()
    const path = `/api/data/projects/${project}/session_secrets`
    const other = await makeProject('other')
    const slot = (await alice('POST', slots, { body: { project_id: project, filename: 'a' } })).body.id
    const elsewhere = (await alice('POST', slots, { body: { project_id: other, filename: 'a' } })).body.id
    const value = 'x'
    for (const body of [
      [
        { secret_slot_id: slot, value },
        { secret_slot_id: slot, value },
      ],
      [
        { secret_slot_id: slot, value },
        { secret_slot_id: elsewhere, value },
      ],
      [{ secret_slot_id: slot }],
      [{ secret_slot_id: slot, value, secret_id: slot }],
      [{ secret_slot_id: slot, value, user_id: 'bob' }],
    ]) {
      expect((await alice('PATCH', path, { body })).status).toBe(422)
    }
    expect((await alice('GET', path)).body).toEqual([])
  })
})

async function start() {
  const server = await servers.start()
  const [alice, bob] = [server.as('alice'), server.as('bob')]
  for (const user of [alice, bob]) await user('GET', '/api/data/user')
  const namespace = await namespaceOf(alice)
  const makeProject = async (slug: string): Promise<string> =>
    (await alice('POST', '/api/data/projects', { body: { name: slug, slug, namespace } })).body.id
  return { ...server, alice, bob, makeProject, project: await makeProject('first') }
}

async function namespaceOf(user: CallServer): Promise<string> {
  return (await user('GET', '/api/data/user')).body.username
}

async function publish(user: CallServer, project: string): Promise<void> {
  const { etag } = (await user('GET', `/api/data/projects/${project}`)).body
  const body = { visibility: 'public' }
  const answer = await user('PATCH', `/api/data/projects/${project}`, { body, headers: { 'if-match': etag } })
  expect(answer.status).toBe(200)
}
