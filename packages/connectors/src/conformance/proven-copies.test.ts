import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { connectorForUri } from '../kit/registry.ts'
import { transfer } from '../transfer/transfer.ts'
import type { TransferSpec } from '../transfer/types.ts'

/** What once made a proof fail, or a copy go to the wrong place, though every value had arrived. */
describe('copies from PostgreSQL', () => {
  let server: TestPostgres
  let folder: string
  let source: SqlConnector

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-proven-'))
    server = await startPostgres()
    source = (await connectorForUri(server.url())) as SqlConnector
  })
  afterAll(async () => {
    await source?.[Symbol.asyncDispose]()
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function copy(to: string, spec: Pick<TransferSpec, 'from' | 'verify'> & { into?: string }) {
    await using sink = await connectorForUri(to)
    const { into, ...rest } = spec
    return await transfer(
      {
        ...rest,
        to: {
          connector: sink,
          address: to,
          ...(into === undefined ? {} : { into }),
          ...(sink.definition.kind === 'object-store' ? { file: { format: 'parquet', compression: 'none' } } : {}),
        },
      },
      { stateDirectory: join(folder, 'state') },
    )
  }

  it.each([
    ['decimals without a place before the point', `SELECT 0.00123::numeric(5,5) AS v, -0.5::numeric(1,1) AS w`],
    [
      'the longest numbers',
      `SELECT ('1' || repeat('7', 131071) || '.' || repeat('3', 16383))::numeric AS v, ('-' || repeat('9', 131072))::numeric AS w`,
    ],
    ['lists of documents', `SELECT array['{"a" : 1}', 'null', NULL]::json[] AS v`],
    ['lists of binary documents', `SELECT array['{"a": 1}', '"x\\"y"', NULL]::jsonb[] AS v`],
  ])('%s are proven in DuckDB and Parquet', async (name, query) => {
    const from = { connector: source, address: 'from', query }
    const into = name.replaceAll(' ', '_')
    for (const spec of [
      { to: `duckdb:${join(folder, 'proven.duckdb')}`, into },
      { to: join(folder, `${into}.parquet`) },
    ]) {
      const { to, ...rest } = spec
      const { manifests } = await copy(to, { from, verify: 'content', ...rest })
      expect(manifests[0]?.manifest.proof.target).toEqual(manifests[0]?.manifest.proof.source)
    }
  })

  it.each(['duckdb', 'sqlite'])(
    'does not let two tables fall into one where %s does not regard case',
    async (scheme) => {
      await source.execute(`CREATE TABLE IF NOT EXISTS "Case" AS SELECT 1 AS v`)
      await source.execute(`CREATE TABLE IF NOT EXISTS "case" AS SELECT 2 AS v`)
      const to = `${scheme}:${join(folder, `case.${scheme}`)}`
      const from = { connector: source, address: 'from', tables: ['?ase'] }
      await expect(copy(to, { from })).rejects.toMatchObject({ code: 'TARGET_TWICE' })
      // One after the other they replace the same table, as their statements would.
      await copy(to, { from: { ...from, tables: ['"Case"'] } })
      await copy(to, { from: { ...from, tables: ['case'] } })
      await using sink = (await connectorForUri(to)) as SqlConnector
      expect(String(await sink.query('SELECT v FROM "CASE"', { scalar: true }))).toBe('2')
    },
  )
})
