import { randomBytes } from 'node:crypto'
import { readPlatformSettings } from '@millrace/core'
import { sql } from '@millrace/db'
import { hashToken } from '@millrace/http'
import { expect, it } from 'vitest'
import { type TestServer, useServers } from '../test-server.fixture.ts'
import { type FakeKeycloak, startFakeKeycloak } from './fake-keycloak.fixture.ts'
import { adminSync, fullUserSync, userSync } from './index.ts'

const servers = useServers()
const signal = new AbortController().signal

const settingsOf = (keycloak: FakeKeycloak) =>
  readPlatformSettings({
    env: {
      MILLRACE_KEYCLOAK_URL: keycloak.url,
      MILLRACE_KEYCLOAK_CLIENT_ID: keycloak.clientId,
      MILLRACE_KEYCLOAK_CLIENT_SECRET: keycloak.clientSecret,
    },
  })
const start = async (keycloak: FakeKeycloak) => await servers.start({ settings: settingsOf(keycloak) })
const usersOf = async ({ db }: TestServer) =>
  (
    await db.query<{ text: string }>(sql`
      select concat_ws(' ', u.id, n.slug, u.email, u.first_name) as text
      from users."user" u join common.namespace n on n.user_id = u.id order by u.id`)
  ).map(({ text }) => text)

it('brings all users over at first, then those that something happened to', async () => {
  await using keycloak = await startFakeKeycloak()
  const server = await start(keycloak)
  const { context } = server.server
  keycloak.users.set('ada-1', { id: 'ada-1', email: 'ada@example.org', firstName: 'Ada' })
  keycloak.users.set('bob-1', { id: 'bob-1', email: 'bob@example.org' })
  expect(await userSync.run(context, signal)).toMatchObject({ all: true, added: 2 })
  expect(await usersOf(server)).toEqual(['ada-1 ada ada@example.org Ada', 'bob-1 bob bob@example.org'])

  const time = Date.now()
  keycloak.users.set('ada-1', { id: 'ada-1', email: 'ada@example.org', firstName: 'Augusta' })
  keycloak.events.push({ time, type: 'UPDATE_PROFILE', userId: 'ada-1' })
  keycloak.users.set('eve-1', { id: 'eve-1', email: 'eve@example.org' })
  keycloak.adminEvents.push({ time, operationType: 'CREATE', resourcePath: 'users/eve-1' })
  keycloak.users.delete('bob-1')
  keycloak.adminEvents.push({ time, operationType: 'DELETE', resourcePath: 'users/bob-1' })
  keycloak.adminEvents.push({ time, operationType: 'CREATE', resourcePath: 'users/eve-1/role-mappings/realm' })
  keycloak.asked.length = 0
  expect(await userSync.run(context, signal)).toMatchObject({ added: 1, updated: 1, removed: 1, unchanged: 0 })
  expect(await usersOf(server)).toEqual(['ada-1 ada ada@example.org Augusta', 'eve-1 eve eve@example.org'])
  expect(keycloak.asked.some((path) => /\/users\?/.test(path))).toBe(false)
  expect(await userSync.run(context, signal)).toMatchObject({ added: 0, updated: 0, removed: 0 })
  const events = await server.db.query<{ type: string }>(
    sql`select type from events.event where type like 'user.%' order by id`,
  )
  expect(events.map(({ type }) => type).sort()).toEqual([
    ...['user.added', 'user.added', 'user.added', 'user.removed', 'user.updated'],
  ])
})

it('ends what somebody is signed in with as soon as Keycloak disables them', async () => {
  await using keycloak = await startFakeKeycloak()
  const server = await start(keycloak)
  const { context } = server.server
  const tokens = new Map<string, string>()
  for (const id of ['ada-1', 'bob-1']) {
    keycloak.users.set(id, { id, enabled: true })
    const made = await server.as(id)('POST', '/api/tokens', { body: { name: 'ci' } })
    tokens.set(id, made.body.token)
    await server.db.execute(sql`
      insert into authentication.session (sha256, user_id, is_admin, expires_at)
      values (sha256(${id}::bytea), ${id}, false, now() + interval '1 hour')`)
    // Allowed by the person, and not fetched by the command yet.
    await server.db.execute(sql`
      insert into authentication.cli_sign_in (device_sha256, code_sha256, name, scopes, user_id, expires_at)
      values (sha256(${id}::bytea), sha256(${id}::bytea), 'laptop', '{read}', ${id}, now() + interval '10 minutes')`)
  }
  await userSync.run(context, signal)
  const statusOf = async (id: string) => {
    return (await server.call('GET', '/api/data/user', { token: tokens.get(id) ?? '' })).status
  }
  expect([await statusOf('ada-1'), await statusOf('bob-1')]).toEqual([200, 200])
  keycloak.users.set('ada-1', { id: 'ada-1', enabled: false })
  keycloak.adminEvents.push({ time: Date.now(), operationType: 'UPDATE', resourcePath: 'users/ada-1' })
  await userSync.run(context, signal)
  expect([await statusOf('ada-1'), await statusOf('bob-1')]).toEqual([401, 200])
  for (const table of ['session', 'cli_sign_in']) {
    const left = await server.db.query(sql`select user_id from ${sql.identifier('authentication', table)}`)
    expect(left).toEqual([{ user_id: 'bob-1' }])
  }
  expect(await usersOf(server)).toHaveLength(2)
})

it('brings more users than a page holds, over tokens that expire and a Keycloak that is busy for a moment', async () => {
  await using keycloak = await startFakeKeycloak()
  const server = await start(keycloak)
  for (let number = 0; number < 250; number++) keycloak.users.set(`user-${number}`, { id: `user-${number}` })
  await server.db.execute(sql`insert into users."user" (id) values ('gone')`)
  await server.db.execute(
    sql`insert into common.namespace (id, slug, user_id, created_by) values ('n', 'gone', 'gone', 'gone')`,
  )
  const { users } = keycloak
  const values = users.values.bind(users)
  let pages = 0
  users.values = () => {
    if (++pages === 2) keycloak.expireTokens()
    if (pages === 3) keycloak.failNext(1)
    return values()
  }
  expect(await fullUserSync.run(server.server.context, signal)).toMatchObject({ added: 250, removed: 1 })
  expect(await usersOf(server)).toHaveLength(250)
})

it('makes those administrators who have the role, and no others', async () => {
  await using keycloak = await startFakeKeycloak()
  const server = await start(keycloak)
  const { context } = server.server
  const ada = server.as('ada-1', { first_name: 'Ada' })
  const list = '/api/data/users'
  await ada('GET', '/api/data/user')
  expect((await ada('GET', list)).status).toBe(403)
  keycloak.holders.set('millrace-admin', ['ada-1'])
  expect(await adminSync.run(context, signal)).toEqual({ administrators: 1, added: 1, removed: 0 })
  const relations = async () =>
    await server.db.query(
      sql`select subject_id from authz.relation where object_type = 'platform' and relation = 'admin'`,
    )
  expect(await relations()).toEqual([{ subject_id: 'ada-1' }])
  // Signed in while it was so.
  const session = randomBytes(32).toString('base64url')
  await server.db.execute(sql`
    insert into authentication.session (sha256, user_id, is_admin, expires_at)
    values (${hashToken(session)}, 'ada-1', true, now() + interval '1 hour')`)
  const byBrowser = async () =>
    (await server.anonymous('GET', list, { headers: { cookie: `millrace_session=${session}` } })).status
  expect(await byBrowser()).toBe(200)
  keycloak.holders.set('millrace-admin', [])
  expect(await adminSync.run(context, signal)).toEqual({ administrators: 0, added: 0, removed: 1 })
  expect(await relations()).toEqual([])
  expect(await byBrowser()).toBe(403)
})

it('says what is wrong with the settings, and removes nobody then', async () => {
  await using keycloak = await startFakeKeycloak()
  const server = await start(keycloak)
  await server.as('ada-1')('GET', '/api/data/user')
  const { context } = server.server
  const withSettings = (more: object) => ({ ...context, settings: { ...context.settings, ...more } })
  const wrong = withSettings({ keycloakClientSecret: 'wrong-password' })
  await expect(fullUserSync.run(wrong, signal)).rejects.toThrow(
    /answered 401 to the sign-in of the client\. Check its id/,
  )
  const realm = withSettings({ keycloakRealm: 'other' })
  await expect(fullUserSync.run(realm, signal)).rejects.toThrow(/Check its id, its secret and the realm/)
  const half = withSettings({ keycloakClientId: null })
  await expect(fullUserSync.run(half, signal)).rejects.toThrow(/MILLRACE_KEYCLOAK_CLIENT_ID/)
  await expect(fullUserSync.run(context, signal)).rejects.toThrow(/has no users, and there are 1 here/)
  await expect(adminSync.run(context, signal)).rejects.toThrow(/answered 404 .*name of the role/)
  expect(await usersOf(server)).toHaveLength(1)
})
