import { startFakeSnowflake } from '@millrace/testing'
import { expect, test } from 'vitest'
import { failureOf, outputOf, runOperator } from '../run-operator.test.fixture.ts'

test('on a system without sessions each statement runs by itself, and the last result is given', async () => {
  await using fake = await startFakeSnowflake({ rowsPerFile: 300 })
  const { account, user, password, database, url: endpoint } = fake
  const values = { account, user, password, database, schema: 'PUBLIC', endpoint }
  const connections = { cloud: { connector: 'snowflake', values } }
  const run = (sql: string, more: object = {}) =>
    runOperator('sql', { connection: 'cloud', sql, ...more }, { connections })
  const script =
    "create table visits (id int, place varchar); insert into visits values (1, 'a;b'), (2, 'c;d'); -- done\nselect id, place from visits order by id"
  expect(outputOf(await run(script))).toMatchObject({
    statements: [{ verb: 'create' }, { verb: 'insert' }, { verb: 'select' }],
    rows: [
      { id: 1, place: 'a;b' },
      { id: 2, place: 'c;d' },
    ],
  })
  expect(fake.statements.some(({ sql }) => sql.startsWith('/* millrace workflow=sales.daily'))).toBe(true)
  expect(outputOf(await run('select * from visits', { rowLimit: 1 }))).toMatchObject({ rows: [{ id: 1 }], cut: true })
  expect(failureOf(await run('select count(*) from visits', { expect: { value: 3 } })).code).toBe(
    'SQL_EXPECTATION_FAILED',
  )
})
