import { afterEach, expect, test } from 'vitest'
import { type OidcIssuerOptions, startOidcIssuer, type TestOidcIssuer } from './oidc-issuer.ts'

const issuers: TestOidcIssuer[] = []
afterEach(async () => {
  await Promise.all(issuers.splice(0).map((issuer) => issuer.stop()))
})

async function start(options?: OidcIssuerOptions): Promise<TestOidcIssuer> {
  const issuer = await startOidcIssuer(options)
  issuers.push(issuer)
  return issuer
}

const ada = { id: 'ada', email: 'ada@example.com', firstName: 'Ada', lastName: 'L', roles: ['admin'] }

test('signs a user in with tokens that say who it is', async () => {
  const issuer = await start()
  const tokens = await issuer.signIn(ada, { audience: 'other' })
  expect(payload(tokens.accessToken)).toMatchObject({
    ...{ iss: issuer.url, sub: 'ada', aud: 'other', azp: 'millrace', email: 'ada@example.com', name: 'Ada L' },
    realm_access: { roles: ['admin'] },
  })
  expect(payload(tokens.idToken)).toMatchObject({ sub: 'ada', aud: 'millrace', email: 'ada@example.com' })
})

test('refreshes tokens once each, with what is true of the user now', async () => {
  const issuer = await start()
  const first = await issuer.signIn(ada)
  issuer.change({ ...ada, roles: [] })
  const second = await issuer.refresh(first.refreshToken)
  expect(payload(second.accessToken)).toMatchObject({ sub: 'ada', aud: 'millrace', realm_access: { roles: [] } })
  await expect(issuer.refresh(first.refreshToken)).rejects.toThrow('invalid_grant')
})

test('changes keys, and refresh tokens live on', async () => {
  const issuer = await start()
  const published = async () => ((await (await fetch(`${issuer.url}/jwks`)).json()) as { keys: unknown[] }).keys.length
  const { refreshToken } = await issuer.signIn(ada)
  const before = issuer.signingKey().kid
  issuer.rotateKeys()
  expect(await published()).toBe(2)
  const { accessToken, refreshToken: next } = await issuer.refresh(refreshToken)
  expect(header(accessToken).kid).toBe(issuer.signingKey().kid)
  expect(header(accessToken).kid).not.toBe(before)
  issuer.rotateKeys({ withdraw: true })
  expect(await published()).toBe(1)
  await issuer.refresh(next)
})

test('goes away and comes back', async () => {
  const issuer = await start()
  issuer.goAway()
  await expect(fetch(`${issuer.url}/jwks`)).rejects.toThrow()
  issuer.comeBack()
  expect((await fetch(`${issuer.url}/.well-known/openid-configuration`)).status).toBe(200)
  expect(issuer.requests).toEqual(['GET /jwks', 'GET /.well-known/openid-configuration'])
})

function payload(token: string): Record<string, unknown> {
  return part(token, 1)
}

function header(token: string): Record<string, unknown> {
  return part(token, 0)
}

function part(token: string, index: number): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())
}
