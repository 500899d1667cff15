import { readPlatformSettings } from '@millrace/core'
import { decodeJwt, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { type TestServer, useServers } from '../test-server.fixture.ts'
import { createInternalTokens } from './internal-tokens.ts'

const servers = useServers()
const alice = { id: 'alice', name: 'Alice', email: 'alice@example.com', firstName: 'Alice', lastName: null }

async function renew({ server }: TestServer, refreshToken: string, path = '/internal/authentication/token') {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

test('what runs for a user acts for the user, and never administers', async () => {
  const server = await servers.start()
  await server.as('alice', { is_admin: true, email: alice.email })('GET', '/api/data/user')
  const { accessToken: token } = await server.server.context.internalTokens.issue(alice, 'session:one')
  expect(decodeJwt(token)).toMatchObject({
    ...{ iss: 'millrace-self', aud: 'millrace-self', sub: 'alice', typ: 'Bearer', scope: 'session:one' },
    ...{ email: alice.email, given_name: 'Alice', jti: expect.stringMatching(/^[0-9A-Z]{26}$/) },
  })
  const { iat = 0, nbf, exp } = decodeJwt(token)
  expect([nbf, exp]).toEqual([iat - 1, iat + 900])
  expect((await server.call('GET', '/api/data/user', { token })).body).toMatchObject({ id: 'alice', is_admin: false })
  expect((await server.call('GET', '/api/worker-tokens', { token })).status).toBe(403)
  const body = { name: 'a token that outlives the session' }
  expect((await server.call('POST', '/api/tokens', { token, body })).status).toBe(403)
  expect((await server.call('DELETE', '/api/data/users/alice')).status).toBe(204)
  expect((await server.call('GET', '/api/data/user', { token })).status).toBe(401)
})

test('it renews its tokens while it is there, and not after that', async () => {
  const server = await servers.start()
  await server.as('alice')('GET', '/api/data/user')
  const { internalTokens } = server.server.context
  const running = new Set(['alice/one'])
  internalTokens.scopeChecks.set('session', async (name, user) => running.has(`${user}/${name}`))
  const first = await internalTokens.issue(alice, 'session:one')
  const renewed = await renew(server, first.refreshToken)
  expect([renewed.status, renewed.body]).toMatchObject([
    200,
    { token_type: 'Bearer', expires_in: 900, scope: 'session:one' },
  ])
  const { refresh_token: next = '', access_token: token } = renewed.body
  expect((await server.call('GET', '/api/data/user', { token: token ?? '' })).status).toBe(200)
  expect((await renew(server, next, '/api/data/internal/authentication/token')).status).toBe(200)
  running.clear()
  expect((await renew(server, next)).status).toBe(403)
  const other = await internalTokens.issue(alice, 'deposit_job:one')
  expect((await renew(server, other.refreshToken)).status).toBe(403)
})

test('tokens of the wrong kind, of another server or changed are refused', async () => {
  const server = await servers.start()
  await server.as('alice')('GET', '/api/data/user')
  const { internalTokens } = server.server.context
  internalTokens.scopeChecks.set('session', async () => true)
  const { accessToken, refreshToken } = await internalTokens.issue(alice, 'session:one')
  expect((await renew(server, accessToken)).status).toBe(401)
  expect((await server.call('GET', '/api/data/user', { token: refreshToken })).status).toBe(401)
  expect((await renew(server, `${refreshToken}x`)).status).toBe(401)
  const foreign = createInternalTokens(readPlatformSettings({ env: {} }), 'the-token-of-another-server')
  expect((await renew(server, (await foreign.issue(alice, 'session:one')).refreshToken)).status).toBe(401)
  const weak = await new SignJWT({ ...decodeJwt(accessToken) })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode('the-token-of-the-administrator'))
  expect((await server.call('GET', '/api/data/user', { token: weak })).status).toBe(401)
})
