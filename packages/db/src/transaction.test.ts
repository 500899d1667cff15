import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { servers, signal, startTestServer, type TestServer } from './database.test.fixture.ts'
import type { Trx } from './queryable.ts'
import { sql } from './sql.ts'
import { transaction } from './transaction.ts'

describe.each(servers)('$name', ({ binaries }) => {
  let test: TestServer
  beforeAll(async () => {
    if (!binaries) return
    test = await startTestServer(binaries)
    await test.db.execute(sql`create table account (id int primary key, amount int not null)`)
  })
  afterAll(async () => await test?.stop())
  beforeEach(async () => {
    if (!binaries) return
    await test.db.execute(sql`delete from account`)
    await test.db.execute(sql`insert into account values (1, 100), (2, 100)`)
  })
  const onServer = it.skipIf(binaries === undefined)
  const amounts = () => test.db.query(sql`select id, amount from account order by id`)
  const add = (trx: Trx, id: number, more: number) =>
    trx.execute(sql`update account set amount = amount + ${more} where id = ${id}`)

  onServer('commits what the work did, or nothing of it when it throws', async () => {
    const result = await transaction(test.db, async (trx) => {
      await Promise.all([add(trx, 1, -10), add(trx, 2, 10)])
      return 'moved'
    })
    expect(result).toBe('moved')
    const failing = transaction(test.db, async (trx) => {
      await add(trx, 1, -50)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await amounts()).toEqual([
      { id: 1, amount: 90 },
      { id: 2, amount: 110 },
    ])
    expect(test.db.load().used).toBe(0)
  })

  onServer('does the work again after a deadlock', async () => {
    const bothHoldOne = signal()
    let holding = 0
    let attempts = 0
    const move = (from: number, to: number) =>
      transaction(test.db, async (trx) => {
        attempts++
        await add(trx, from, -1)
        if (++holding === 2) bothHoldOne.resolve()
        await bothHoldOne.promise
        await add(trx, to, 1)
      })
    await Promise.all([move(1, 2), move(2, 1)])
    // The other one again where both waited so long that the second attempt met the same.
    expect(attempts).toBeGreaterThanOrEqual(3)
    expect(await amounts()).toEqual([
      { id: 1, amount: 100 },
      { id: 2, amount: 100 },
    ])
  })

  onServer('does the work again after a serialization failure, wrapped or not', async () => {
    let attempts = 0
    await transaction(
      test.db,
      async (trx) => {
        attempts++
        const { sum } = await trx.one<{ sum: number }>(sql`select sum(amount) as sum from account`)
        if (attempts === 1) await test.db.execute(sql`update account set amount = 150 where id = 1`)
        await trx.execute(sql`update account set amount = ${sum} where id = 1`).catch((cause) => {
          throw new Error('wrapped', { cause })
        })
      },
      { isolation: 'repeatable read' },
    )
    expect(attempts).toBe(2)
    expect((await amounts())[0]).toEqual({ id: 1, amount: 250 })
  })

  onServer('does the work again when its connection is cut before the commit', async () => {
    let attempts = 0
    await transaction(test.db, async (trx) => {
      attempts++
      await add(trx, 1, 5)
      const { pid } = await trx.one<{ pid: number }>(sql`select pg_backend_pid() as pid`)
      if (attempts === 1) await test.db.execute(sql`select pg_terminate_backend(${pid}, 10000)`)
      await add(trx, 2, -5)
    })
    expect(attempts).toBe(2)
    expect(await amounts()).toEqual([
      { id: 1, amount: 105 },
      { id: 2, amount: 95 },
    ])
  })

  onServer('does not commit in silence when a failed statement was overlooked', async () => {
    const careless = transaction(test.db, async (trx) => {
      await add(trx, 1, 1)
      await trx.execute(sql`insert into account values (1, 1)`).catch(() => {})
      return 'done'
    })
    await expect(careless).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_FAILED' })
    expect((await amounts())[0]).toEqual({ id: 1, amount: 100 })
  })

  onServer('refuses statements that are sent after its end', async () => {
    let late: Trx | undefined
    await transaction(test.db, async (trx) => {
      late = trx
    })
    await expect(late?.query(sql`select 1`)).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_OVER' })
  })

  onServer('ends a transaction whose process does nothing, so that its locks are free', async () => {
    const db = await test.open({ idleInTransactionTimeoutMs: 1000 })
    const stuck = transaction(
      db,
      async (trx) => {
        await add(trx, 1, 1000)
        // Returns when the server has ended the other connection, and only then.
        await test.db.execute(sql`update account set amount = 1 where id = 1`)
        await add(trx, 1, 1000)
      },
      { retries: 0 },
    )
    await expect(stuck).rejects.toMatchObject({ code: 'DATABASE_CONNECTION_LOST', recovery: 'transient' })
    expect((await amounts())[0]).toEqual({ id: 1, amount: 1 })
  })
})
