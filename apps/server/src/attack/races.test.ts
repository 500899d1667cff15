import { sql, transaction } from '@millrace/db'
import { expect, test } from 'vitest'
import { newProject, signedIn } from '../people.fixture.ts'
import { manifestOf, someoneWaits, useServers } from '../test-server.fixture.ts'

const servers = useServers()

test.each([
  ['moved', (own: string) => ({ method: 'PATCH', body: { project_id: own } })],
  ['removed', () => ({ method: 'DELETE', body: undefined })],
])('a workflow that goes to another project while it is %s stays there', async (_, deed) => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  const ofAlice = (await newProject(alice, { namespace: 'alice' })).id
  const ofBob = (await newProject(bob, { namespace: 'bob' })).id
  const made = await alice('POST', `/api/workflows?project=${ofAlice}`, { body: manifestOf({ a: {} }) })
  expect(made.status).toBe(201)
  const { method, body } = deed(ofAlice)
  const { answer } = await transaction(server.db, async (trx) => {
    await trx.execute(sql`update engine.workflow set project_id = ${ofBob} where name = 'flow'`)
    const answer = alice(method, '/api/workflows/flow', body === undefined ? {} : { body })
    await someoneWaits(server)
    return { answer }
  })
  expect((await answer).status).toBe(404)
  expect((await bob('GET', '/api/workflows/flow')).status).toBe(200)
  expect((await alice('GET', '/api/workflows/flow')).status).toBe(404)
})
