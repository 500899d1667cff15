import { randomUUID } from 'node:crypto'
import { httpWorkerApi, type LeaseRef, type WorkerApi } from '@millrace/engine'
import { expect, it } from 'vitest'
import { newProject, signedIn } from '../people.fixture.ts'
import { manifestOf, useServers } from '../test-server.fixture.ts'

const servers = useServers()

/** A task of a project that declares the connection `shop`, held by a worker over HTTP. */
async function start() {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const project: string = (await newProject(alice, { namespace: 'alice' })).id
  const manifest = manifestOf({ load: { connections: ['shop', 'none'], secrets: ['key'] } })
  await alice('POST', `/api/workflows?project=${project}`, { body: manifest })
  await alice('POST', '/api/workflows/flow/runs')
  const config = { host: 'db.example.com', user: 'loader', password: 'the-password' }
  await alice('POST', `/api/projects/${project}/connections`, { body: { name: 'shop', connector: 'postgres', config } })
  await alice('POST', `/api/projects/${project}/connections`, {
    body: { name: 'other', connector: 'postgres', config },
  })
  const api = httpWorkerApi({ url: server.server.url, token: await server.workerToken() })
  return { server, alice, project, config, api, lease: await leaseOf(api) }
}

async function leaseOf(api: WorkerApi): Promise<LeaseRef> {
  const workerId = randomUUID()
  const worker = {
    ...{ id: workerId, name: 'w', host: 'h', pid: 1, version: '0', queues: ['default'], slots: 1 },
  }
  const request = { worker, results: [], running: [], want: 1, waitMs: 5000 }
  const [task] = (await api.exchange(request, new AbortController().signal)).tasks
  return { taskRunId: task?.taskRunId ?? 0, attempt: 1, workerId }
}

it('hands a connection to the attempt whose task declares it, and to no other', async () => {
  const { alice, project, config, api, lease } = await start()
  const found = await api.connection(lease, 'shop')
  expect(found).toEqual({ connector: 'postgres', values: config, secretFields: ['password'] })
  expect(await api.connection(lease, 'none')).toBeNull()
  await expect(api.connection(lease, 'other')).rejects.toMatchObject({ code: 'CONNECTION_NOT_DECLARED' })
  const stolen = { ...lease, workerId: randomUUID() }
  await expect(api.connection(stolen, 'shop')).rejects.toMatchObject({ code: 'ATTEMPT_LOST' })
  await expect(api.secret(stolen, 'key')).rejects.toMatchObject({ code: 'ATTEMPT_LOST' })
  const many = await Promise.all(Array.from({ length: 20 }, async () => await api.connection(lease, 'shop')))
  expect(new Set(many.map((one) => JSON.stringify(one))).size).toBe(1)
  const { body } = await alice('GET', `/api/projects/${project}/audit?entity=connection&per_page=100`)
  const reads = body.filter(({ action }: { action: string }) => action === 'read')
  // Those that ask at the very same moment may each be noted.
  expect(reads.length).toBeGreaterThan(0)
  expect(reads[0]).toMatchObject({ actor: expect.stringMatching(/^run:\d+$/), after: { name: 'shop', node: 'load' } })
  expect(JSON.stringify(body)).not.toContain('the-password')
})

it('gives what a change made of it, and nothing of what was removed', async () => {
  const { alice, project, api, lease } = await start()
  const path = `/api/projects/${project}/connections`
  const { body } = await alice('GET', path)
  const { id, etag } = body.find(({ name }: { name: string }) => name === 'shop')
  const change = { body: { config: { password: 'another', user: null } }, headers: { 'if-match': etag } }
  expect((await alice('PATCH', `${path}/${id}`, change)).status).toBe(200)
  expect((await api.connection(lease, 'shop'))?.values).toEqual({ host: 'db.example.com', password: 'another' })
  await alice('DELETE', `${path}/${id}`)
  expect(await api.connection(lease, 'shop')).toBeNull()
})
