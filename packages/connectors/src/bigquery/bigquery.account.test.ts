import { describe, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { readText } from '../kit/read-text.contract.ts'
import { createConnector } from '../kit/registry.ts'

const variable = 'TB_CDK_TEST_SUITE_GOOGLE_APPLICATION_CREDENTIALS'
const credentials = process.env[variable]

describe('BigQuery itself', () => {
  const make = async () => (await createConnector('bigquery', { credentials_file: credentials ?? '' })) as SqlConnector

  test('connects, and reads values of all kinds with all their digits', async ({ skip }) => {
    if (!credentials) skip(`${variable} is not set`)
    await using connector = await make()
    expect(await connector.testConnection()).toMatchObject({ ok: true })
    expect(await connector.query('SELECT 1 AS one, "x" AS s')).toEqual([{ one: 1, s: 'x' }])
    await using source = await connector.openSource()
    const sql = String.raw`SELECT 9223372036854775807 AS i, 0.1 + 0.2 AS f, CAST('NaN' AS FLOAT64) AS nan, NUMERIC '1.1' AS n,
      BIGNUMERIC '12345678901234567890123456789012345678.00000000000000000000000000000000000001' AS big, TRUE AS b, 'a "b", c' AS s,
      FROM_HEX('deadbeef00') AS bytes, TIMESTAMP '2024-03-10 06:59:59.123456+00' AS ts, DATETIME '2024-03-10 01:59:59.1' AS dt,
      DATE '9999-12-31' AS d, TIME '13:00:05.012345' AS t, [1, -2] AS ints, STRUCT(9007199254740993 AS a, b'\xff' AS z) AS rec, CAST(NULL AS STRING) AS nothing, '' AS empty`
    expect((await readText(source, { kind: 'query', sql })).text).toBe(
      '9223372036854775807,0.30000000000000004,NaN,1.100000000,12345678901234567890123456789012345678.00000000000000000000000000000000000001,t,"a ""b"", c",' +
        '\\xdeadbeef00,2024-03-10 06:59:59.123456+00,2024-03-10 01:59:59.1,9999-12-31,13:00:05.012345,"{1,-2}","{""a"":9007199254740993,""z"":""\\\\xff""}",,""\n',
    )
  })
})
