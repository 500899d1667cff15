import { describe, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { readText } from '../kit/read-text.contract.ts'
import { createConnector } from '../kit/registry.ts'

const given = (name: string) => process.env[`TB_CDK_TEST_SUITE_SF_${name}`]
const required = ['ACCOUNT', 'USER', 'PWD', 'WAREHOUSE', 'DATABASE', 'SCHEMA']

describe('Snowflake itself', () => {
  const make = async () =>
    (await createConnector('snowflake', {
      account: given('ACCOUNT') ?? '',
      user: given('USER') ?? '',
      password: given('PWD') ?? '',
      warehouse: given('WAREHOUSE') ?? '',
      database: given('DATABASE') ?? '',
      schema: given('SCHEMA') ?? '',
      stage: given('STAGE') ?? '',
      role: given('ROLE') ?? '',
    })) as SqlConnector

  test('connects, and reads values of all kinds with all their digits', async ({ skip }) => {
    const missing = required.filter((name) => !given(name))
    if (missing.length > 0) skip(`${missing.map((name) => `TB_CDK_TEST_SUITE_SF_${name}`).join(', ')} not set`)
    await using connector = await make()
    expect(await connector.testConnection()).toMatchObject({ ok: true })
    await using source = await connector.openSource()
    const sql = `select '12345678901234567890.10'::number(38,18) as "n", 7::number(10,0) as "i", 0.5::float as "f", true as "b", 'a "b", c' as "s",
      to_binary('deadbeef00', 'HEX') as "bin", '2024-03-10 01:59:59.123456'::timestamp_ntz as "ntz", '2024-03-10 01:59:59.5 -0500'::timestamp_tz as "tz",
      '9999-12-31'::date as "d", '13:00:05.012345'::time as "t", parse_json('{"b":1}') as "v", null::float as "nothing", '' as "empty"`
    expect((await readText(source, { kind: 'query', sql })).text).toBe(
      '12345678901234567890.100000000000000000,7,0.5,t,"a ""b"", c",\\xdeadbeef00,2024-03-10 01:59:59.123456,' +
        '2024-03-10 06:59:59.5+00,9999-12-31,13:00:05.012345,"{""b"":1}",,""\n',
    )
    expect((await connector.listScope([])).map(({ name }) => name)).not.toContain('SNOWFLAKE')
  })

  test('exports through its stage', async ({ skip }) => {
    if (!given('STAGE')) skip('TB_CDK_TEST_SUITE_SF_STAGE is not set')
    await using connector = await make()
    await using made = await connector.export('select 1 as one', { format: 'csv' })
    expect(made.rows).toBe(1)
  })
})
