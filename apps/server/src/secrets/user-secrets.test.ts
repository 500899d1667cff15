import { readFileSync } from 'node:fs'
import { sql } from '@millrace/db'
import { encryptWithPassword } from '@millrace/secrets'
import { describe, expect, it } from 'vitest'
import { useServers } from '../test-server.fixture.ts'
import { unseal } from './index.ts'

const servers = useServers()
const path = '/api/data/user/secrets'
const value = 'the plain text of a password'

const refusedBodies: readonly (readonly [string, object])[] = [
  ['no value', { name: 'a' }],
  ['an empty value', { name: 'a', value: '' }],
  ['a value that is too long', { name: 'a', value: 'x'.repeat(5001) }],
  ['a file name with a path', { name: 'a', value, default_filename: '../a' }],
  ['a file name that is a folder', { name: 'a', value, default_filename: '..' }],
  ['a time without a zone', { name: 'a', value, expiration_timestamp: '2040-01-01T00:00:00' }],
  ['a time that has passed', { name: 'a', value, expiration_timestamp: '2020-01-01T00:00:00Z' }],
  ['an unknown kind', { name: 'a', value, kind: 'other' }],
  ['an unknown field', { name: 'a', value, user_id: 'bob' }],
]

describe('secrets of a user', () => {
  it('are made, listed, read, changed and removed without ever being shown', async () => {
    const { as } = await servers.start()
    const alice = as('alice')
    const made = await alice('POST', path, { body: { name: 'My Token', value } })
    expect(made.status).toBe(201)
    expect(made.body).toEqual({
      id: expect.stringMatching(/^[0-9A-Z]{26}$/),
      name: 'My Token',
      kind: 'general',
      default_filename: expect.stringMatching(/^my-token-[a-z0-9]{8}$/),
      expiration_timestamp: null,
      modification_date: expect.any(String),
      session_secret_slot_ids: [],
      data_connector_ids: [],
    })
    const { id } = made.body
    const list = await alice('GET', path)
    expect(list.body).toEqual([made.body])
    expect(list.headers.get('total')).toBe('1')
    expect((await alice('GET', `${path}?kind=storage`)).body).toEqual([])
    const changed = await alice('PATCH', `${path}/${id}`, { body: { name: 'Other', default_filename: 'a.key' } })
    expect(changed).toMatchObject({ status: 200, body: { name: 'Other', default_filename: 'a.key' } })
    for (const { body } of [made, list, changed]) expect(JSON.stringify(body)).not.toContain(value)
    expect((await alice('DELETE', `${path}/${id}`)).status).toBe(204)
    expect((await alice('GET', `${path}/${id}`)).status).toBe(404)
  })

  it('are nobody else’s: not of others, administrators or the anonymous', async () => {
    const { as, anonymous } = await servers.start()
    const { id } = (await as('alice')('POST', path, { body: { name: 'a', value } })).body
    for (const stranger of [as('bob'), as('root', { is_admin: true })]) {
      expect((await stranger('GET', `${path}/${id}`)).status).toBe(404)
      expect((await stranger('PATCH', `${path}/${id}`, { body: { value: 'x' } })).status).toBe(404)
      expect((await stranger('DELETE', `${path}/${id}`)).status).toBe(404)
      expect((await stranger('GET', path)).body).toEqual([])
    }
    expect((await anonymous('GET', path)).status).toBe(401)
  })

  it('open with the help of the service, and the second time costs no derivation of keys', async () => {
    const { as, db, settings } = await servers.start()
    for (const text of ['one', 'two', 'three']) await as('alice')('POST', path, { body: { name: text, value: text } })
    const ids = await sealedIds(db)
    expect(await unseal({ db, settings }, 'user:alice', ids)).toEqual(['one', 'two', 'three'])
    const atStart = process.cpuUsage()
    await encryptWithPassword('a fresh password', 'salt', 'value')
    const derivation = process.cpuUsage(atStart)
    const atUnseal = process.cpuUsage()
    expect(await unseal({ db, settings }, 'user:alice', ids)).toEqual(['one', 'two', 'three'])
    expect(process.cpuUsage(atUnseal).user).toBeLessThan(derivation.user)
  })

  it('leave no trace in the log, the audit log or anywhere in the database', async () => {
    const { as, db, lines, settings } = await servers.start()
    const alice = as('alice')
    const { id } = (await alice('POST', path, { body: { name: 'a', value } })).body
    await alice('PATCH', `${path}/${id}`, { body: { value: `${value} again` } })
    const key = (await alice('GET', '/api/data/user/secret_key')).body.secret_key
    const { tables } = await db.one<{ tables: string }>(sql`
      select string_agg(query_to_xml(format('select * from %I.%I', schemaname, tablename), true, true, '')::text, '') as tables
      from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`)
    const master = readFileSync(settings.encryptionKeyPath ?? '')
    for (const hidden of [value, key, master.toString('base64'), master.toString('hex')]) {
      expect(JSON.stringify(lines)).not.toContain(hidden)
      expect(tables).not.toContain(hidden)
    }
    const audit = await db.query(sql`select action from audit.event where entity = 'user_secret' order by id`)
    expect(audit).toEqual([{ action: 'insert' }, { action: 'update' }])
  })

  it('keep one sealed value each, which goes with them and with their user', async () => {
    const { as, db } = await servers.start()
    const alice = as('alice')
    const { id } = (await alice('POST', path, { body: { name: 'a', value } })).body
    await alice('POST', path, { body: { name: 'b', value } })
    await alice('PATCH', `${path}/${id}`, { body: { value: 'new' } })
    expect(await sealedIds(db)).toHaveLength(2)
    await alice('DELETE', `${path}/${id}`)
    expect(await sealedIds(db)).toHaveLength(1)
    await db.execute(sql`delete from users."user" where id = 'alice'`)
    expect(await sealedIds(db)).toEqual([])
    expect(await db.query(sql`select from secrets.owner_key where owner = 'user:alice'`)).toEqual([])
  })

  it('count as absent two minutes before they expire, and a new value does not expire', async () => {
    const { as, db } = await servers.start()
    const alice = as('alice')
    const body = { name: 'a', value, default_filename: 'a', expiration_timestamp: inSeconds(600) }
    const { id } = (await alice('POST', path, { body })).body
    const renewed = await alice('PATCH', `${path}/${id}`, { body: { value: 'x' } })
    expect(renewed.body.expiration_timestamp).toBeNull()
    await alice('PATCH', `${path}/${id}`, { body: { expiration_timestamp: inSeconds(600) } })
    await db.execute(sql`update secrets.user_secret set expiration_timestamp = now() + interval '119 seconds'`)
    expect((await alice('GET', `${path}/${id}`)).status).toBe(404)
    expect((await alice('PATCH', `${path}/${id}`, { body: { value: 'x' } })).status).toBe(404)
    expect((await alice('GET', path)).body).toEqual([])
    expect((await alice('POST', path, { body: { name: 'b', value, default_filename: 'a' } })).status).toBe(201)
  })

  it('are refused with values, names and times that cannot be', async () => {
    const { as } = await servers.start()
    for (const [what, body] of refusedBodies) {
      const answer = await as('alice')('POST', path, { body })
      expect(answer.status, what).toBe(422)
      expect(JSON.stringify(answer.body)).not.toContain(value)
    }
  })

  it('have file names of their own: taken is 422 when they are made and 409 when they change', async () => {
    const { as } = await servers.start()
    const make = (name: string, filename: string) =>
      as(name)('POST', path, { body: { name: 'a', value, default_filename: filename } })
    const first = await make('alice', 'one')
    await make('alice', 'two')
    expect((await make('alice', 'two')).status).toBe(422)
    expect((await make('bob', 'two')).status).toBe(201)
    const renamed = await as('alice')('PATCH', `${path}/${first.body.id}`, { body: { default_filename: 'two' } })
    expect(renamed.status).toBe(409)
  })
})

describe('the key of a user', () => {
  it('is made once, and given inside of the cluster', async () => {
    const { as } = await servers.start()
    const { secret_key } = (await as('alice')('GET', '/api/data/user/secret_key')).body
    expect((await as('alice')('GET', '/api/data/user/secret_key')).body.secret_key).toBe(secret_key)
    expect(Buffer.from(secret_key, 'base64url')).toHaveLength(32)
    expect((await as('bob')('GET', '/api/data/user/secret_key')).body.secret_key).not.toBe(secret_key)
  })

  it('is given to nobody outside', async () => {
    const { as, anonymous } = await servers.start({ settings: { clusterNetworks: '10.0.0.0/8' } as never })
    expect((await as('alice')('GET', '/api/data/user/secret_key')).status).toBe(403)
    expect((await anonymous('GET', '/api/data/user/secret_key')).status).toBe(401)
    const spoofed = { headers: { 'x-forwarded-for': '10.1.1.1' } }
    expect((await as('alice')('GET', '/api/data/user/secret_key', spoofed)).status).toBe(403)
  })
})

function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString()
}

async function sealedIds(db: Parameters<typeof unseal>[0]['db']): Promise<string[]> {
  return (await db.query<{ id: string }>(sql`select id from secrets.sealed order by id`)).map(({ id }) => id)
}
