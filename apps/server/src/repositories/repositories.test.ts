import { readPlatformSettings } from '@millrace/core'
import { expect, test } from 'vitest'
import { type CallServer, useServers } from '../test-server.fixture.ts'
import { type FakeGitHost, startFakeGitHost } from './fake-git-host.fixture.ts'

const servers = useServers()
const settings = readPlatformSettings({ env: { MILLRACE_ALLOWED_ADDRESSES: '127.0.0.1' } })

async function check(call: CallServer, url: string, headers: Readonly<Record<string, string>> = {}) {
  return await call('GET', `/api/data/repository?url=${encodeURIComponent(url)}`, { headers })
}

async function withProvider(fake: FakeGitHost, kind: 'gitlab' | 'github') {
  const server = await servers.start({ settings })
  const root = server.as('root', { is_admin: true })
  const body = {
    ...{ id: 'fake', kind, client_id: 'client', client_secret: 'the-secret' },
    ...{ display_name: 'Fake', scope: 'api', url: fake.url },
  }
  expect((await root('POST', '/api/data/oauth2/providers', { body })).status).toBe(201)
  const alice = server.as('alice', { email: 'alice@example.com' })
  expect((await alice('GET', '/api/data/user')).status).toBe(200)
  return { server, alice }
}

async function connect(call: CallServer): Promise<void> {
  const answer = await call('GET', '/api/data/oauth2/providers/fake/authorize')
  const state = new URL(answer.headers.get('location') ?? '').searchParams.get('state')
  expect((await call('GET', `/api/data/oauth2/callback?code=code&state=${state}`)).status).toBe(200)
}

function gitlabProject(fake: FakeGitHost, path: string, rest: Readonly<Record<string, unknown>> = {}) {
  return { http_url_to_repo: `${fake.url}/${path}.git`, web_url: `${fake.url}/${path}`, visibility: 'private', ...rest }
}

test('a repository that everybody may clone is valid for everybody', async () => {
  await using fake = await startFakeGitHost()
  await fake.addRepository('group/project.git')
  const server = await servers.start({ settings })
  const url = `${fake.url}/group/project.git`
  for (const given of [url, `${url}/`, `${url}?tab=1#readme`]) {
    const answer = await check(server.anonymous, given)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body).toEqual({
      status: 'valid',
      metadata: {
        git_url: url,
        web_url: `${fake.url}/group/project`,
        pull_permission: true,
        push_permission: false,
        visibility: 'public',
      },
    })
  }
  const encoded = encodeURIComponent(url)
  expect((await server.anonymous('GET', `/api/data/repositories/${encoded}`)).body).toMatchObject({ status: 'valid' })
  expect((await server.anonymous('GET', `/api/data/repositories/${encoded}/probe`)).status).toBe(200)
  const missing = encodeURIComponent(`${fake.url}/group/none.git`)
  expect((await server.anonymous('GET', `/api/data/repositories/${missing}/probe`)).status).toBe(404)
})

test('what is no repository says why', async () => {
  await using fake = await startFakeGitHost()
  await fake.addRepository('private/project', { private: true })
  const server = await servers.start({ settings })
  const wrong: [string, string, string][] = [
    ['gitlab.com/group/project', 'invalid', 'no_url_scheme'],
    ['git@gitlab.com:group/project.git', 'invalid', 'no_url_scheme'],
    ['ssh://git@gitlab.com/group/project', 'invalid', 'invalid_url_scheme'],
    ['file:///etc/passwd', 'invalid', 'invalid_url_scheme'],
    ['https://', 'invalid', 'no_url_host'],
    ['https:///group/project', 'invalid', 'no_url_host'],
    ['https://gitlab.com', 'invalid', 'no_url_path'],
    ['https://gitlab.com//', 'invalid', 'no_url_path'],
    ['https://alice:secret@gitlab.com/group/project', 'invalid', 'invalid_git_url'],
    ['https://git lab.com/group/project', 'invalid', 'invalid_git_url'],
    ['http://169.254.169.254/latest/meta-data', 'invalid', 'host_unreachable'],
    ['http://[::1]/group/project', 'invalid', 'host_unreachable'],
    ['http://10.0.0.1:5432/group/project', 'invalid', 'host_unreachable'],
    [`${fake.url}/group/none`, 'invalid', 'no_git_repo'],
    [`${fake.url}/a/page`, 'invalid', 'no_git_repo'],
    [`${fake.url}/private/project`, 'unknown', 'metadata_unauthorized'],
    ['http://127.0.0.1:1/group/project', 'unknown', 'host_unreachable'],
  ]
  for (const [url, status, error_code] of wrong) {
    const answer = await check(server.anonymous, url)
    expect([answer.status, answer.body], url).toEqual([200, { status, error_code }])
  }
  expect((await server.anonymous('GET', '/api/data/repository')).status).toBe(422)
  expect((await server.anonymous('GET', '/api/data/repository?url=')).status).toBe(422)
})

test('whoever connected the provider sees what it says to him, and nobody else does', async () => {
  await using fake = await startFakeGitHost()
  await fake.addRepository('group/sub/project', { private: true })
  const developer = { project_access: null, group_access: { access_level: 30 } }
  fake.describe('group/sub/project', 'the-token', gitlabProject(fake, 'group/sub/project', { permissions: developer }))
  const { server, alice } = await withProvider(fake, 'gitlab')
  const url = `${fake.url}/group/sub/project`
  const unknown = {
    status: 'unknown',
    provider: { id: 'fake', name: 'Fake', url: fake.url },
    error_code: 'metadata_unauthorized',
  }
  expect((await check(alice, url)).body).toEqual(unknown)
  await connect(alice)
  const seen = await check(alice, url)
  expect(seen.body).toEqual({
    status: 'valid',
    provider: unknown.provider,
    connection: { id: expect.any(String), status: 'connected' },
    metadata: {
      git_url: `${url}.git`,
      web_url: url,
      pull_permission: true,
      push_permission: true,
      visibility: 'private',
    },
  })
  expect(JSON.stringify([seen.body, server.lines])).not.toContain('the-token')
  expect((await check(server.anonymous, url)).body).toEqual(unknown)
  const bob = server.as('bob', { email: 'bob@example.com' })
  expect((await check(bob, url)).body).toEqual(unknown)
  expect(fake.asked.filter(({ token }) => token !== undefined)).toHaveLength(1)
})

test('what the provider says has its ETag, and is asked for again by it', async () => {
  await using fake = await startFakeGitHost()
  fake.describe('group/project', null, gitlabProject(fake, 'group/project', { visibility: 'public' }))
  const { server } = await withProvider(fake, 'gitlab')
  const url = `${fake.url}/group/project.git`
  const first = await check(server.anonymous, url)
  expect(first.body).toMatchObject({ status: 'valid', metadata: { visibility: 'public', push_permission: false } })
  const etag = first.headers.get('etag') ?? ''
  expect(etag).toMatch(/^W\//)
  const again = await check(server.anonymous, url, { 'if-none-match': etag })
  expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, '', etag])
  expect((await check(server.anonymous, url, { 'if-none-match': '"other"' })).status).toBe(200)
})

test('GitHub says it in its own way', async () => {
  await using fake = await startFakeGitHost()
  fake.describe('owner/project', 'the-token', {
    clone_url: `${fake.url}/owner/project.git`,
    html_url: `${fake.url}/owner/project`,
    private: true,
    permissions: { pull: true, push: false, admin: false },
  })
  const { alice } = await withProvider(fake, 'github')
  await connect(alice)
  expect((await check(alice, `${fake.url}/owner/project`)).body).toMatchObject({
    status: 'valid',
    metadata: { visibility: 'private', pull_permission: true, push_permission: false },
  })
})

test('a provider that fails or talks nonsense leaves it to git', async () => {
  await using fake = await startFakeGitHost()
  await fake.addRepository('open/project')
  await fake.addRepository('closed/project', { private: true })
  fake.describe('nonsense/project', null, { id: 1 })
  await fake.addRepository('nonsense/project', { private: true })
  const { server } = await withProvider(fake, 'gitlab')
  expect((await check(server.anonymous, `${fake.url}/nonsense/project`)).body).toMatchObject({
    status: 'unknown',
    error_code: 'metadata_validation',
  })
  fake.failWith(500)
  expect((await check(server.anonymous, `${fake.url}/open/project`)).body).toMatchObject({ status: 'valid' })
  expect((await check(server.anonymous, `${fake.url}/closed/project`)).body).toMatchObject({
    status: 'unknown',
    error_code: 'metadata_unknown',
  })
})
