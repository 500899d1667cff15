import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { connectorForUri } from '../kit/registry.ts'
import { transfer } from '../transfer/transfer.ts'
import type { Manifest } from '../transfer/types.ts'
import { valueTables } from './export-values.ts'
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
  }, 60_000)
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
  }, 120_000)

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
  }, 120_000)
})

async function run(uri: string, statements: readonly string[]): Promise<void> {
  await using connector = (await connectorForUri(uri)) as SqlConnector
  for (const statement of statements) await connector.execute(statement)
}

async function copyAll(from: string, to: string): Promise<Manifest[]> {
  const state = await mkdtemp(join(tmpdir(), 'millrace-state-'))
  try {
    await using source = await connectorForUri(from)
    await using sink = await connectorForUri(to)
    const { manifests } = await transfer(
      {
        from: { connector: source, address: 'from', tables: ['*'] },
        to: { connector: sink, address: 'to' },
        verify: 'content',
        onUnrepresentable: 'null',
      },
      { stateDirectory: state },
    )
    expect(manifests).toHaveLength(postgresValues.length)
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
