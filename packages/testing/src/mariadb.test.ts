import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { describe, expect, it } from 'vitest'
import { findMariadb } from './binaries.ts'
import { startMariadb, type TestMariadb } from './mariadb.ts'

async function query(server: TestMariadb, sql: string, database: string, ssl?: { ca: string }) {
  const { host, port, user, password } = server
  const connection = await createConnection({ host, port, user, password, database, ...(ssl ? { ssl } : {}) })
  try {
    return (await connection.query(sql))[0]
  } finally {
    await connection.end()
  }
}

describe.skipIf(findMariadb() === null)('MariaDB', () => {
  it('starts with TLS, makes databases with awkward names, and leaves nothing behind', async () => {
    const server = await startMariadb({ ssl: true, settings: { 'sql-mode': 'ANSI_QUOTES' } })
    const name = await server.createDatabase('o`dd "näme"')
    const ca = readFileSync(server.certificateFile as string, 'utf8')
    expect(await query(server, 'select database() as name, @@global.sql_mode as mode', name, { ca })).toEqual([
      { name, mode: 'ANSI_QUOTES' },
    ])
    await server.stop()
    expect(existsSync(dirname(server.dataDirectory))).toBe(false)
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
  })
})
