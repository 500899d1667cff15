import { type ClickhouseHttp, startClickhouseHttp } from '@millrace/tinybird-local'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { connectorForUri } from '../kit/registry.ts'
import { codeOf } from '../kit/sink-rows.contract.ts'
import { describeSqlConnector } from '../kit/sql-connector.contract.ts'
import { parseUri } from './config.ts'
import { definition } from './connector.ts'
import { splitStatements } from './split-statements.ts'
import { addressFor, askServer, hasClickhouse } from './test-server.contract.ts'

describe.skipIf(!hasClickhouse())('ClickHouse', () => {
  let server: ClickhouseHttp
  const ask = (sql: string) => askServer(server, sql)

  beforeAll(async () => {
    server = await startClickhouseHttp({ password: 'p@ss/word#1' })
    await ask('CREATE DATABASE contract')
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  describeSqlConnector('ClickHouse', () => {
    let seen = false
    const address = addressFor(server, 'contract')
    return {
      // The contract's tables are declared without NULL, which elsewhere means that they take it.
      make: async () => (await connectorForUri(`${address}?data_type_default_nullable=1`)) as SqlConnector,
      definition,
      unreachable: [
        { name: 'wrong password', config: { ...parseUri(address), password: 'wr0ng-secret' } },
        { name: 'nobody listens', config: { ...parseUri(address), port: 1 } },
        { name: 'no such host', config: { ...parseUri(address), host: 'absent.invalid' } },
        { name: 'no such database', config: { ...parseUri(address), database: 'absent' } },
      ],
      quote: (name) => `"${name.replaceAll('"', '\\"')}"`,
      schema: 'contract',
      series: (rows) => `select toInt32(number + 1) as id, repeat('x', 200) as label from numbers(${rows})`,
      failing: `select number, throwIf(number = 2000000) as x, repeat('y', 100) as y from numbers(4000000) settings max_threads = 1`,
      endless: `select count() as endless_marker from numbers(1000000000000) where sipHash64(number) = 1`,
      refused: [
        'truncate table contract_plain',
        'select 1; truncate table contract_plain',
        'delete from contract_plain where 1',
        'insert into contract_plain values (1, null)',
        'drop table contract_plain',
      ],
      running: async (text) => {
        const sql = `SELECT count() FROM system.processes WHERE position(query, '${text}') > 0 AND position(query, 'system.processes') = 0`
        // Behind our own interface a statement ends a moment after its client has gone.
        let count = Number(await ask(sql))
        for (let tries = 0; seen && count > 0 && tries < 200; tries++) count = Number(await ask(sql))
        seen ||= count > 0
        return count
      },
      connections: null,
      // One SELECT sees one moment, and there is no snapshot over several.
      concurrentWrites: false,
      longestName: 200,
    }
  })

  test('a user who may only read, and give no settings, can be copied from', async () => {
    await using connector = (await connectorForUri(`${addressFor(server, 'contract')}?readonly=1`)) as SqlConnector
    expect(await connector.query('select 1 as a, true as b, 5000000000 as c')).toEqual([
      { a: 1, b: true, c: '5000000000' },
    ])
    await expect(connector.execute('create table t (a Int8)')).rejects.toMatchObject({ code: 'READ_ONLY' })
  })

  test('no setting of a user cuts or alters a result in silence', async () => {
    const address = addressFor(server, 'contract')
    const odd = 'limit=5&offset=3&output_format_tsv_crlf_end_of_line=1&format_tsv_null_representation=NIL'
    await using connector = (await connectorForUri(`${address}?${odd}`)) as SqlConnector
    expect(await connector.query('select null as a, 1 as b')).toEqual([{ a: null, b: 1 }])
    await using all = await connector.export('select number from numbers(1000)', { format: 'csv' })
    expect(all.rows).toBe(1000)
    const limits: readonly (readonly [string, string])[] = [
      ['max_result_rows=5&result_overflow_mode=break', 'select number from numbers(100000)'],
      ['max_execution_time=1', 'select count() from numbers(1000000000000) where sipHash64(number) = 1'],
    ]
    for (const [settings, sql] of limits) {
      await using limited = (await connectorForUri(`${address}?${settings}`)) as SqlConnector
      expect(await codeOf(limited.query(sql))).toBe('FatalError LIMIT_REACHED')
      expect(await codeOf(limited.export(sql, { format: 'csv' }))).toBe('FatalError LIMIT_REACHED')
    }
  })

  test('an error says what the server said, and no password', async () => {
    await using connector = (await connectorForUri(addressFor(server, 'contract'))) as SqlConnector
    const failing = connector.query("select 'p@ss/word#1' + nothing from absent")
    await expect(failing).rejects.toMatchObject({ name: 'ConfigError', details: { number: expect.any(Number) } })
    await expect(failing).rejects.not.toThrow('p@ss/word#1')
  })
})

test.each([
  ['select 1', ['select 1']],
  ['select 1; \n-- done;\n', ['select 1']],
  [`select ';', "a;b", \`c;d\`; /* ; */ select 2;`, [`select ';', "a;b", \`c;d\``, ' /* ; */ select 2']],
  [`select 'it''s; \\'so;' ; select $x$;$x$`, [`select 'it''s; \\'so;' `, ' select $x$;$x$']],
])('a script is cut into its statements: %s', (script, statements) => {
  expect(splitStatements(script)).toEqual(statements)
})

test('an address names what the server is told', () => {
  expect(parseUri('clickhouse+https://u:p%40@h:9440/db?max_threads=4&connect_timeout=3&settings=a%3D1')).toEqual({
    host: 'h',
    port: '9440',
    user: 'u',
    password: 'p@',
    database: 'db',
    secure: 'true',
    connect_timeout: '3',
    settings: 'max_threads=4&a=1',
  })
  expect(() => parseUri('clickhouse://u:a@s3cret/b@h/db')).toThrow(expect.objectContaining({ code: 'INVALID_URI' }))
  expect(() => parseUri('clickhouse://u:a@s3cret/b@h/db')).not.toThrow(/s3cret/)
})
