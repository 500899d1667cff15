import { expect } from 'vitest'
import type { CallServer, TestServer } from '../test-server.fixture.ts'

export const connectors = '/api/data/data_connectors'
export const bucket = {
  configuration: {
    type: 's3',
    provider: 'AWS',
    region: 'eu-central-1',
    access_key_id: 'AKIA-THE-KEY',
    secret_access_key: 'THE-SECRET-VALUE',
  },
  source_path: 'flights/2026',
  target_path: 'flights',
}

export async function signedIn(server: TestServer, id: string, claims?: Record<string, unknown>): Promise<CallServer> {
  const call = server.as(id, { email: `${id}@example.com`, ...claims })
  expect((await call('GET', '/api/data/user')).status).toBe(200)
  return call
}

export async function made(call: CallServer, path: string, body: Record<string, unknown>) {
  const answer = await call('POST', path, { body })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}

export async function newConnector(call: CallServer, body: Record<string, unknown> = {}) {
  return await made(call, connectors, { name: 'Flights', namespace: 'alice', storage: bucket, ...body })
}

export async function newProject(call: CallServer, body: Record<string, unknown> = {}) {
  return await made(call, '/api/data/projects', { name: 'Delays', namespace: 'alice', ...body })
}

export async function join(owner: CallServer, path: string, id: string, role: string) {
  expect((await owner('PATCH', `${path}/members`, { body: [{ id, role }] })).status).toBe(200)
}

export async function statusOf(call: CallServer, path: string): Promise<number> {
  return (await call('GET', path)).status
}
