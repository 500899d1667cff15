import { expect, test } from 'vitest'
import { readVariables } from './variables.ts'
import { variablesSchema } from './variables-schema.ts'

test('a schema says for each variable what the compiler takes', () => {
  const structures = {
    table: { datatype: 'str', description: 'Where to.' },
    days: { datatype: 'int', description: '' },
    share: { datatype: 'decimal', description: '' },
    since: { datatype: 'datetime', description: '' },
    full: { datatype: 'bool', description: '' },
  }
  expect(variablesSchema(structures)).toMatchObject({
    type: 'object',
    properties: {
      table: { type: 'string', title: 'table', description: 'Where to.' },
      days: { type: 'integer', maximum: 9007199254740991 },
      share: { type: 'number' },
      since: { type: 'string', pattern: expect.any(String) },
      full: { type: 'boolean' },
    },
    required: ['table', 'days', 'share', 'since', 'full'],
    additionalProperties: false,
  })
})

test.each([
  '2026-01-31 06:00:00',
  '2026-12-01 23:59:59',
  '2026-1-31 06:00:00',
  '2026-01-31T06:00:00',
  '2026-13-01 06:00:00',
  '2026-01-31 24:00:00',
  '',
])('the schema takes the time "%s" as the compiler does', (text) => {
  const structures = { at: { datatype: 'datetime', description: '' } }
  const { at } = variablesSchema(structures).properties as { at: { pattern: string } }
  const { problems } = readVariables(structures, { at: text }, { template: 't', place: '' })
  expect(new RegExp(at.pattern).test(text)).toBe(problems.length === 0)
})
