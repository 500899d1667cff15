import { expect, test } from 'vitest'
import { newProject, patchProject, projects, signedIn, statusOf } from '../people.fixture.ts'
import { useServers } from '../test-server.fixture.ts'

const servers = useServers()

test('a copy has what the template has, but for what is given', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  const template = await newProject(alice, {
    ...{ name: 'Template', namespace: 'alice', description: 'Why', documentation: '# How', keywords: ['a'] },
    ...{ visibility: 'public', repositories: ['https://example.com/x'], is_template: true },
    secrets_mount_directory: '/private',
  })
  const path = `${projects}/${template.id}/copies`
  const slot = { project_id: template.id, name: 'Password', filename: 'password.txt' }
  expect(await alice('POST', '/api/data/session_secret_slots', { body: slot })).toMatchObject({ status: 201 })
  const copied = await bob('POST', path, { body: { name: 'Copy', namespace: 'bob', keywords: ['b'] } })
  expect(copied).toMatchObject({
    status: 201,
    body: {
      ...{ name: 'Copy', namespace: 'bob', slug: 'copy', description: 'Why', keywords: ['b'] },
      ...{ visibility: 'public', repositories: ['https://example.com/x'], is_template: false },
      ...{ secrets_mount_directory: '/private', template_id: template.id, created_by: 'bob' },
    },
  })
  const { id } = copied.body
  const documented = await bob('GET', `${projects}/${id}?with_documentation=true`)
  expect(documented.body.documentation).toBe('# How')
  const slots = await bob('GET', `${projects}/${id}/session_secret_slots`)
  expect(slots.body).toMatchObject([{ name: 'Password', filename: 'password.txt', project_id: id }])
  const hidden = await bob('POST', path, { body: { name: 'Hidden', namespace: 'bob', visibility: 'private' } })
  expect(hidden.body.visibility).toBe('private')
  expect((await bob('POST', path, { body: { name: 'Copy', namespace: 'bob' } })).status).toBe(409)
  expect((await bob('POST', path, { body: { name: 'Copy', namespace: 'alice' } })).status).toBe(403)
  expect((await server.anonymous('POST', path, { body: { name: 'Copy', namespace: 'bob' } })).status).toBe(401)

  expect((await alice('GET', path)).body.map((one: { id: string }) => one.id)).toEqual([id])
  expect((await alice('GET', `${path}?writable=true`)).body).toEqual([])
  expect((await bob('GET', `${path}?writable=true`)).headers.get('total')).toBe('2')
  await patchProject(alice, template.id, { visibility: 'private' })
  expect(await statusOf(bob, path)).toBe(404)
  expect((await bob('POST', path, { body: { name: 'Third', namespace: 'bob' } })).status).toBe(404)

  expect((await patchProject(bob, hidden.body.id, { template_id: '' })).body).not.toHaveProperty('template_id')
  expect((await alice('DELETE', `${projects}/${template.id}`)).status).toBe(204)
  const left = await bob('GET', `${projects}/${id}`)
  expect(left.status).toBe(200)
  expect(left.body).not.toHaveProperty('template_id')
})

test('a link that cannot be copied is named, and the copy is there without it', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  const template = await newProject(alice, { name: 'Template', namespace: 'alice', visibility: 'public' })
  const links = new Map<string, string>()
  for (const visibility of ['private', 'public']) {
    const storage = {
      configuration: { type: 's3', provider: 'AWS', region: 'eu-central-1' },
      ...{ source_path: 'bucket', target_path: 'data' },
    }
    const connector = await alice('POST', '/api/data/data_connectors', {
      body: { name: `Data ${visibility}`, namespace: 'alice', visibility, storage },
    })
    expect(connector).toMatchObject({ status: 201 })
    const { id } = connector.body
    links.set(visibility, id)
    const body = { project_id: template.id }
    expect((await alice('POST', `/api/data/data_connectors/${id}/project_links`, { body })).status).toBe(201)
  }
  const copied = await bob('POST', `${projects}/${template.id}/copies`, { body: { name: 'Copy', namespace: 'bob' } })
  expect(copied).toMatchObject({ status: 403, body: { error: { code: 1403, detail: 'LINKS_NOT_COPIED' } } })
  expect(copied.body.error.message).toContain(links.get('private'))
  const { body } = await bob('GET', '/api/data/namespaces/bob/projects/copy')
  expect(body.template_id).toBe(template.id)
  const kept = await bob('GET', `${projects}/${body.id}/data_connector_links`)
  expect(kept.body.map((link: { data_connector_id: string }) => link.data_connector_id)).toEqual([links.get('public')])
})
