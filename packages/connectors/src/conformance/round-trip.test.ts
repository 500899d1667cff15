import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UnrepresentablePolicy } from '@millrace/formats'
import { findMariadb, startMariadb, startPostgres, type TestMariadb, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { connectorForUri } from '../kit/registry.ts'
import { transfer } from '../transfer/transfer.ts'
import type { Manifest } from '../transfer/types.ts'
import { valueTables } from './export-values.ts'
import { mysqlValues } from './mysql-values.ts'
import { postgresValues } from './postgres-values.ts'

const quote = (name: string) => `"${name}"`

describe('every PostgreSQL value', () => {
  let server: TestPostgres
  let folder: string
  let origin: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-round-trip-'))
    server = await startPostgres()
    origin = server.url(await server.createDatabase('origin'))
    await run(origin, valueTables(postgresValues, quote))
  })
  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('survives PostgreSQL → PostgreSQL', async () => {
    const copy = server.url(await server.createDatabase('copy'))
    await run(
      copy,
      postgresValues.flatMap((value) => value.setup ?? []),
    )
    for (const manifest of await copyAll(origin, copy)) {
      expect(manifest.losses).toEqual([])
      expect(manifest.proof.target).toEqual(manifest.proof.source)
    }
    for (const value of postgresValues) {
      expect(await texts(copy, value.id), value.type).toEqual([null, ...value.values.map((row) => row.csv)])
      expect(await columnType(copy, value.id), value.type).toBe(await columnType(origin, value.id))
    }
  })

  it('survives PostgreSQL → DuckDB → PostgreSQL, or is counted', async () => {
    const back = server.url(await server.createDatabase('back'))
    const database = `duckdb:${join(folder, 'values.duckdb')}`
    const there = await copyAll(origin, database)
    const home = await copyAll(database, back)
    for (const value of postgresValues) {
      const arrived = await texts(back, value.id)
      const expected = [null, ...value.values.map((row) => row.csv)]
      const lost = expected.filter((text, n) => arrived[n] !== text)
      const counted = [there, home].flatMap(
        (manifests) => manifests.find((manifest) => manifest.from.table === value.id)?.losses ?? [],
      )
      expect({ type: value.type, lost: lost.length }, `${value.type}: ${JSON.stringify(arrived)}`).toEqual({
        type: value.type,
        lost: counted.reduce((sum, entry) => sum + entry.count, 0),
      })
    }
  })
})

/** PostgreSQL's forms of values that stay the same: an interval, a year without zeros, a float4 with an exponent. */
const formsInPostgres: Readonly<Record<string, readonly string[]>> = {
  v_time: ['PT-838H-59M-59S', 'PT838H59M59S', 'PT0.5S'],
  v_year: ['0', '2155'],
  v_float: ['1.6777216e+07', '0.1'],
}

describe.skipIf(!findMariadb())('every MySQL value', () => {
  let mariadb: TestMariadb
  let server: TestPostgres
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-round-trip-'))
    const servers = await Promise.all([startMariadb(), startPostgres()])
    mariadb = servers[0]
    server = servers[1]
    await run(mariadb.url(), [`SET GLOBAL sql_mode = 'ALLOW_INVALID_DATES'`])
    await run(mariadb.url(), [
      ...valueTables(mysqlValues, (name) => `\`${name}\``),
      `INSERT INTO v_zero_date VALUES (9, '2024-02-31')`,
    ])
  })
  afterAll(async () => {
    await mariadb?.stop()
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it.each(['PostgreSQL', 'DuckDB → PostgreSQL', 'SQLite → PostgreSQL'])(
    'survives MariaDB → %s, or is counted',
    async (road) => {
      const end = server.url(await server.createDatabase())
      const between = road.startsWith('Duck') ? 'duckdb' : road.startsWith('SQL') ? 'sqlite' : null
      const stops = [mariadb.url(), ...(between ? [`${between}:${join(folder, between)}`] : []), end]
      const copies: Manifest[][] = []
      for (let stop = 1; stop < stops.length; stop++)
        copies.push(await copyAll(stops[stop - 1] as string, stops[stop] as string, mysqlValues.length))
      for (const value of mysqlValues) {
        const expected = [
          null,
          ...(formsInPostgres[value.id] ?? value.values.map((row) => row.csv)),
          ...(value.id === 'v_zero_date' ? ['2024-02-31'] : []),
        ]
        const arrived = await texts(end, value.id)
        const counted = copies.flatMap(
          (manifests) => manifests.find((manifest) => manifest.from.table === value.id)?.losses ?? [],
        )
        expect(arrived, value.type).toHaveLength(expected.length)
        expect(
          expected.filter((text, n) => arrived[n] !== text && !(arrived[n] === null && counted.length > 0)),
          value.type,
        ).toEqual([])
        expect(expected.filter((text, n) => arrived[n] !== text).length, value.type).toBe(
          counted.reduce((sum, entry) => sum + entry.count, 0),
        )
      }
    },
    120_000,
  )

  it('keeps dates that do not exist as text when asked to, and refuses them by name otherwise', async () => {
    const end = server.url(await server.createDatabase())
    const dates = ['v_zero_date']
    await expect(copyAll(mariadb.url(), end, 1, dates, 'error')).rejects.toThrow(/holds 0000-00-00.*\(zero-date\)/)
    const [manifest] = await copyAll(mariadb.url(), end, 1, dates, 'text')
    expect(manifest?.losses).toEqual([
      { column: 'v', reason: 'zero-date', outcome: 'kept-as-text', count: 2 },
      { column: 'v', reason: 'invalid-text', outcome: 'kept-as-text', count: 1 },
    ])
    expect(await texts(end, 'v_zero_date')).toEqual([null, '2024-02-29', '0000-00-00', '2000-00-01', '2024-02-31'])
  })
})

describe('the number -0', () => {
  const systems = ['sqlite', ...(findMariadb() ? ['mysql'] : [])]
  it.each(systems)(
    'follows the policy on its way to %s, which drops the sign',
    async (system) => {
      await using server = await startPostgres()
      await using mariadb = system === 'mysql' ? await startMariadb() : null
      const folder = await mkdtemp(join(tmpdir(), 'millrace-zero-'))
      await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
      const to = mariadb ? mariadb.url() : `sqlite:${join(folder, 'zero.sqlite')}`
      await run(server.url(), [`CREATE TABLE zero AS SELECT '-0'::float8 AS v`])
      await expect(copyAll(server.url(), to, 1, ['zero'], 'error')).rejects.toThrow(/holds -0.*\(negative-zero\)/)
      const [manifest] = await copyAll(server.url(), to, 1, ['zero'], 'null')
      expect(manifest?.losses).toEqual([{ column: 'v', reason: 'negative-zero', outcome: 'nulled', count: 1 }])
    },
    60_000,
  )
})

async function run(uri: string, statements: readonly string[]): Promise<void> {
  await using connector = (await connectorForUri(uri)) as SqlConnector
  for (const statement of statements) await connector.execute(statement)
}

async function copyAll(
  from: string,
  to: string,
  count: number = postgresValues.length,
  tables: readonly string[] = ['*'],
  policy: UnrepresentablePolicy = 'null',
): Promise<Manifest[]> {
  const state = await mkdtemp(join(tmpdir(), 'millrace-state-'))
  try {
    await using source = await connectorForUri(from)
    await using sink = await connectorForUri(to)
    const { manifests } = await transfer(
      {
        from: { connector: source, address: 'from', tables },
        to: { connector: sink, address: 'to' },
        verify: 'content',
        onUnrepresentable: policy,
      },
      { stateDirectory: state },
    )
    expect(manifests).toHaveLength(count)
    return manifests.map(({ manifest }) => ({
      ...manifest,
      from: { ...manifest.from, table: (manifest.from.table ?? '').split('.').at(-1) ?? '' },
    }))
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

/** The output function's text, as COPY prints it under the pinned session. */
async function texts(uri: string, table: string): Promise<unknown[]> {
  await using connector = (await connectorForUri(uri)) as SqlConnector
  const type = await columnType(uri, table)
  const value = type === 'money' ? 'concat(v::numeric)' : 'concat(v)'
  const rows = await connector.query(
    `SELECT CASE WHEN v IS NULL THEN NULL ELSE ${value} END AS v FROM ${quote(table)} ORDER BY n`,
  )
  return rows.map((row) => row.v)
}

async function columnType(uri: string, table: string): Promise<unknown> {
  await using connector = (await connectorForUri(uri)) as SqlConnector
  return await connector.query(
    `SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '${quote(table)}'::regclass AND attname = 'v'`,
    { scalar: true },
  )
}
