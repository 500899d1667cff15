import { expect, it } from 'vitest'
import { signedIn } from '../people.fixture.ts'
import { useServers } from '../test-server.fixture.ts'

const servers = useServers()

it('operators are listed with the schemas of their forms, which refer to nothing elsewhere', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const { body } = await alice('GET', '/api/operators')
  expect(body[0]).toMatchObject({ name: 'transfer', title: 'Transfer', description: expect.any(String) })
  for (const { name } of body) {
    const one = await alice('GET', `/api/operators/${name}`)
    expect(one.body, name).toMatchObject({ name, config_schema: { type: 'object' } })
    expect(JSON.stringify(one.body.config_schema), name).not.toContain('"$ref"')
  }
  const { config_schema } = (await alice('GET', '/api/operators/transfer')).body
  expect(config_schema.properties.from.properties).toMatchObject({
    connection: { 'x-connection': true },
    query: { 'x-code': 'sql' },
  })
  expect((await alice('GET', '/api/operators/transfr')).body.error.message).toMatch(/Did you mean "transfer"\?/)
  expect((await server.anonymous('GET', '/api/operators')).status).toBe(401)
})
