import { expect, test } from 'vitest'
import { createOperator, operatorDefinitions, operatorNames, operatorSchemas, validateOperator } from './registry.ts'

test('every operator is made from its example, has a schema with titles, and names its connections', () => {
  expect(operatorNames()).toContain('transfer')
  for (const { name, example, configSchema } of operatorDefinitions()) {
    const operator = createOperator(name, example)
    expect(operator.operator).toBe(name)
    expect(operator.config).toEqual(example)
    expect(operatorSchemas()[name]).toBe(configSchema)
    validateOperator(name, example, { connections: operator.connections })
    for (const [property, schema] of Object.entries(configSchema.properties as Record<string, object>)) {
      expect([name, property, schema]).toEqual([name, property, expect.objectContaining({ title: expect.any(String) })])
    }
  }
  expect(createOperator('transfer', { from: { connection: 'a' }, to: { connection: 'b' } }).connections).toEqual([
    'a',
    'b',
  ])
})

test('R11: a connection that does not exist is named with its path', () => {
  const config = {
    connection: 'warehouse',
    table: 't',
    checks: [{ check: 'row_count' }, { check: 'reconcile', source: { connection: 'shpo', table: 't' } }],
  }
  const validate = () => validateOperator('data_test', config, { connections: ['warehouse', 'shop'] })
  expect(validate).toThrow(
    expect.objectContaining({
      code: 'CONNECTION_UNKNOWN',
      message: expect.stringContaining('"/checks/1/source/connection" names the connection "shpo"'),
      details: expect.objectContaining({ paths: ['/checks/1/source/connection'] }),
    }),
  )
  expect(validate).toThrow('Did you mean "shop"?')
})

test('every problem of a configuration is told with its path', () => {
  const config = { connection: 5, sqll: 'select 1', rowLimit: 'many', expect: { rows: { min: -1 } } }
  expect(() => validateOperator('sql', config, { connections: [] })).toThrow(
    expect.objectContaining({
      code: 'OPERATOR_INVALID',
      message: expect.stringMatching(
        /"\/" lacks "sql".*Did you mean "sql"\?.*"\/expect\/rows\/min" must be.*"\/rowLimit" must be/,
      ),
    }),
  )
})

test.each([
  [{ check: 'not_nul', column: 'a' }, '"/checks/0" '],
  [{ check: 'not_null' }, '"/checks/0" lacks "column"'],
  [{ check: 'not_null', column: 'a', colum: 'b' }, 'unknown field "colum"'],
])('a check %j is told apart by its kind', (check, text) => {
  expect(() => createOperator('data_test', { connection: 'a', table: 't', checks: [check] })).toThrow(text)
})

test('templates stand for any value until they are filled in', () => {
  validateOperator(
    'sql',
    { connection: '{{ params.db }}', sql: 'select 1', rowLimit: '{{ params.n }}' },
    { connections: [] },
  )
  expect(createOperator('sql', { connection: 'a', sql: 'select 1', rowLimit: '5' }).config).toMatchObject({
    rowLimit: '5',
  })
})

test('an unknown operator is answered with the nearest', () => {
  expect(() => createOperator('transfr', {})).toThrow(
    expect.objectContaining({ code: 'OPERATOR_UNKNOWN', message: expect.stringContaining('Did you mean "transfer"?') }),
  )
})
