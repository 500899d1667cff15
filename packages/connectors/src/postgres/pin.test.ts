import { startPostgres, type TestPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pinWithoutTimeout } from './pin.ts'

describe('pinning a session', () => {
  let server: TestPostgres
  const sessions: pg.Client[] = []

  async function connect(user?: string): Promise<pg.Client> {
    const { host, port, password, database } = server
    const client = new pg.Client({ host, port, password, database, user: user ?? server.user })
    sessions.push(client)
    await client.connect()
    return client
  }
  beforeAll(async () => {
    server = await startPostgres({ version: 'embedded' })
    const owner = await connect()
    await owner.query('CREATE ROLE hasty LOGIN; ALTER ROLE hasty SET statement_timeout = 1')
  })
  afterAll(async () => {
    await Promise.all(sessions.map((session) => session.end()))
    await server.stop()
  })

  test('is done also where the role ends statements sooner than the settings take', async () => {
    const session = await connect('hasty')
    const slow = 'SELECT pg_sleep(0.02)'
    await expect(session.query(slow)).rejects.toMatchObject({ code: '57014' })
    const pinned = await pinWithoutTimeout(
      (sql) => session.query(sql),
      () => session.query(slow),
    )
    expect(pinned.rowCount).toBe(1)
  })

  test('asks once for what fails for another reason', async () => {
    const session = await connect()
    let asked = 0
    const pin = () => {
      asked++
      return session.query('SET nothing.known')
    }
    await expect(pinWithoutTimeout((sql) => session.query(sql), pin)).rejects.toMatchObject({ code: '42601' })
    expect(asked).toBe(1)
  })
})
