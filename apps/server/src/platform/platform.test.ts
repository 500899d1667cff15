import { describe, expect, test } from 'vitest'
import { useServers } from '../test-server.fixture.ts'

const servers = useServers()
const config = '/api/data/platform/config'
const authorization = '/api/data/platform/authorization_config'
const redirects = '/api/data/platform/redirects'
const project = '/p/01JD3Z6Q7N6YXQ0M2R4T8V9WAB'

test('the incident banner is for everybody to see and for administrators to change, by its ETag', async () => {
  const server = await servers.start()
  const root = server.as('root', { is_admin: true })
  const first = await server.anonymous('GET', config)
  expect(first).toMatchObject({ status: 200, body: { incident_banner: '' } })
  expect(first.headers.get('etag')).toBe(first.body.etag)
  expect(first.body.etag).toMatch(/^"[0-9A-F]{32}"$/)
  const ifMatch = { 'if-match': first.body.etag }
  const body = { incident_banner: '**Down** until noon' }

  expect((await server.anonymous('PATCH', config, { body, headers: ifMatch })).status).toBe(401)
  expect((await server.as('alice')('PATCH', config, { body, headers: ifMatch })).status).toBe(403)
  expect((await root('PATCH', config, { body })).status).toBe(428)
  expect((await root('PATCH', config, { body: { banner: 1 }, headers: ifMatch })).status).toBe(422)
  expect((await root('PATCH', config, { body, headers: { 'if-match': '"0"' } })).status).toBe(409)
  const changed = await root('PATCH', config, { body, headers: ifMatch })
  expect(changed).toMatchObject({ status: 200, body })
  expect(changed.body.etag).not.toBe(first.body.etag)
  expect((await root('PATCH', config, { body, headers: ifMatch })).status).toBe(409)

  const again = await server.anonymous('GET', config, { headers: { 'if-none-match': changed.body.etag } })
  expect(again).toMatchObject({ status: 304, body: '' })
})

test('of two administrators who change the banner at once one is told to read it again', async () => {
  const server = await servers.start()
  const { etag } = (await server.anonymous('GET', config)).body
  const answers = await Promise.all(
    ['one', 'two'].map((incident_banner) =>
      server.call('PATCH', config, { body: { incident_banner }, headers: { 'if-match': etag } }),
    ),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
})

test('who may create projects and groups is switched, and its ETag follows the two values', async () => {
  const server = await servers.start()
  const root = server.as('root', { is_admin: true })
  const first = await server.anonymous('GET', authorization)
  expect(first.body).toMatchObject({ create_projects: 'registered_users', create_groups: 'registered_users' })
  const headers = { 'if-match': first.body.etag }
  const body = { create_projects: 'admins_only' }
  expect((await root('PATCH', authorization, { body })).status).toBe(428)
  expect((await server.as('alice')('PATCH', authorization, { body, headers })).status).toBe(403)
  const changed = await root('PATCH', authorization, { body, headers })
  expect(changed).toMatchObject({ status: 200, body: { ...body, create_groups: 'registered_users' } })
  const back = await root('PATCH', authorization, {
    body: { create_projects: 'registered_users' },
    headers: { 'if-match': changed.body.etag },
  })
  expect(back.body.etag).toBe(first.body.etag)
  const off = await root('PATCH', authorization, { body: { create_groups: 'admins_only' }, headers })
  expect(off.status).toBe(200)
  expect((await server.as('alice')('POST', '/api/data/groups', { body: { name: 'Ours', slug: 'ours' } })).status).toBe(
    403,
  )
})

describe('redirects', () => {
  test('are made, read by anybody, changed and removed by their ETag', async () => {
    const server = await servers.start()
    const root = server.as('root', { is_admin: true })
    const body = { source_url: '/projects/old/place', target_url: project }
    const one = `${redirects}/${encodeURIComponent(body.source_url)}`
    expect((await server.as('alice')('POST', redirects, { body })).status).toBe(403)
    const made = await root('POST', redirects, { body })
    expect(made).toMatchObject({ status: 201, body })
    expect((await root('POST', redirects, { body })).status).toBe(409)
    expect(await server.anonymous('GET', one)).toMatchObject({ status: 200, body })
    expect((await server.anonymous('GET', `${redirects}/%2Fprojects%2Felsewhere`)).status).toBe(404)

    const target_url = 'https://example.com/new'
    expect((await root('PATCH', one, { body: { target_url } })).status).toBe(428)
    const headers = { 'if-match': made.body.etag }
    const changed = await root('PATCH', one, { body: { target_url }, headers })
    expect(changed).toMatchObject({ status: 200, body: { target_url } })
    expect((await root('DELETE', one)).status).toBe(428)
    expect((await root('DELETE', one, { headers })).status).toBe(409)
    expect((await root('DELETE', one, { headers: { 'if-match': changed.body.etag } })).status).toBe(204)
    expect((await root('DELETE', one, { headers })).status).toBe(204)
    expect((await server.anonymous('GET', one)).status).toBe(404)
  })

  test('are read in pages with true totals', async () => {
    const server = await servers.start()
    for (const name of ['a', 'b', 'c']) {
      await server.call('POST', redirects, { body: { source_url: `/projects/${name}`, target_url: project } })
    }
    const second = await server.call('GET', `${redirects}?page=2&per_page=2`)
    expect(second.body.map(({ source_url }: { source_url: string }) => source_url)).toEqual(['/projects/c'])
    expect(['page', 'per-page', 'total', 'total-pages'].map((name) => second.headers.get(name))).toEqual([
      '2',
      '2',
      '3',
      '2',
    ])
    expect((await server.as('alice')('GET', redirects)).status).toBe(403)
  })

  test('lead from former addresses of projects to projects and the web, and nowhere else', async () => {
    const server = await servers.start()
    const refused = [
      ['projects/a', project],
      ['/elsewhere/a', project],
      ['//evil.example/projects/a', project],
      ['/\\evil.example/projects/a', project],
      ['/projects/a?b=c', project],
      ['/projects/../a', project],
      ['/projects/a/', project],
      ['https://gitlab.example.com/a', project],
      ['javascript:alert(1)', project],
      ['/projects/a', '/p/nothing'],
      ['/projects/a', '//evil.example/p'],
      ['/projects/a', 'http://example.com/a'],
      ['/projects/a', 'https://user:word@example.com/a'],
      ['/projects/a', 'javascript:alert(1)'],
    ]
    for (const [source_url, target_url] of refused) {
      const { status } = await server.call('POST', redirects, { body: { source_url, target_url } })
      expect({ source_url, target_url, status }).toEqual({ source_url, target_url, status: 422 })
    }
  })
})
