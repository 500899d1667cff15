// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what files hold
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parseConfigFile } from './config-file.ts'
import { configFileSchema } from './schema.ts'

const parse = (text: string, environment: Record<string, string> = {}) => parseConfigFile(text, 'm.yaml', environment)

describe('a file of transfers', () => {
  it('gives connections, defaults and transfers', async () => {
    const file = await parse(
      `
connections:
  shop: postgres://reader:\${SHOP_PASSWORD}@db/shop
  other:
    connector: postgres
    host: db2
    port: \${PORT}
    password: \${SHOP_PASSWORD}
defaults:
  parallel: \${N:-4}
  on-unrepresentable: null
  compression: zstd
transfers:
  - name: sales
    from: shop
    to: lake/
    tables: [public.orders, "sales.*"]
    into: "{schema}/{table}.parquet"
  - from: shop
    to: duckdb:x.duckdb
    query: select '$\${literal}'
    into: q
    mode: merge
    key: a, "b,c"
    cursor: at
    lookback: 5m
    split-bytes: 64MB
    header: false
`,
      { SHOP_PASSWORD: 'p: w#1', PORT: '6543' },
    )
    expect([...file.connections]).toEqual([
      ['shop', 'postgres://reader:p: w#1@db/shop'],
      ['other', { connector: 'postgres', host: 'db2', port: 6543, password: 'p: w#1' }],
    ])
    expect(file.defaults).toEqual({ parallel: 4, onUnrepresentable: 'null', compression: 'zstd' })
    expect(file.transfers).toEqual([
      {
        name: 'sales',
        from: 'shop',
        to: 'lake/',
        choices: { tables: ['public.orders', 'sales.*'], into: '{schema}/{table}.parquet' },
      },
      {
        name: '2',
        from: 'shop',
        to: 'duckdb:x.duckdb',
        choices: {
          query: "select '${literal}'",
          into: 'q',
          mode: 'merge',
          key: ['a', 'b,c'],
          cursor: 'at',
          lookback: 300,
          splitBytes: 64e6,
          header: false,
        },
      },
    ])
  })

  it.each([
    [
      'an unset variable',
      'connections:\n  a: postgres://u:${NOT_SET}@h/d',
      'm.yaml:2:6: the environment variable NOT_SET is not set.',
    ],
    ['broken YAML', 'a: [1,\nb: 2', 'm.yaml:2:'],
    [
      'a mistyped key',
      'transfers:\n  - from: a\n    to: b\n    tabels: [x]',
      'm.yaml:4:5: unknown key "tabels". Did you mean "tables"?',
    ],
    ['a mistyped top key', 'transfer: []', 'm.yaml:1:1: unknown key "transfer". Did you mean "transfers"?'],
    ['a mistyped default', 'defaults:\n  modes: append', 'm.yaml:2:3: unknown key "modes". Did you mean "mode"?'],
    ['what belongs to one transfer', 'defaults:\n  query: select 1', 'unknown key "query"'],
    [
      'a mistyped choice',
      'defaults:\n  mode: apend',
      'm.yaml:2:9: "defaults.mode" must be replace, append, merge, insert-only; did you mean append?',
    ],
    ['a wrong type', 'transfers:\n  - {from: a, to: b, tables: x}', '"transfers.0.tables" must be a list.'],
    ['a number out of range', 'defaults: { parallel: 0 }', '"defaults.parallel" must be >= 1.'],
    [
      'a wrong unit',
      'defaults: { split-bytes: 5 parsecs }',
      'must be a number with or without a unit, not "5 parsecs".',
    ],
    ['a missing end', 'transfers:\n  - from: a', 'm.yaml:2:5: "transfers.0" needs "to".'],
    ['an empty list', 'transfers: []', '"transfers" must NOT have fewer than 1 items.'],
    [
      'a name used twice',
      'transfers:\n  - {name: x, from: a, to: b}\n  - {name: x, from: a, to: b}',
      'two transfers are named "x"',
    ],
    [
      'an empty connection',
      'connections:\n  a: {}',
      'm.yaml:2:6: "connections.a" must be a URI, or "connector" with its values.',
    ],
  ])('refuses %s and says where', async (_, text, message) => {
    await expect(parse(text)).rejects.toMatchObject({ message: expect.stringContaining(message) })
  })

  it('never lets the value of a variable become YAML', async () => {
    const file = await parse('connections:\n  a: "${V}"\n  b: ${V}', { V: 'x, c: [1]\nd: 2' })
    expect([...file.connections]).toEqual([
      ['a', 'x, c: [1]\nd: 2'],
      ['b', 'x, c: [1]\nd: 2'],
    ])
  })
})

it('the published schema is the one that files are checked with', async () => {
  const published = await readFile(new URL('../../millrace.schema.json', import.meta.url), 'utf8')
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(configFileSchema())))
})
