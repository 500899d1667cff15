import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectorForUri, type SqlConnector } from '@millrace/connectors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../run-command.fixture.ts'

let folder: string
const connectors = (...args: string[]) =>
  runCommand(['connectors', ...args], { cwd: folder, env: { MILLRACE_CONNECTION_OUR_LAKE: 'duckdb:lake.duckdb' } })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-connectors-'))
  await using connector = (await connectorForUri(`duckdb:${join(folder, 'lake.duckdb')}`)) as SqlConnector
  await connector.execute(`CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders VALUES (1, 'a'), (2, NULL);
    CREATE SCHEMA raw; CREATE TABLE raw."Odd.Name" (x decimal(5,2))`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('millrace connectors', () => {
  it('lists what can be read and written', async () => {
    const listed = JSON.parse((await connectors('list', '--json')).out.toString())
    expect(listed.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['duckdb', 'files', 'mysql', 'postgres']),
    )
    expect((await connectors('list')).out.toString()).toMatch(
      /postgres +PostgreSQL +sql +postgres: postgresql: +yes +yes +yes/,
    )
  })

  it('shows the settings of one, and where they come from', async () => {
    const shown = await connectors('show', 'postgres')
    expect(shown.out.toString()).toMatch(/^password: string, secret, from PGPASSWORD$/m)
    expect(await connectors('show', 'postgers')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean "postgres"?'),
    })
  })

  it('tests a connection by its name', async () => {
    expect(await connectors('test', 'our-lake')).toMatchObject({ code: 0 })
    expect(await connectors('test', 'duckdb:nowhere.duckdb')).toMatchObject({ code: 2 })
    expect((await connectors('test', 'our-lakes')).err).toContain('Did you mean "our_lake"?')
  })

  it('tests what has no tables, too', async () => {
    expect(await connectors('test', 'webhook+http://127.0.0.1:1/hook')).toMatchObject({ code: 2 })
    expect(await connectors('discover', 'webhook+http://127.0.0.1:1/hook')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Webhook cannot be a source.'),
    })
  })

  it('discovers tables and their columns', async () => {
    expect((await connectors('discover', 'our-lake')).out.toString()).toBe('main.orders\nraw."Odd.Name"\n')
    const [orders] = JSON.parse(
      (await connectors('discover', 'our-lake', 'ord*', '--columns', '--json')).out.toString(),
    )
    expect(orders).toMatchObject({
      table: 'main.orders',
      primaryKey: ['id'],
      columns: [{ name: 'id' }, { name: 'note' }],
    })
  })

  it('answers a query as a table, as JSON or as one bare value', async () => {
    const sql = 'SELECT id, note FROM orders ORDER BY id'
    const table = await connectors('query', 'our-lake', sql)
    expect(table).toMatchObject({ code: 0, err: '2 rows\n' })
    expect(table.out.toString()).toBe('id  note\n──  ────\n 1  a\n 2  ∅\n')
    expect(JSON.parse((await connectors('query', 'our-lake', sql, '--json')).out.toString())).toEqual([
      { id: 1, note: 'a' },
      { id: 2, note: null },
    ])
    expect(
      (await connectors('query', 'our-lake', 'SELECT note FROM orders ORDER BY id', '--scalar')).out.toString(),
    ).toBe('a\n')
    expect((await connectors('query', 'our-lake', 'SELECT 1 WHERE false', '--scalar')).out.toString()).toBe('null\n')
  })
})
