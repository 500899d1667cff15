import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { type Answer, type CallServer, type TestServer, useServers } from '../test-server.fixture.ts'
import { configured, copyVariables } from './pipelines.fixture.ts'

const servers = useServers()

async function emptyProject(server: TestServer): Promise<string> {
  const alice = server.as('alice', { email: 'alice@example.com' })
  await alice('GET', '/api/data/user')
  return (await alice('POST', '/api/data/projects', { body: { name: 'Copy', namespace: 'alice' } })).body.id
}

function withYaml(call: CallServer, projectId: string) {
  const path = `/api/projects/${projectId}/configuration`
  const send = async (method: string, to: string, text: string): Promise<Answer> =>
    await call(method, to, { bytes: Buffer.from(text), headers: { 'content-type': 'application/yaml' } })
  return {
    read: async (): Promise<string> => (await call('GET', path)).body,
    plan: async (text: string, query = '') => await send('POST', `${path}/plan${query}`, text),
    apply: async (text: string, query = '') => await send('PUT', `${path}${query}`, text),
  }
}

const summaryOf = ({ body }: Answer) =>
  body.changes.map(({ action, kind, name, fields }: Record<string, string | string[]>) =>
    [action, kind, name, ...(fields ?? [])].join(' '),
  )

async function versions({ db }: TestServer) {
  return await db.query<{ name: string; version: string | null }>(sql`
    select w.name, v.version from engine.workflow w left join engine.workflow_version v on v.id = w.current_version_id
    order by w.id`)
}

test('a project is exported, and applied to another one, which is then the same', async () => {
  const server = await servers.start()
  const { alice, projectId, create } = await configured(server)
  await create()
  await create({ name: 'later', is_active: false, run_frequency: null, description: 'yes' })
  const from = withYaml(alice, projectId)
  const to = withYaml(alice, await emptyProject(server))
  const text = await from.read()
  expect(text).toContain('format: 1\n')
  expect(text).toContain('      - state: raw\n        template: copy_sales\n')
  expect(await from.read()).toBe(text)
  expect(summaryOf(await from.plan(text, '?prune=true'))).toEqual([])

  const planned = await to.plan(text)
  expect(planned).toMatchObject({ status: 200, body: { problems: [] } })
  expect(summaryOf(planned)).toEqual([
    ...['create segment payer', 'create pipeline_type claims', 'create client acme', 'create brand acme/wonder'],
    ...['create template copy_sales', 'create pipeline daily', 'create pipeline later'],
  ])
  expect(await to.read()).not.toContain('acme')
  expect(summaryOf(await to.apply(text))).toEqual(summaryOf(planned))
  expect(await to.read()).toBe(text)
  expect(await to.apply(text)).toMatchObject({ status: 200, body: { changes: [] } })
  expect(await versions(server)).toMatchObject([
    { name: 'daily', version: expect.stringMatching(/^c-/) },
    { name: expect.stringMatching(/^daily-/), version: expect.stringMatching(/^c-/) },
  ])
})

test('a configuration changes what it speaks of, and removes the rest only when it is asked to', async () => {
  const server = await servers.start()
  const { alice, projectId, create } = await configured(server)
  const { body: before } = await create()
  await create({ name: 'gone' })
  const { read, plan, apply } = withYaml(alice, projectId)
  const text = (await read())
    .replace('run_frequency: daily', 'run_frequency: weekly')
    .replace(/ {2}- name: gone[\s\S]*/, '')
    .replace('days: 7', 'days: 8')
  expect(summaryOf(await plan(text))).toEqual(['update pipeline daily run_frequency transformations'])
  expect(summaryOf(await plan(text, '?prune=true'))).toEqual([
    ...['update pipeline daily run_frequency transformations', 'delete pipeline gone'],
  ])
  await apply(text, '?prune=true')
  const { body: after } = await alice('GET', `/api/pipelines/${before.id}`)
  expect(after).toMatchObject({
    run_frequency: 'weekly',
    transformations: [{ variables: { ...copyVariables, days: 8 } }],
  })
  // A transformation that only changes stays the same one.
  expect(after.transformations[0].id).toBe(before.transformations[0].id)
  expect(after.etag).not.toBe(before.etag)
  expect(await versions(server)).toMatchObject([{ name: 'daily' }, { name: 'gone', version: null }])
  const actors = await server.db.query(sql`select distinct actor from audit.event where entity = 'transformation'`)
  expect(actors).toEqual([{ actor: 'alice' }])
})

test('a configuration with problems changes nothing, and all of them are named', async () => {
  const server = await servers.start()
  const { alice, projectId, create } = await configured(server)
  await create()
  const { read, plan, apply } = withYaml(alice, projectId)
  const text = (await read())
    .replace('display_name: Acme', 'display_name: Other')
    .replace('operator: sql', 'operator: sqll')
    .replace('days: 7', 'days: seven')
  const [wholeBefore, versionsBefore] = [await read(), await versions(server)]
  const { body: planned } = await plan(text)
  expect(planned.problems.map(({ place, code }: Record<string, string>) => [place, code])).toEqual([
    ['template copy_sales, config', 'OPERATOR_UNKNOWN'],
    ['pipeline daily, transformations.0.variables.days', 'TRANSFORMATION_VARIABLE_INVALID'],
  ])
  expect(await apply(text)).toMatchObject({ status: 422, body: { error: { detail: 'CONFIGURATION_REFUSED' } } })
  expect(await apply('format: 1\npipelines: 7')).toMatchObject({ status: 422 })
  expect(await apply('format: 1', '?prune=true&x=1')).toMatchObject({ status: 422 })
  expect([await read(), await versions(server)]).toEqual([wholeBefore, versionsBefore])

  const unknown = text.replace(/operator: sqll|days: seven/g, '').replace('template: copy_sales', 'template: copy_sale')
  expect(await apply(unknown)).toMatchObject({ status: 422 })
})

test('who may only read may export; who may not is told of no project', async () => {
  const server = await servers.start()
  const { alice, projectId } = await configured(server)
  const bob = server.as('bob', { email: 'bob@example.com' })
  await bob('GET', '/api/data/user')
  const path = `/api/projects/${projectId}/configuration`
  const { apply, plan } = withYaml(bob, projectId)
  expect([(await bob('GET', path)).status, (await apply('format: 1')).status]).toEqual([404, 404])
  await alice('PATCH', `/api/data/projects/${projectId}/members`, { body: [{ id: 'bob', role: 'viewer' }] })
  expect([(await bob('GET', path)).status, (await plan('format: 1')).status]).toEqual([200, 404])
})

test('applied twice at once it is applied once', async () => {
  const server = await servers.start()
  const { alice, projectId, create } = await configured(server)
  await create()
  const text = await withYaml(alice, projectId).read()
  const to = withYaml(alice, await emptyProject(server))
  const answers = await Promise.all([to.apply(text), to.apply(text), to.apply(text)])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(answers.map(({ body }) => body.changes.length).sort()).toEqual([0, 0, 6])
})
