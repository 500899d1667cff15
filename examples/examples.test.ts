import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createConnector, type SqlConnector } from '@millrace/connectors'
import { startPostgres } from '@millrace/testing'
import { createTinybirdClient } from '@millrace/tinybird'
import { startTinybirdLocal } from '@millrace/tinybird-local'
import { expect, test } from 'vitest'

test('the scripts append what is new, and replace a day', async () => {
  await using cleanUp = new AsyncDisposableStack()
  const [postgres, tinybird] = await Promise.all([startPostgres(), startTinybirdLocal({})])
  cleanUp.use(postgres)
  cleanUp.use(tinybird)
  const { host, port, user, password, database } = postgres
  const shop = cleanUp.use(await createConnector('postgres', { host, port, user, password, database })) as SqlConnector
  const client = createTinybirdClient({ endpoint: tinybird.url, token: tinybird.token })
  const environment = {
    ...process.env,
    TB_CDK_TOKEN: tinybird.token,
    TB_CDK_TAG: 'examples',
    TB_CDK_ENDPOINT: tinybird.url,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
  }
  const script = async (name: string, ...values: string[]) => {
    const path = join(import.meta.dirname, name)
    const node = ['--conditions=@millrace/source', path, ...values]
    return (await promisify(execFile)(process.execPath, node, { env: environment })).stdout
  }
  const orders = async () =>
    (await client.query('SELECT toString(id) AS id, status, toString(amount) AS amount FROM orders ORDER BY orders.id'))
      .data

  await shop.execute(`create table orders (id bigint primary key, customer text, amount numeric(10,2) not null,
    ordered_at timestamptz not null, status text not null)`)
  await shop.execute(`insert into orders values (1, 'Ada, "A"', 10.50, '2026-01-30 10:00:00.123456+00', 'paid'),
    (2, null, 20, '2026-01-31 09:00:00+00', 'open')`)
  expect(await script('append-orders.ts')).toMatch(/\[examples\]\[INFO\] orders: 2 rows loaded\./)
  await shop.execute(`insert into orders values (3, 'Bob', 30, '2026-01-31 12:00:00+00', 'open')`)
  expect(await script('append-orders.ts')).toContain('orders: 1 rows loaded.')
  expect(await script('append-orders.ts')).toContain('nothing is sent')
  expect((await orders()).map(({ id }) => id)).toEqual(['1', '2', '3'])

  await shop.execute(`update orders set status = 'paid' where id = 2`)
  await shop.execute(`delete from orders where id = 3`)
  await script('replace-day.ts', '2026-01-31')
  expect(await orders()).toEqual([
    { id: '1', status: 'paid', amount: '10.5' },
    { id: '2', status: 'paid', amount: '20' },
  ])
  await expect(script('replace-day.ts', '2026-02-01; drop')).rejects.toThrow('A day such as')
})
