import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readPlatformSettings } from '@millrace/core'
import { expect, test } from 'vitest'
import { useServers } from '../test-server.fixture.ts'
import { githubApi, kindFacts } from './kinds.ts'

const servers = useServers()

test.each([
  [
    'gitlab',
    { username: 'alice', web_url: 'https://gitlab.com/alice' },
    { username: 'alice', web_url: 'https://gitlab.com/alice' },
  ],
  [
    'github',
    { login: 'alice', html_url: 'https://github.com/alice' },
    { username: 'alice', web_url: 'https://github.com/alice' },
  ],
  ['google', { sub: '1', email: 'alice@example.com' }, { username: 'alice@example.com' }],
  ['dropbox', { account_id: 'dbid:1', email: 'alice@example.com' }, { username: 'alice@example.com' }],
  ['zenodo', [{ owner: 17 }], { username: 'Zenodo user 17', web_url: 'https://service.example' }],
  ['zenodo', [], { username: 'Zenodo user', web_url: 'https://service.example' }],
  ['generic_oidc', { sub: '1', preferred_username: 'alice' }, { username: 'alice' }],
] as const)('an account at %s is read from what the service says', (kind, answer, account) => {
  const { readAccount } = kindFacts[kind]
  expect(readAccount(answer, 'https://service.example')).toEqual(account)
  for (const rubbish of [null, 'text', 1, {}, { username: 1, login: [], email: {}, sub: null }]) {
    expect(readAccount(rubbish, 'https://service.example')).toBeNull()
  }
})

test('GitHub Enterprise Server has its API below its own address', () => {
  expect(githubApi('https://github.com')).toBe('https://api.github.com')
  expect(githubApi('https://github.example/code')).toBe('https://github.example/code/api/v3')
})

test('installations of a GitHub App are listed in pages as GitHub, here a fake, tells them', async () => {
  const installation = {
    id: 7,
    account: { login: 'ours', html_url: 'https://github.example/ours' },
    repository_selection: 'selected',
    suspended_at: null,
  }
  const asked: (string | undefined)[] = []
  const fake = createServer((request, response) => {
    asked.push(request.url)
    const isToken = request.url === '/login/oauth/access_token'
    const token = { access_token: 'abc', token_type: 'bearer', scope: '' }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(isToken ? token : { total_count: 31, installations: [installation] }))
  })
  await using opened = new AsyncDisposableStack()
  opened.defer(() => {
    fake.closeAllConnections()
    fake.close()
  })
  await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve))
  const env = { MILLRACE_ALLOWED_ADDRESSES: '127.0.0.1' }
  const server = await servers.start({ settings: readPlatformSettings({ env }) })
  const alice = server.as('alice')
  await alice('GET', '/api/data/user')
  const body = {
    ...{ id: 'github', kind: 'github', app_slug: 'millrace', client_id: 'a', client_secret: 'b', scope: '' },
    ...{ display_name: 'GitHub', url: `http://127.0.0.1:${(fake.address() as AddressInfo).port}/` },
  }
  expect((await server.call('POST', '/api/data/oauth2/providers', { body })).status).toBe(201)
  const { headers } = await alice('GET', '/api/data/oauth2/providers/github/authorize')
  const address = new URL(headers.get('location') ?? '')
  expect(address.searchParams.has('code_challenge')).toBe(false)
  const back = `/api/data/oauth2/callback?code=x&iss=elsewhere&state=${address.searchParams.get('state')}`
  expect((await alice('GET', back)).status).toBe(200)
  const { id } = (await alice('GET', '/api/data/oauth2/connections')).body[0]
  const answer = await alice('GET', `/api/data/oauth2/connections/${id}/installations?page=2&per_page=30`)
  const { account, suspended_at: _, ...rest } = installation
  expect(answer.body).toEqual([{ ...rest, account_login: account.login, account_web_url: account.html_url }])
  expect(['total', 'total-pages', 'page'].map((name) => answer.headers.get(name))).toEqual(['31', '2', '2'])
  expect(asked).toEqual(['/login/oauth/access_token', '/api/v3/user/installations?page=2&per_page=30'])
})
