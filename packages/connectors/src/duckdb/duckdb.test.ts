import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { describeSqlConnector } from '../kit/sql-connector.contract.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { definition } from './connector.ts'

let folder: string
/** A second connector over the file: it is then opened for writing, and others may write while it is read. */
let holder: SqlConnector

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  holder = definition.create({ path: join(folder, 'contract.duckdb') }) as SqlConnector
})
afterAll(async () => {
  await holder[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

describeSqlConnector('DuckDB', () => ({
  make: async () => definition.create({ path: join(folder, 'contract.duckdb') }) as SqlConnector,
  unreachable: [
    { name: 'no such file', config: { path: join(folder, 'absent.duckdb') } },
    { name: 'not a database', config: { path: import.meta.filename } },
  ],
  definition,
  quote: quoteName,
  schema: 'main',
  series: (rows) => `select i as id, repeat('label ' || i || ' ', 20)[:200] as label from range(1, ${rows + 1}) t(i)`,
  failing:
    "select i as id, case when i < 500000 then i else error('stop at ' || i) end as label from range(1000000) t(i)",
  endless: 'select count(*) as n from range(100000000) a(i), range(100000) b(j) where (i * j) % 7 = 3',
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
