import { Task, Workflow, z } from '@millrace/workflow'
import { expect, test } from 'vitest'
import { manifestOf, useServers } from '../test-server.fixture.ts'

const servers = useServers()

const params = z.object({
  day: z.iso.date().describe('Which day is loaded.'),
  country: z.enum(['ch', 'fr']).default('ch'),
  rows: z.int().min(1).max(1000).default(10),
  share: z.number().optional(),
  full: z.boolean().default(false),
  tables: z.array(z.string()).default([]),
  owner: z.email().meta({ title: 'Owner' }),
  limits: z.object({ low: z.number(), high: z.number().default(5) }).optional(),
})

class Load extends Task {
  async run() {}
}

test('a workflow tells the form of its trigger: types, defaults, choices, formats, and what is required', async () => {
  const { call } = await servers.start()
  const manifest = new Workflow({ category: 'shop', name: 'daily', version: '1', params }).addNode(Load).toManifest()
  await call('POST', '/api/workflows', { body: manifest })
  const { body } = await call('GET', '/api/workflows/shop_daily')
  expect(body.params_schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      day: { type: 'string', format: 'date', description: 'Which day is loaded.' },
      country: { type: 'string', enum: ['ch', 'fr'], default: 'ch' },
      rows: { type: 'integer', minimum: 1, maximum: 1000, default: 10 },
      share: { type: 'number' },
      full: { type: 'boolean', default: false },
      tables: { type: 'array', items: { type: 'string' }, default: [] },
      owner: { type: 'string', format: 'email', title: 'Owner' },
      limits: { type: 'object', properties: { high: { default: 5 } }, required: ['low'] },
    },
    required: ['day', 'owner'],
  })
  expect(JSON.stringify(body.params_schema)).not.toContain('"$ref"')
  const [listed] = (await call('GET', '/api/workflows')).body
  expect(listed.params_schema).toBeUndefined()
  const start = async (given: unknown) =>
    await call('POST', '/api/workflows/shop_daily/runs', { body: { params: given } })
  expect((await start({ day: '2026-01-31', owner: 'a@example.com' })).body.params).toMatchObject({ rows: 10 })
  const refused = await start({ day: 'today', rows: 0 })
  expect(refused).toMatchObject({ status: 422, body: { error: { detail: 'PARAMS_INVALID' } } })
  expect(refused.body.error.message).toMatch(/day[\s\S]*rows|owner/)
})

test('the schema is that of the current version, and there is none where any parameters are taken', async () => {
  const { call } = await servers.start()
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }) })
  expect((await call('GET', '/api/workflows/flow')).body.params_schema).toBeUndefined()
  const schema = { type: 'object', properties: { table: { type: 'string' } }, required: ['table'] }
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { version: '2', params: schema }) })
  expect((await call('GET', '/api/workflows/flow')).body.params_schema).toEqual(schema)
})
