import { expect, test } from 'vitest'
import { useServers } from '../test-server.fixture.ts'
import { configured, workflowOf } from './pipelines.fixture.ts'

const servers = useServers()

test('two changes at once: one is made, the other is told to read again', async () => {
  const server = await servers.start()
  const { alice, create } = await configured(server)
  const { body } = await create()
  const answers = await Promise.all(
    ['hourly', 'weekly', 'monthly'].map((run_frequency) =>
      alice('PATCH', `/api/pipelines/${body.id}`, { body: { run_frequency }, headers: { 'if-match': body.etag } }),
    ),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
  const { body: now } = await alice('GET', `/api/pipelines/${body.id}`)
  expect((await workflowOf(server, 'daily'))?.cron).toBe(`@${now.run_frequency}`)
})

test('many changes at once leave the engine with what is configured', async () => {
  const server = await servers.start()
  const { alice, clientId, templateId, create } = await configured(server)
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) ids.push((await create({ name })).body.id)
  const patch = async (path: string, body: Record<string, unknown>) => {
    const { headers } = await alice('GET', path)
    return (await alice('PATCH', path, { body, headers: { 'if-match': headers.get('etag') ?? '' } })).status
  }
  const statuses: number[] = []
  for (let round = 0; round < 4; round += 1) {
    const sqlText = `select ${round}, '{{ variables.table }}', {{ variables.days }}`
    const answers = await Promise.all([
      patch(`/api/pipeline-templates/${templateId}`, { config: { connection: 'warehouse', sql: sqlText } }),
      patch(`/api/clients/${clientId}`, { name: `acme${round}` }),
      ...ids.map((id, index) => patch(`/api/pipelines/${id}`, { run_frequency: `${round} ${index} * * *` })),
      ...ids.map(
        async (id) => (await alice('POST', `/api/pipelines/${id}/${round % 2 ? 'activate' : 'deactivate'}`)).status,
      ),
    ])
    statuses.push(...answers)
  }
  // Those that read an older state are told so.
  expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([])
  await alice('POST', `/api/pipelines/${ids[0]}/deactivate`)
  for (const id of ids) {
    const { body } = await alice('GET', `/api/pipelines/${id}`)
    const graph = await alice('GET', `/api/pipelines/${id}/graph`)
    const engine = await workflowOf(server, body.workflow)
    expect([body.name, engine?.version]).toEqual([body.name, body.is_active ? graph.body.version : null])
  }
})

test('what is removed while it is changed is changed before, or not there', async () => {
  const server = await servers.start()
  const { alice, projectId } = await configured(server)
  const statuses = new Set<number>()
  for (let round = 0; round < 20; round += 1) {
    const { body } = await alice('POST', '/api/segments', { body: { project_id: projectId, name: `s${round}` } })
    const path = `/api/segments/${body.id}`
    const change = { body: { name: `t${round}` }, headers: { 'if-match': body.etag } }
    const answers = await Promise.all([
      alice('PATCH', path, change),
      alice('DELETE', path),
      alice('PATCH', path, change),
    ])
    for (const { status } of answers) statuses.add(status)
  }
  expect([...statuses].filter((status) => ![200, 204, 404, 409].includes(status))).toEqual([])
})

test.each([
  ['{% for i in range(100000000) %}{% for j in range(100000000) %}{{ variables.table }}{% endfor %}{% endfor %}'],
  ["{{ variables.constructor.constructor('return process')() }}"],
  ['{% macro f() %}{{ f() }}{{ variables.table }}{% endmacro %}{{ f() }}'],
  [
    "{{ variables.table * 1000000000 }}{{ variables.table | replace('s', variables.table) }}{{ '%99999999s' % variables.table }}",
  ],
])(
  'a template that works too much, or reaches out, is refused or does nothing: %s',
  async (text) => {
    const server = await servers.start()
    const { alice, projectId, create } = await configured(server)
    const body = { project_id: projectId, name: 'bad', operator: 'sql', config: { connection: 'w', sql: text } }
    const variable_structures = { table: { datatype: 'str' }, constructor: { datatype: 'str' } }
    const saved = await alice('POST', '/api/pipeline-templates', { body: { ...body, variable_structures } })
    if (saved.status === 422) return
    const variables = { table: "s'; drop table x; --", constructor: 'c' }
    const made = await create({ transformations: [{ state: 'raw', template_id: saved.body.id, variables }] })
    expect([made.status, made.body.error?.detail]).toEqual([422, 'TEMPLATE_FAILED'])
    expect((await alice('GET', '/api/pipelines')).body).toEqual([])
  },
  30_000,
)
