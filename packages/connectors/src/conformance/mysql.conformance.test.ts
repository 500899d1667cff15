import { findMariadb, startMariadb, type TestMariadb } from '@millrace/testing'
import { afterAll, beforeAll, describe } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { connectorForUri } from '../kit/registry.ts'
import { describeValues } from './describe-values.ts'
import { valueTables } from './export-values.ts'
import { mysqlValues } from './mysql-values.ts'

const quote = (name: string) => `\`${name}\``

describe.skipIf(!findMariadb())('MariaDB', () => {
  let server: TestMariadb
  beforeAll(async () => {
    server = await startMariadb()
    await using connector = (await connectorForUri(server.url())) as SqlConnector
    // Zero dates and the empty enum value are what lenient servers hold.
    await connector.execute(`SET GLOBAL sql_mode = 'ALLOW_INVALID_DATES'`)
    await connector.execute(`SET GLOBAL time_zone = '-05:00'`)
    await using loader = (await connectorForUri(server.url())) as SqlConnector
    for (const statement of valueTables(mysqlValues, quote)) await loader.execute(statement)
  })
  afterAll(() => server?.stop())
  describeValues(
    'MariaDB',
    mysqlValues,
    () => server.url(),
    (name) => name,
  )
})
