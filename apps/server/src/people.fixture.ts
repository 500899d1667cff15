import { sql } from '@millrace/db'
import { expect } from 'vitest'
import type { CallServer, TestServer } from './test-server.fixture.ts'

export const projects = '/api/data/projects'
export const groups = '/api/data/groups'

/** A user whom the platform knows, with a namespace of the same name. */
export async function signedIn(
  server: TestServer,
  id: string,
  claims?: Readonly<Record<string, unknown>>,
): Promise<CallServer> {
  const call = server.as(id, { email: `${id}@example.com`, ...claims })
  expect((await call('GET', '/api/data/user')).body).toMatchObject({ id, username: id })
  return call
}

export async function newProject(call: CallServer, body: Readonly<Record<string, unknown>>) {
  const answer = await call('POST', projects, { body: { name: 'Delays', ...body } })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}

export async function newGroup(call: CallServer, slug: string) {
  const answer = await call('POST', groups, { body: { name: `Group ${slug}`, slug } })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}

/** With the ETag that the project has now. */
export async function patchProject(call: CallServer, id: string, body: Readonly<Record<string, unknown>>) {
  const { headers } = await call('GET', `${projects}/${id}`)
  return await call('PATCH', `${projects}/${id}`, { body, headers: { 'if-match': headers.get('etag') ?? 'none' } })
}

export async function eventsOf(server: TestServer, key: string) {
  return await server.db.query<{ type: string; payload: Record<string, unknown> }>(sql`
    select type, payload from events.event where key = ${key} order by id`)
}

export async function statusOf(call: CallServer, path: string): Promise<number> {
  return (await call('GET', path)).status
}
