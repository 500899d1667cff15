import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { describeSqlConnector } from '../kit/sql-connector.contract.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { definition } from './connector.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const connector = definition.create({ path: join(folder, 'contract.db') }) as SqlConnector
  // Readers and a writer side by side.
  await connector.execute('PRAGMA journal_mode = WAL')
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const series = (rows: number | bigint) =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i AS id, substr(replace(hex(zeroblob(12)), '00', 'label ' || i || ' '), 1, 200) AS label FROM n`

describeSqlConnector('SQLite', () => ({
  make: async () => definition.create({ path: join(folder, 'contract.db') }) as SqlConnector,
  unreachable: [
    { name: 'no such file', config: { path: join(folder, 'absent.db') } },
    { name: 'not a database', config: { path: import.meta.filename } },
  ],
  definition,
  quote: quoteName,
  schema: null,
  series,
  failing: `SELECT id, CASE WHEN id < 5000 THEN label ELSE json('{') END AS label FROM (${series(10_000)})`,
  endless: series(10_000_000_000n),
  refused: [
    'delete from contract_plain',
    'select 1; delete from contract_plain',
    "insert into contract_plain values (1, 'x')",
    'drop table contract_plain',
  ],
  running: null,
  connections: null,
  concurrentWrites: true,
  longestName: 255,
}))
