import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeSqlConnector } from '@millrace/connectors/contract'
import { quoteName, type SqlConnector } from '@millrace/connectors/kit'
import { afterAll, beforeAll } from 'vitest'
import { definition } from './connector.ts'

// Start the real system here, on a free port, and stop it afterwards.
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'acme-test-'))
  const connector = definition.create({ path: join(folder, 'contract.db') }) as SqlConnector
  await connector.execute('PRAGMA journal_mode = WAL')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const series = (rows: number | bigint) =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i AS id, substr(replace(hex(zeroblob(12)), '00', 'label ' || i || ' '), 1, 200) AS label FROM n`

// What every SQL connector has to do. Tests of the system's own types stand beside it.
describeSqlConnector('Acme', () => ({
  definition,
  make: async () => definition.create({ path: join(folder, 'contract.db') }) as SqlConnector,
  unreachable: [
    { name: 'no such file', config: { path: join(folder, 'absent.db') } },
    { name: 'not a database', config: { path: import.meta.filename } },
  ],
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
