import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readPlatformSettings } from '@millrace/core'
import { afterEach, expect, test } from 'vitest'
import { useServers } from '../test-server.fixture.ts'

const servers = useServers()
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** The registry and a publisher in one: answers by path; what is missing is 404. */
async function startFakeRegistry(answers: (url: string) => Readonly<Record<string, unknown>>) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const answer = answers(url)[request.url ?? '']
    if (answer === undefined) response.writeHead(404).end()
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, asked }
}

const doi = '10.5281/zenodo.3542869'
const path = '/api/data/data_connectors/global'

function record(url: string, attributes: Readonly<Record<string, unknown>> = {}) {
  return {
    data: {
      attributes: {
        titles: [{ title: 'Flight delays' }],
        descriptions: [{ description: `<p>${'Delays &amp; more. '.repeat(60)}</p>` }],
        subjects: [{ subject: 'aviation' }, { subject: 'x'.repeat(150) }, { subject: 'aviation' }],
        publisher: 'Zenodo',
        url: `${url}/records/3542869`,
        ...attributes,
      },
    },
  }
}

async function start(answers: (url: string) => Readonly<Record<string, unknown>>) {
  const registry = await startFakeRegistry(answers)
  const settings = {
    ...readPlatformSettings({ env: {} }),
    dataciteUrl: registry.url,
    allowedAddresses: '127.0.0.1',
  }
  const server = await servers.start({ settings })
  const call = (id: string) => server.as(id, { email: `${id}@example.com` })
  return { server, registry, alice: call('alice'), bob: call('bob') }
}

const zenodo = (url: string) => ({
  [`/dois/${encodeURIComponent(doi)}`]: record(url),
  '/api/records/3542869': { files: [{ key: 'flights.csv' }] },
})
const bodyOf = (given: string) => ({ body: { storage: { configuration: { type: 'doi', doi: given } } } })

test('a DOI becomes one connector for everybody, described by its publisher', async () => {
  const { server, registry, alice, bob } = await start(zenodo)
  const made = await alice('POST', path, bodyOf(`https://doi.org/${doi}`))
  expect(made).toMatchObject({
    status: 201,
    body: {
      name: 'Flight delays',
      slug: 'doi-10.5281-zenodo.3542869',
      visibility: 'public',
      doi,
      publisher_name: 'Zenodo',
      publisher_url: registry.url,
      storage: { storage_type: 'doi', readonly: true, source_path: '/', configuration: { type: 'doi', doi } },
    },
  })
  expect(made.body).not.toHaveProperty('namespace')
  expect(made.body.description).toMatch(/^Delays & more\. .*…$/)
  expect(made.body.description).toHaveLength(500)
  expect(made.body.keywords.map(({ length }: string) => length)).toEqual([8, 99])

  const requests = registry.asked.length
  for (const way of [doi, doi.toUpperCase(), `doi:${doi}`, `http://dx.doi.org/${doi}`]) {
    expect(await bob('POST', path, bodyOf(way))).toMatchObject({ status: 200, body: { id: made.body.id } })
  }
  expect(registry.asked).toHaveLength(requests)
  const seen = await server.anonymous('GET', `${path}/${made.body.slug}`)
  expect(seen).toMatchObject({ status: 200, body: { id: made.body.id } })
})

test('only administrators change a global connector', async () => {
  const { server, alice } = await start(zenodo)
  const { body } = await alice('POST', path, bodyOf(doi))
  const one = `/api/data/data_connectors/${body.id}`
  const change = { headers: { 'if-match': body.etag }, body: { name: 'Mine' } }
  expect((await alice('PATCH', one, change)).status).toBe(404)
  expect((await alice('DELETE', one)).status).toBe(404)
  const root = server.as('root', { is_admin: true, email: 'root@example.com' })
  for (const wrong of [
    { visibility: 'private' },
    { slug: 'other' },
    { namespace: 'alice' },
    { storage: { configuration: { doi: '10.5281/zenodo.1' } } },
  ])
    expect((await root('PATCH', one, { headers: { 'if-match': body.etag }, body: wrong })).status).toBeOneOf([404, 422])
  expect(await root('PATCH', one, change)).toMatchObject({ status: 200, body: { name: 'Mine', doi } })
  expect((await root('DELETE', one)).status).toBe(204)
  expect((await alice('POST', path, bodyOf(doi))).status).toBe(201)
})

test('several people who import a DOI at once get the same connector', async () => {
  const { alice, bob } = await start(zenodo)
  const answers = await Promise.all([alice, bob, alice, bob].map((call) => call('POST', path, bodyOf(doi))))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201])
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
})

test('projects that show data with a DOI are found by it', async () => {
  const { alice, bob } = await start(zenodo)
  for (const call of [alice, bob]) expect((await call('GET', '/api/data/user')).status).toBe(200)
  const { body: project } = await alice('POST', '/api/data/projects', { body: { name: 'Delays', namespace: 'alice' } })
  const { body: connector } = await alice('POST', path, bodyOf(doi))
  const link = await alice('POST', `/api/data/data_connectors/${connector.id}/project_links`, {
    body: { project_id: project.id },
  })
  expect(link.status).toBe(201)
  const links = `/api/data/data_connector_links?doi=https://doi.org/${doi}`
  expect((await alice('GET', links)).body).toEqual([link.body])
  expect((await bob('GET', links)).body).toEqual([])
})

test('what cannot be imported is refused, and nothing is kept', async () => {
  const dois: [string, RegExp][] = [
    ['not a doi', /is no DOI/],
    ['10.5281/../../etc/passwd?x', /DataCite knows no DOI/],
    ['https://evil.example/10.5281/zenodo.1', /is no DOI/],
    ['10.5281/zenodo.404', /DataCite knows no DOI/],
    ['10.1/inside', /is no DOI/],
    ['10.1234/inside', /The files of 10.1234\/inside cannot be read|is not a public one/],
    ['10.1234/script', /cannot be read/],
    ['10.1234/rubbish', /cannot be read/],
    ['10.1234/hidden', /cannot be read: its publisher/],
  ]
  const { server, alice } = await start((url) => ({
    '/dois/10.1234%2Finside': record(url, { url: 'http://169.254.169.254/records/1' }),
    '/dois/10.1234%2Fscript': record(url, { url: 'javascript:alert(1)' }),
    '/dois/10.1234%2Frubbish': 'no JSON',
    '/dois/10.1234%2Fhidden': record(url, { url: `${url}/dataset.xhtml?persistentId=doi:10.1234/hidden` }),
  }))
  for (const [given, message] of dois) {
    const answer = await alice('POST', path, bodyOf(given))
    expect(answer, given).toMatchObject({ status: 422, body: { error: { code: 1422 } } })
    expect(answer.body.error.message, given).toMatch(message)
  }
  expect((await server.anonymous('GET', '/api/data/data_connectors')).body).toEqual([])
})
