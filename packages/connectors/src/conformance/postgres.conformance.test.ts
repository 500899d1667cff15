import { findPostgres15, startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, describe } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { connectorForUri } from '../kit/registry.ts'
import { describeValues } from './describe-values.ts'
import { valueTables } from './export-values.ts'
import { postgresValues } from './postgres-values.ts'

const quote = (name: string) => `"${name}"`

for (const version of ['embedded', '15'] as const) {
  describe.skipIf(version === '15' && !findPostgres15())(`PostgreSQL ${version}`, () => {
    let server: TestPostgres
    beforeAll(async () => {
      server = await startPostgres({ version })
      await using connector = (await connectorForUri(server.url())) as SqlConnector
      // What a database owner may have set must not change a byte.
      for (const statement of [...hostileDefaults(server.user), ...valueTables(postgresValues, quote)])
        await connector.execute(statement)
    })
    afterAll(() => server?.stop())
    describeValues(`PostgreSQL ${version}`, postgresValues, () => server.url(), quote)
  })
}

function hostileDefaults(role: string): string[] {
  const settings = {
    TimeZone: 'Africa/Monrovia',
    DateStyle: 'SQL, DMY',
    IntervalStyle: 'postgres_verbose',
    extra_float_digits: '0',
    bytea_output: 'escape',
    lc_monetary: 'C',
  }
  return Object.entries(settings).map(([name, value]) => `ALTER ROLE ${quote(role)} SET ${name} = '${value}'`)
}
